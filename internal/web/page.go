package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"syncer/source"
	"syncer/store/report"
)

// pages makes the status page.
type pages struct {
	Options
	counts counts
	slots  chan struct{} // one for each page that is being made
}

const (
	// pagesAtOnce and queriesAtOnce limit the load on the database, however many people
	// open the page.
	pagesAtOnce   = 2
	queriesAtOnce = 2

	pageTimeout  = 20 * time.Second
	runsShown    = 20
	changesShown = 20
	causesShown  = 10
	trendSince   = 30 // days
)

// A statusPage is the data of the template. If a part could not be read, its Problem says why,
// and the other parts are shown.
type statusPage struct {
	MadeAt        moment
	Zone          string
	Version, Note string
	HasQueue      bool
	HasToken      bool

	Accounts, Regions []string
	Account, Region   string   // of the filter
	Ignored           []string // parts of the filter that do not exist

	Headline   headline
	Stuck      string // why the queue does not move, and what to do; empty: it moves
	Paused     bool   // because somebody paused it
	Tallies    []tally
	Partitions []partitionRow
	Causes     []cause // of partitions that are not fresh
	More       int     // causes that are not shown
	Problem    string  // why the partitions could not be read

	// NotListed says which listings of members or regions fail, and why.
	NotListed []string

	// NotConfigured are partitions that have rows and are no longer configured.
	NotConfigured []string

	Sources         []sourceRow
	ActivityProblem string

	Runs        []runRow
	RunsProblem string

	Charts []chart

	Changes        []changeRow
	ChangesProblem string
}

type headline struct{ State, Text, Detail string }

type tally struct {
	State, Word string
	Count       int
}

type partitionRow struct {
	Source, Account, Region string
	State, Word             string
	Late                    bool
	LastStatus              string
	Success, Run, Due       moment
	Code, What, Todo        string
	RequestID               string
}

// A cause is why partitions of an account are not fresh. It is shown with the first of them.
type cause struct {
	partitionRow
	Also []string // other partitions of the account, as source · region
}

// same reports whether a partition is not fresh for this cause: a wrong key of an account is one
// cause, however many partitions the account has.
func (c *cause) same(row partitionRow) bool {
	if c.State != row.State || c.Account != row.Account || c.Code != row.Code {
		return false
	}
	return row.Code != "" && c.Todo == row.Todo || c.What == row.What
}

type sourceRow struct {
	Name, Summary string
	State, Word   string
	Fresh, All    int
	Oldest        moment // the oldest of the last successes of its partitions
	Rows          string
	RowsAbout     bool // an estimate
	RowsProblem   string
	Active        bool // the activity is known
	Activity      report.Activity
}

type runRow struct {
	report.RunRow
	At         moment
	Took       string
	What, Todo string
	Code       string
	Request    string
}

type changeRow struct {
	report.Change
	When    moment
	Columns []string
	More    int
}

// status answers with the page, with HTTP 200 even if parts could not be read. The slot is
// released before the page is sent, so a slow reader does not hold it.
func (p *pages) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pageTimeout)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		http.Error(w, "too many requests for this page at once: try again", http.StatusServiceUnavailable)
		return
	}
	b, err := func() (bytes.Buffer, error) {
		defer func() { <-p.slots }()
		return made("status.html", p.make(ctx, r.URL.Query()))
	}()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, http.StatusOK, b)
}

