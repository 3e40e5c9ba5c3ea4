package web

import (
	"slices"
	"strings"

	"syncer/store/report"
	"syncer/worker"
)

// partitions puts the partitions on the page, and the causes why some are not fresh, the most
// urgent first.
func (page *statusPage) partitions(c clock, list []worker.State) {
	for _, s := range list {
		if page.Account != "" && *s.AccountName != page.Account || page.Region != "" && s.RegionID != page.Region {
			continue
		}
		row := partitionRow{
			Source: s.Source, Account: *s.AccountName, Region: s.RegionID, State: s.State, Word: stateWords[s.State], Late: s.Late && s.State != worker.Never,
			LastStatus: orEmpty(s.LastStatus), Success: c.moment(s.LastSuccessAt), Run: c.moment(s.LastRunAt), Due: c.moment(s.NextDueAt),
			Code: orEmpty(s.LastErrorCode), RequestID: orEmpty(s.LastRequestID),
		}
		switch {
		case s.LastErrorMessage != nil:
			row.What, row.Todo = advice(row.LastStatus, *s.LastErrorMessage)
		case s.State == worker.Late:
			row.What, row.Todo = "No sync has succeeded since it was due.", "Check whether syncer run is running, and whether its workers can keep up with the queue."
		case s.State == worker.Never:
			row.What, row.Todo = "It is configured, but was not synced yet.", "Wait for the schedule, or run syncer sync "+s.Source+"."
		}
		page.Partitions = append(page.Partitions, row)
	}
	for _, state := range states {
		n := 0
		for _, row := range page.Partitions {
			if row.State != state {
				continue
			}
			n++
			if state != worker.Fresh {
				page.addCause(row)
			}
		}
		page.Tallies = append(page.Tallies, tally{state, stateWords[state], n})
	}
}

// addCause adds a partition that is not fresh to the others with the same cause.
func (page *statusPage) addCause(row partitionRow) {
	i := slices.IndexFunc(page.Causes, func(c cause) bool { return c.same(row) })
	switch {
	case i >= 0:
		page.Causes[i].Also = append(page.Causes[i].Also, row.Source+" · "+row.Region)
	case len(page.Causes) < causesShown:
		page.Causes = append(page.Causes, cause{partitionRow: row})
	default:
		page.More++
	}
}

// headline sums the page up in one line.
func (page *statusPage) headline() {
	all := len(page.Partitions)
	switch {
	case page.Problem != "":
		page.Headline = headline{worker.Failing, "The database does not answer", page.Problem}
		return
	case all == 0:
		page.Headline = headline{worker.Never, "Nothing is synced here", "No partition of the configuration fits."}
		return
	}
	var parts []string
	page.Headline.State = worker.Fresh
	for _, t := range page.Tallies {
		if t.Count == 0 || t.State == worker.Fresh {
			continue
		}
		if len(parts) == 0 {
			page.Headline.State = t.State
		}
		parts = append(parts, thousands(int64(t.Count))+" "+t.Word)
	}
	if len(parts) == 0 {
		page.Headline.Text = "All " + plural(all, "partition is", "partitions are") + " fresh"
		if all == 1 {
			page.Headline.Text = "The one partition is fresh"
		}
	} else {
		page.Headline.Text = sentenceless(strings.Join(parts, ", "))
		page.Headline.Detail = "of " + plural(all, "partition", "partitions") + " (a source in an account and region)"
	}
	if page.Stuck == "" {
		return
	}
	// What is fresh now will not stay fresh, so the headline must warn.
	page.Headline.Detail = page.Headline.Text + " " + page.Headline.Detail + ". " + sentenceless(page.Stuck) + "."
	page.Headline.Text = "The queue does not move"
	if page.Paused {
		page.Headline.Text = "The queue is paused"
	}
	if page.Headline.State == worker.Fresh {
		page.Headline.State = worker.Late
	}
}

func sentenceless(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// sumUp shows the worst state of the source's partitions.
func (row *sourceRow) sumUp(page *statusPage) {
	row.State, row.Word = "", "not scheduled"
	switch {
	case page.Problem != "":
		row.Word = "not known"
	case page.Account != "" || page.Region != "":
		row.Word = "not here"
	}
	worst := len(states)
	for _, p := range page.Partitions {
		if p.Source != row.Name {
			continue
		}
		row.All++
		if p.State == worker.Fresh {
			row.Fresh++
		}
		if i := slices.Index(states, p.State); i < worst {
			worst, row.State, row.Word = i, p.State, p.Word
		}
		if row.All == 1 || !p.Success.Known() || row.Oldest.Known() && p.Success.Machine < row.Oldest.Machine {
			row.Oldest = p.Success
		}
	}
}

func newRunRow(c clock, r report.RunRow) runRow {
	row := runRow{RunRow: r, At: c.moment(&r.FinishedAt), Took: span(r.FinishedAt.Sub(r.StartedAt)), Code: orEmpty(r.ErrorCode), Request: orEmpty(r.RequestID)}
	if r.ErrorMessage != nil {
		row.What, row.Todo = advice(r.Status, *r.ErrorMessage)
	}
	return row
}
