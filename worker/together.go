package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"syncer/fetch"
	"syncer/source"
	"syncer/store"
)

var (
	// errIgnored: the answer lists what was not asked for. The gateway does not know
	// the parameter.
	errIgnored = errors.New("the answer lists what was not asked for")
	// errUnknown: the answer lists a row of which nobody knows to which value it belongs.
	errUnknown = errors.New("the answer lists a row that is not known yet")
)

// A pageCheck looks at a page before it is staged, and may fill what no field fills.
type pageCheck func(context.Context, *store.Listing, []source.Row) error

// A checkedSink is a stage with a check before it; nil: there is none.
type checkedSink struct {
	*store.Listing
	check pageCheck
}

func (s checkedSink) Page(ctx context.Context, rows []source.Row) (int, error) {
	if s.check != nil {
		if err := s.check(ctx, s.Listing, rows); err != nil {
			return 0, err
		}
	}
	return s.Listing.Page(ctx, rows)
}

// onlyThese refuses pages with rows whose column has none of the values.
func onlyThese(src *source.Source, column string, values []string) pageCheck {
	i := src.Index(column)
	return func(_ context.Context, _ *store.Listing, rows []source.Row) error {
		for _, row := range rows {
			if !slices.Contains(values, src.Columns[i].Type.Plain(row[i])) {
				return errIgnored
			}
		}
		return nil
	}
}

// isUnserved reports whether the gateway does not know a parameter: it ignored it, or
// refused the call. What it refused for another reason, it will refuse again.
func isUnserved(err error) bool {
	if errors.Is(err, errIgnored) {
		return true
	}
	e, ok := errors.AsType[*fetch.Error](err)
	return ok && e.Status < 500 && !fetch.Retryable(err) &&
		!errors.Is(err, fetch.ErrThrottled) && !errors.Is(err, fetch.ErrRefused) && !errors.Is(err, fetch.ErrCredentials)
}

// older asks by their keys, or else by what makes them open, for the rows that a sweep
// since a moment has left out though they may change.
func (s *sweeper) older(ctx context.Context, decl *source.Sweep, since time.Time) error {
	if since.IsZero() || decl.Since.Older == nil {
		return nil
	}
	src, by := s.job.Source, decl.Since.Older
	for after := ""; ; {
		keys, err := s.sync.Older(ctx, decl, since, after, valuesAtOnce)
		if err != nil || len(keys) == 0 {
			return err
		}
		after = keys[len(keys)-1]
		served, err := s.only(ctx, decl, by.Keys, src.Key[0], keys)
		if err != nil {
			return err
		}
		if !served && by.Else != nil {
			_, err := s.only(ctx, decl, by.Else.Many, by.Else.Column, by.Else.Values)
			return err
		}
	}
}

// only lists rows whose column has one of the values. It ends none. It reports whether
// the gateway knows the parameter.
func (s *sweeper) only(ctx context.Context, decl *source.Sweep, by source.Many, column string, values []string) (served bool, err error) {
	for some := range slices.Chunk(values, by.Most) {
		err := s.list(ctx, listing{
			decl: decl, scope: store.Scope{Values: some}, many: &by, keeps: true,
			check: onlyThese(s.job.Source, column, some),
		})
		if isUnserved(err) {
			return false, nil
		}
		if err != nil {
			return true, err
		}
	}
	return true, nil
}

// together asks for values together where that can be, and returns those that are to
// be asked for alone: of which no rows are known, or new ones, or of which rows are
// missing. A gateway that does not know how may as well answer an empty list.
func (s *sweeper) together(ctx context.Context, decl *source.Sweep, values []string) (alone []string, err error) {
	many := decl.Each.Many
	if many == nil || len(values) < 2 || s.unserved[many.Param] {
		return values, nil
	}
	settled, err := s.sync.Settled(ctx, decl.Each, values)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if _, ok := slices.BinarySearch(settled, v); !ok {
			alone = append(alone, v)
		}
	}
	for some := range slices.Chunk(settled, many.Most) {
		left, err := s.halves(ctx, decl, *many, some)
		if err != nil {
			return nil, err
		}
		alone = append(alone, left...)
	}
	return alone, nil
}

// halves asks for values together. Where the answer has a row of which nobody knows to
// which value it belongs, it asks for one half and the other, down to single values.
func (s *sweeper) halves(ctx context.Context, decl *source.Sweep, many source.Many, values []string) (alone []string, err error) {
	if len(values) < 2 || s.unserved[many.Param] {
		return values, nil
	}
	err = s.list(ctx, listing{
		decl: decl, scope: store.Scope{Values: values}, many: &many, check: adopted(decl.Each, s.job.Source, values),
		alone: func(values []string) { alone = values },
	})
	switch {
	case errors.Is(err, errUnknown):
		middle := len(values) / 2
		if alone, err = s.halves(ctx, decl, many, values[:middle]); err != nil {
			return nil, err
		}
		more, err := s.halves(ctx, decl, many, values[middle:])
		return append(alone, more...), err
	case isUnserved(err):
		s.unserved[many.Param] = true
		return values, nil
	case err != nil:
		return nil, err
	}
	return alone, s.checkpoint(ctx, decl)
}

// adopted fills the column that tells the values apart, by what stands.
func adopted(each *source.Each, src *source.Source, values []string) pageCheck {
	asked := onlyThese(src, each.Column, values)
	column := src.Index(each.Column)
	return func(ctx context.Context, stage *store.Listing, rows []source.Row) error {
		if err := stage.Adopt(ctx, rows); err != nil {
			return err
		}
		known := slices.Clone(rows)
		known = slices.DeleteFunc(known, func(r source.Row) bool { return !r[column].Valid })
		if err := asked(ctx, stage, known); err != nil {
			return err
		}
		if len(known) < len(rows) {
			return errUnknown
		}
		return nil
	}
}