func (p *pages) make(ctx context.Context, query url.Values) *statusPage {
	now, err := p.Syncer.Store.Now(ctx)
	if err != nil { // the page says so elsewhere
		now = p.Syncer.Store.Time()
	}
	c := clock{now, p.Location}
	page := &statusPage{
		MadeAt: c.moment(&c.now), Zone: zone(c.now, p.Location), Version: p.Version, Note: p.Note,
		HasQueue: p.Queue != nil, HasToken: p.Token != "",
	}
	filter := p.filter(ctx, page, query)
	since := c.now.Add(-24 * time.Hour)

	var group errgroup.Group
	group.SetLimit(queriesAtOnce)
	read := func(f func()) { group.Go(func() error { f(); return nil }) }
	s := report.Of(p.Syncer.Store)
	read(func() {
		list, err := p.Syncer.States(ctx)
		if err != nil {
			page.Problem = withAdvice(err)
			return
		}
		page.partitions(c, list)
	})
	read(func() {
		if health, err := p.Syncer.QueueHealth(ctx); err == nil {
			page.Stuck, page.Paused = health.Problem(), len(health.Paused) > 0
		}
	})
	read(func() { p.unconfigured(ctx, page) })
	for _, l := range p.Syncer.Listings() {
		if l.Err != nil {
			page.NotListed = append(page.NotListed, withAdvice(l.Err))
		}
	}
	var activity map[string]report.Activity
	read(func() {
		var err error
		if activity, err = s.Activities(ctx, filter, since); err != nil {
			page.ActivityProblem = withAdvice(err)
		}
	})
	rows := make([]sourceRow, len(p.Sources))
	for i, src := range p.Sources {
		rows[i] = sourceRow{Name: src.Name, Summary: src.API.Product + " " + src.API.Action}
		read(func() { p.rows(ctx, src, filter, &rows[i]) })
	}
	read(func() {
		list, err := s.LastRuns(ctx, filter, runsShown)
		if err != nil {
			page.RunsProblem = withAdvice(err)
		}
		for _, r := range list {
			page.Runs = append(page.Runs, newRunRow(c, r))
		}
	})
	drawn := p.drawn()
	page.Charts = make([]chart, len(drawn))
	for i, d := range drawn {
		read(func() {
			points, err := s.Points(ctx, d.source, d.trend, filter, c.now.In(p.Location).AddDate(0, 0, -trendSince))
			page.Charts[i] = newChart(d.trend, points)
			if err != nil {
				page.Charts[i].Problem = withAdvice(err)
			}
		})
	}
	read(func() {
		list, err := s.LatestChanges(ctx, filter, changesShown)
		if err != nil {
			page.ChangesProblem = withAdvice(err)
		}
		for _, ch := range list {
			row := changeRow{Change: ch, When: c.moment(&ch.At)}
			row.Columns, row.More = columnChanges(ch.Changed)
			page.Changes = append(page.Changes, row)
		}
	})
	_ = group.Wait() // none returns an error
	for i := range rows {
		rows[i].Activity, rows[i].Active = activity[rows[i].Name], activity != nil
		rows[i].sumUp(page)
	}
	page.Sources = rows
	page.headline()
	return page
}

type drawnTrend struct {
	source *source.Source
	trend  *source.Trend
}

// drawn are the trends that have a chart: shares first, which say how well things are, then
// what adds up, and each in the order of the sources.
func (p *pages) drawn() (list []drawnTrend) {
	for _, s := range p.Sources {
		for i := range s.Trends {
			if s.Trends[i].Chart != nil {
				list = append(list, drawnTrend{s, &s.Trends[i]})
			}
		}
	}
	rank := func(d drawnTrend) int {
		switch {
		case d.trend.Chart.Unit == "%":
			return 0
		case d.trend.Chart.Lines:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b drawnTrend) int { return rank(a) - rank(b) })
	return list
}

// zone is the name of a time zone with its abbreviation and offset.
func zone(t time.Time, l *time.Location) string {
	short := t.In(l).Format("MST")
	if short == l.String() || strings.ContainsAny(short, "+-") {
		return l.String() + " (UTC" + t.In(l).Format("-07:00") + ")"
	}
	return l.String() + " (" + short + ", UTC" + t.In(l).Format("-07:00") + ")"
}

// filter reads which account and region to show.
func (p *pages) filter(ctx context.Context, page *statusPage, query url.Values) (f report.Filter) {
	for _, a := range p.Syncer.Config().Accounts {
		page.Accounts = append(page.Accounts, a.Label())
		page.Regions = append(page.Regions, a.SecurityCenterRegions...)
		page.Regions = append(page.Regions, a.OOSRegions...)
	}
	slices.Sort(page.Regions)
	page.Regions = slices.Compact(page.Regions)
	if region := query.Get("region"); slices.Contains(page.Regions, region) {
		page.Region, f.RegionID = region, region
	} else if region != "" {
		page.Ignored = append(page.Ignored, "region "+cut(region, 60))
	}
	account := query.Get("account")
	if account == "" {
		return f
	}
	if !slices.Contains(page.Accounts, account) {
		page.Ignored = append(page.Ignored, "account "+cut(account, 60))
		return f
	}
	page.Account, f.AccountName = account, account
	// An account that was never synced has no ID, and nothing to show.
	f.AccountID = "unknown"
	if id, err := p.Syncer.Store.AccountID(ctx, account); err == nil && id != "" {
		f.AccountID = id
	}
	return f
}

func (p *pages) rows(ctx context.Context, src *source.Source, f report.Filter, row *sourceRow) {
	n, about, err := p.counts.of(ctx, src, f)
	if err != nil {
		row.RowsProblem = withAdvice(err)
		return
	}
	row.Rows, row.RowsAbout = thousands(n), about
}

// unconfigured puts partitions on the page that have rows and are no longer configured. If they
// cannot be read, page.Problem says why.
func (p *pages) unconfigured(ctx context.Context, page *statusPage) {
	list, _ := p.Syncer.Unconfigured(ctx)
	for _, part := range list {
		i := slices.IndexFunc(p.Sources, func(s *source.Source) bool { return s.Name == part.Source })
		if i < 0 {
			continue
		}
		n, _, err := p.counts.of(ctx, p.Sources[i], report.Filter{AccountID: part.AccountID, RegionID: part.RegionID})
		if err == nil && n > 0 {
			page.NotConfigured = append(page.NotConfigured, part.Source+" of "+part.AccountName+" in "+part.RegionID)
		}
	}
}
