package fetch

import (
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"syncer/source"

	"github.com/tidwall/gjson"
	"golang.org/x/sync/errgroup"
)

// sideBySide is how many calls of a sweep are under way at once, and so how
// many pages wait in memory at most.
const sideBySide = 8

// idlePages is how many pages in a row may show nothing new before a listing
// by tokens counts as endless.
const idlePages = 100

// pageNumber asks for page 1, 2, 3…. The first page tells the total and, by
// how much it shows, the real page size, which may be smaller than asked for.
//
// The listing is complete if every answer tells the same total and that many
// distinct keys were shown, none of them twice: a key that moved to another
// page between two calls is shown twice, and has pushed another out of sight.
func (s *sweep) pageNumber(ctx context.Context, p source.PageNumber) error {
	params := func(page int64) map[string]string {
		return map[string]string{p.Page: strconv.FormatInt(page, 10), p.Size: strconv.Itoa(s.size)}
	}
	var shown int64       // items of all pages
	var last atomic.Int64 // page
	var perPage int64     // items of the first page
	take := func(page int64, answer reply) (more bool, err error) {
		s.once(page, answer, p.Total)
		total := answer.get(p.Total)
		if n, ok := whole(total.String()); !ok || n < 0 {
			s.flaw("page %d tells no total (%s)", page, said(answer))
		} else if s.total >= 0 && s.total != n {
			s.flaw("the total moved from %d to %d while it was paged, at page %d", s.total, n, page)
			s.total = n
		} else {
			s.total = n
		}
		n, fresh, err := s.take(ctx, answer)
		if err != nil {
			return false, err
		}
		shown += int64(n)
		if page == 1 {
			perPage = int64(n)
		}
		if fresh < n {
			s.flaw("%d of %d rows of page %d were shown before", n-fresh, n, page)
		}
		// A page without anything new ends the listing: it would be an endless one. Pages
		// before it may be on their way yet.
		if fresh == 0 {
			last.Store(min(last.Load(), page))
		}
		return s.reason == "" || s.last(), nil
	}

	first, err := s.ask(ctx, params(1))
	if err != nil {
		return fmt.Errorf("page 1: %w", err)
	}
	total := func() int64 { return max(s.total, 0) }
	last.Store(math.MaxInt64)
	more, err := take(1, first)
	if err != nil {
		return err
	}
	if more && last.Load() > 1 && perPage > 0 && perPage < total() {
		pages := (total()-1)/perPage + 1
		last.Store(pages)
		s.request.Stats.Due.Add(pages - 1)
		if err := s.askAll(ctx, 2, &last, params, take); err != nil {
			return err
		}
	}
	if shown != total() {
		s.flaw("%d rows were shown of a total of %d", shown, total())
	}
	return nil
}

// nextToken asks with the token of the previous answer until none comes.
// A token that comes again would lead in a circle.
func (s *sweep) nextToken(ctx context.Context, p source.NextToken) error {
	seed := maphash.MakeSeed()
	seen := make(map[uint64]bool)
	within := parent(p.Next)
	token := ""
	idle := 0
	defer s.request.Stats.Open.Store(false)
	for page := int64(1); ; page++ {
		params := map[string]string{p.Size: strconv.Itoa(s.size)}
		if token != "" {
			params[p.Token] = token
		}
		answer, err := s.ask(ctx, params)
		if err != nil {
			return fmt.Errorf("page %d: %w", page, err)
		}
		s.once(page, answer, p.Next)
		n, fresh, err := s.take(ctx, answer)
		if err != nil {
			return err
		}
		if fresh < n {
			s.flaw("%d of %d rows of page %d were shown before", n-fresh, n, page)
		}
		if fresh > 0 {
			idle = 0
		} else if idle++; idle >= idlePages {
			s.flaw("%d pages in a row showed nothing new, up to page %d", idle, page)
			return nil
		}
		next := answer.get(p.Next)
		_, isText := scalar(next)
		if next.Type != gjson.Null && (!isText || next.IsBool()) || within != "" && !answer.get(within).IsObject() {
			s.flaw("page %d does not tell whether it is the last (%s)", page, said(answer))
			return nil
		}
		token = strings.Clone(next.String()) // not a part of the answer, which it would keep
		if isLast(token) || s.reason != "" && !s.last() {
			return nil
		}
		hash := maphash.String(seed, token)
		if seen[hash] {
			s.flaw("page %d leads back to a page before it", page)
			return nil
		}
		seen[hash] = true
		s.request.Stats.Due.Add(1)
		s.request.Stats.Open.Store(true)
	}
}

// isLast reports whether a token leads to no other page. Besides an empty one, "-"
// (the example on the page of ListInstancePatchStates) and "0" are seen there.
func isLast(token string) bool { return token == "" || token == "-" || token == "0" }

