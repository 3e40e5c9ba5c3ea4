package store

import (
	"context"
	"time"
)

// Times that are compared come from one clock: the database's, which all processes
// share. A process's own clock may be wrong, or be set at any time.

// A reading is what the database's clock said, and when, by this process's monotonic
// clock, which nobody can set.
type reading struct{ database, at time.Time }

// Now is the moment by the clock that merges go by: the database's.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	defer wrap(&err, "read the database's clock")
	if s.clock != nil {
		return s.clock(), nil
	}
	if err := s.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return now, err
	}
	s.reading.Store(&reading{now, time.Now()})
	return now, nil
}

// Time estimates the database's clock from its last reading, without a query. It may be
// wrong by some milliseconds.
func (s *Store) Time() time.Time {
	if s.clock != nil {
		return s.clock()
	}
	r := s.reading.Load()
	return r.database.Add(time.Since(r.at))
}

// now is the store's clock, or nil for the server's.
func (s *Store) now() *time.Time {
	if s.clock == nil {
		return nil
	}
	t := s.clock()
	return &t
}
