package fetch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"syncer/source"

	"github.com/tidwall/gjson"
)

// A Request is one listing to make.
type Request struct {
	Source *source.Source
	Sweep  *source.Sweep
	Region string // the one asked

	// Params go with every call, beside those of the sweep.
	Params map[string]string
	// Value is the one of Sweep.Each that this sweep is for, or the pair: see source.Pair.
	Value string
	// Many, if set, takes the Values, in place of Sweep.Each's Value. The rows do not
	// tell to which of the values they belong: a column that no field fills is NULL.
	Many *source.Many
	// Values are those for Many, or those of Sweep.Each for a Batches pager.
	Values []string
	// Since is the moment of Sweep.Since. Zero: all is listed.
	Since time.Time

	// Ignore names fields that no column takes, and that are not kept in extra.
	Ignore []string

	// PageSize is how many items (or values, for Batches) a call asks for. 0: the pager's default.
	PageSize int
	// CallsPerSecond is the pace of the action in the region, from now on. 0: as it is.
	CallsPerSecond float64
	// Stats are added to, while the sweep goes on. Optional.
	Stats *Stats
}

// Stats count what sweeps cost. They may be read while being added to.
type Stats struct {
	Calls     atomic.Int64 // HTTP requests sent
	Retries   atomic.Int64 // those of them that repeat a failed one
	Throttled atomic.Int64 // those that were throttled
	Pages     atomic.Int64 // answers with a list that were decoded
	Rows      atomic.Int64 // rows given to the sink, repeated ones included
	Bytes     atomic.Int64 // of answers, unpacked

	// Due is how many pages are known to come, those that came included: for progress
	// only. A sweep adds what it learns of pages after its first one, which its caller adds.
	Due atomic.Int64
	// Open: more pages follow, and nobody knows how many.
	Open atomic.Bool
}

// A Sink takes the pages of a sweep, one at a time, in the order in which they arrive.
type Sink interface {
	// Restart says that the sweep is made again from its start: the pages so
	// far do not count.
	Restart(ctx context.Context) error
	// Page takes a page that has rows. The rows and their texts are valid
	// during the call only. It returns how many of the rows' keys this sweep
	// had not shown before.
	Page(ctx context.Context, rows []source.Row) (fresh int, err error)
}

// An Outcome says what a sweep has found.
type Outcome struct {
	// Complete: every row of the sweep's scope was shown.
	Complete bool
	// Reason says, with numbers, why the sweep is not complete.
	Reason string
	// Total is how many rows there are: as the cloud tells, or as were shown
	// where it does not.
	Total int64
	// Pages is how many pages the listing took. One page is of one moment; many
	// may have moved while they were read, without any of them telling.
	Pages int64
	// Unknown and Refused count the values kept in extra, by the API's field
	// name: those of fields without a column, and those that their column's
	// type does not take. At most a thousand names are told.
	Unknown, Refused map[string]int
}

// A listing that moves while it is paged is made again, up to so many times in all.
const sweepAttempts = 3

// Sweep makes a listing and gives its pages to the sink. It returns an error
// where a call or the sink fails; a listing that cannot be trusted is no error
// but an incomplete Outcome.
func (c *Client) Sweep(ctx context.Context, r Request, sink Sink) (Outcome, error) {
	s := &sweep{client: c, request: r, sink: sink, decoder: newDecoder(r)}
	if s.request.Stats == nil {
		s.request.Stats = new(Stats)
	}
	err := s.make(ctx)
	if err != nil {
		err = fmt.Errorf("sweep %s (%s): %w", r.Source.Name, r.Sweep.Name, err)
	}
	return s.outcome(), err
}

// A sweep is one that is being made.
type sweep struct {
	client  *Client
	request Request
	sink    Sink
	decoder *decoder

	attempt int
	size    int   // of a page, that is asked for
	total   int64 // as the cloud told; -1: it did not
	pages   int64
	shown   int64 // rows given to the sink
	fresh   int64 // distinct keys among them
	reason  string
	unasked int // values that no call can ask for
}

// make makes the listing, again where that may help.
func (s *sweep) make(ctx context.Context) error {
	waits := backoff{base: s.client.options.BaseWait, most: s.client.options.MaxWait}
	for s.attempt = 1; ; s.attempt++ {
		s.total, s.pages, s.shown, s.fresh, s.reason = -1, 0, 0, 0, ""
		s.size = s.pageSize()
		s.decoder.reset()
		err := s.page(ctx)
		if err != nil && s.askForLess(ctx, err) {
			s.attempt-- // beside the attempts
			if err := s.sink.Restart(ctx); err != nil {
				return fmt.Errorf("restart: %w", err)
			}
			continue
		}
		if err != nil {
			return err
		}
		if s.reason == "" || s.last() {
			return nil
		}
		s.client.logger.DebugContext(ctx, "sweep again", s.attrs("attempt", s.attempt, "reason", s.reason)...)
		if err := sleep(ctx, waits.after(s.attempt, 0)); err != nil {
			return err
		}
		if err := s.sink.Restart(ctx); err != nil {
			return fmt.Errorf("restart: %w", err)
		}
	}
}

// last reports whether the listing is not made again: then it is followed to
// its end, also when it cannot be complete any more.
func (s *sweep) last() bool { return s.attempt >= sweepAttempts }

// page runs the loop of the source's pager.
func (s *sweep) page(ctx context.Context) error {
	switch p := s.request.Source.Pager.(type) {
	case source.PageNumber:
		return s.pageNumber(ctx, p)
	case source.NextToken:
		return s.nextToken(ctx, p)
	case source.Batches:
		return s.batches(ctx, p)
	case source.List:
		return s.whole(ctx, p.Total)
	case source.Object:
		return s.whole(ctx, "")
	}
	return fmt.Errorf("pager %T is not known", s.request.Source.Pager)
}