// batches asks for all values, so many in each call. Values without a row are
// no flaw, but an answer without a list is.
func (s *sweep) batches(ctx context.Context, p source.Batches) error {
	if s.request.Sweep.Each == nil {
		return errNoEach
	}
	values := s.request.Values
	if p.Form == source.Commas { // which would make two of such a value
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return strings.Contains(v, ",") })
		s.unasked = len(s.request.Values) - len(values)
	}
	batches := slices.Collect(slices.Chunk(values, s.size))
	s.request.Stats.Due.Add(int64(max(0, len(batches)-1)))
	params := func(batch int64) map[string]string {
		return inForm(p.Form, s.request.Sweep.Each.Param, batches[batch-1])
	}
	var last atomic.Int64
	last.Store(int64(len(batches)))
	return s.askAll(ctx, 1, &last, params, func(batch int64, answer reply) (more bool, err error) {
		s.once(batch, answer, "")
		_, _, err = s.take(ctx, answer)
		return s.reason == "" || s.last(), err
	})
}

// whole asks once and gets all items, or one object. Where the answer tells how many there
// are, it must show as many, none of them twice.
func (s *sweep) whole(ctx context.Context, total string) error {
	answer, err := s.ask(ctx, nil)
	if err != nil {
		return err
	}
	s.once(1, answer, total)
	told := ""
	if total != "" {
		told = answer.get(total).String()
	}
	about := said(answer)
	n, fresh, err := s.take(ctx, answer)
	if err != nil {
		return err
	}
	if fresh < n {
		s.flaw("%d of %d rows were shown before", n-fresh, n)
	}
	if total == "" {
		return nil
	}
	all, ok := whole(told)
	switch {
	case !ok || all < 0:
		s.flaw("the answer tells no total (%s)", about)
	case all != int64(n):
		s.flaw("%d rows were shown of a total of %d", n, all)
	}
	if ok {
		s.total = max(all, 0)
	}
	return nil
}

// parent is the path of the object that a path leads into; empty: the answer itself.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// once notes an answer that holds a field twice, or an object that does on the way to the
// items or to a path: two lists or two totals cannot both be believed.
func (s *sweep) once(page int64, answer reply, path string) {
	objects := [][]field{answer.fields}
	for _, path := range []string{path, s.request.Source.Items} {
		for path = parent(path); path != ""; path = parent(path) {
			objects = append(objects, fieldsOf(answer.get(path)))
		}
	}
	for _, fields := range objects {
		if name, ok := repeated(fields); ok {
			s.flaw("page %d holds %s twice (%s)", page, redact(name, keys{}), said(answer))
		}
	}
}

// fewFields are compared each with each, which costs no memory.
const fewFields = 20

// repeated is a name that two fields have.
func repeated(fields []field) (name string, ok bool) {
	if len(fields) <= fewFields {
		for i, f := range fields {
			if slices.ContainsFunc(fields[:i], func(before field) bool { return before.name == f.name }) {
				return f.name, true
			}
		}
		return "", false
	}
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if seen[f.name] {
			return f.name, true
		}
		seen[f.name] = true
	}
	return "", false
}

// said is what Alibaba Cloud's support finds an answer by.
func said(answer reply) string {
	_, _, _, requestID := answer.failure()
	return "RequestId " + redact(requestID, keys{})
}

// askAll asks for the pages from first to last side by side, and takes them
// one at a time as they arrive, until take wants no more. It may bring last forward.
func (s *sweep) askAll(ctx context.Context, first int64, last *atomic.Int64,
	params func(page int64) map[string]string,
	take func(page int64, answer reply) (more bool, err error),
) error {
	type page struct {
		number int64
		answer reply
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	group, asking := errgroup.WithContext(asking)
	arrived := make(chan page)
	var next atomic.Int64
	next.Store(first)
	for range min(sideBySide, last.Load()-first+1) {
		group.Go(func() error {
			for number := next.Add(1) - 1; number <= last.Load(); number = next.Add(1) - 1 {
				answer, err := s.ask(asking, params(number))
				if err != nil {
					return fmt.Errorf("page %d: %w", number, err)
				}
				select {
				case arrived <- page{number, answer}:
				case <-asking.Done():
					answer.release()
					return context.Cause(asking)
				}
			}
			return nil
		})
	}
	var asked error
	done := make(chan struct{})
	go func() {
		asked = group.Wait()
		close(done)
	}()
	for {
		select {
		case p := <-arrived:
			more, err := take(p.number, p.answer)
			if err == nil && more {
				continue
			}
			stop()
			<-done
			return err
		case <-done:
			return asked
		}
	}
}