// flaw notes why the attempt is not complete; the first reason is kept.
func (s *sweep) flaw(format string, args ...any) {
	if s.reason == "" {
		s.reason = fmt.Sprintf(format, args...)
	}
}

func (s *sweep) outcome() Outcome {
	o := Outcome{Reason: s.reason, Total: s.total, Pages: s.pages, Unknown: s.decoder.unknown, Refused: s.decoder.refused}
	if o.Total < 0 {
		o.Total = s.fresh
	}
	switch n := s.decoder.unusable; {
	case n == 0:
	case o.Reason == "":
		o.Reason = fmt.Sprintf("%d of %d items are no objects or lack a key column", n, int64(n)+s.shown)
	default:
		o.Reason += fmt.Sprintf("; %d items are no objects or lack a key column", n)
	}
	if n := s.decoder.tooLong; n > 0 {
		o.Reason += fmt.Sprintf(" (%d: the key is longer than %d bytes)", n, maxKey)
	}
	if s.unasked > 0 && o.Reason == "" { // another attempt would not help
		o.Reason = fmt.Sprintf("%d of %d values hold a comma, and cannot be asked for", s.unasked, len(s.request.Values))
	}
	o.Complete = o.Reason == ""
	return o
}

// ask makes one call of the sweep. The answer holds what the source's items are: a
// list, or an object that is not empty.
func (s *sweep) ask(ctx context.Context, paging map[string]string) (reply, error) {
	r := s.request
	params := maps.Clone(r.Sweep.Params)
	if params == nil {
		params = make(map[string]string)
	}
	maps.Copy(params, r.Params)
	_, batches := r.Source.Pager.(source.Batches)
	switch {
	case r.Many != nil:
		maps.Copy(params, inForm(r.Many.Form, r.Many.Param, r.Values))
	case r.Sweep.Each != nil && !batches:
		for _, p := range r.Sweep.Each.Parts(r.Value) {
			params[p.Param] = p.Value
		}
	}
	if r.Sweep.Since != nil && !r.Since.IsZero() {
		params[r.Sweep.Since.Param] = r.Sweep.Since.Text(r.Since)
	}
	maps.Copy(params, paging)
	return s.client.send(ctx, s.client.who, shipment{
		Call: Call{
			Product: r.Source.API.Product, Version: r.Source.API.Version, Action: r.Source.API.Action,
			Region: r.Region, Params: params,
		},
		host:           r.Source.API.Endpoint,
		ramAction:      r.Source.API.RAMAction,
		callsPerSecond: cmp.Or(r.CallsPerSecond, r.Source.API.CallsPerSecond),
		stats:          r.Stats,
		lacks:          s.lacks,
	})
}

// lacks says what an answer must hold and does not.
func (s *sweep) lacks(answer reply) string {
	path := s.request.Source.Items
	items := s.items(answer)
	if _, object := s.request.Source.Pager.(source.Object); !object {
		if !items.IsArray() {
			return "the answer holds no list " + path
		}
		return ""
	}
	if !items.IsObject() {
		return "the answer holds no object " + path
	}
	empty := true
	items.ForEach(func(name, value gjson.Result) bool {
		empty = value.Type == gjson.Null || path == "" && isEnvelope(name.String())
		return empty
	})
	if empty && path == "" {
		return "the answer holds nothing but its RequestId"
	}
	if empty {
		return "the answer's object " + path + " is empty"
	}
	return ""
}

// items is the list of an answer, or its one object.
func (s *sweep) items(answer reply) gjson.Result {
	if s.request.Source.Items == "" {
		return gjson.Parse(strings.TrimSpace(answer.text))
	}
	return answer.get(s.request.Source.Items)
}

// inForm writes values into the parameters of a request.
func inForm(form source.Form, param string, values []string) map[string]string {
	switch form {
	case source.Repeated:
		params := make(map[string]string, len(values))
		for i, v := range values {
			params[param+"."+strconv.Itoa(i+1)] = v
		}
		return params
	case source.JSONArray:
		list, _ := json.Marshal(values) // texts always can be
		return map[string]string{param: string(list)}
	default:
		return map[string]string{param: strings.Join(values, ",")}
	}
}

// take decodes the items of an answer and gives them to the sink, once for each answer,
// whose room is free then. It returns
// how many items there were, and how many of them were shown for the first
// time (or are unusable).
func (s *sweep) take(ctx context.Context, answer reply) (n, fresh int, err error) {
	defer answer.release()
	before := s.decoder.unusable
	rows := s.decoder.page(s.items(answer))
	unusable := s.decoder.unusable - before
	if len(rows) > 0 {
		if fresh, err = s.sink.Page(ctx, rows); err != nil {
			return 0, 0, fmt.Errorf("page: %w", err)
		}
	}
	s.pages++
	s.shown += int64(len(rows))
	s.fresh += int64(fresh)
	s.request.Stats.Pages.Add(1)
	s.request.Stats.Rows.Add(int64(len(rows)))
	s.client.logger.DebugContext(ctx, "page", s.attrs("rows", len(rows), "fresh", fresh)...)
	return len(rows) + unusable, fresh + unusable, nil
}

func (s *sweep) attrs(more ...any) []any {
	return append([]any{"source", s.request.Source.Name, "region_id", s.request.Region, "sweep", s.request.Sweep.Name}, more...)
}

var errNoEach = errors.New("a source paged by batches needs Sweep.Each")
