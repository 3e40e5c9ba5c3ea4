package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// cutDays, in a FROM, makes the transaction's time zone the one that days are cut in.
const cutDays = "(SELECT set_config('timezone', coalesce((SELECT timezone FROM syncer.settings), 'UTC'), true)) AS zone"

// SetTimezone says in which IANA time zone the trends' days are cut. Where that is
// another one than before, the rollups are rebuilt; it reports so.
func (s *Store) SetTimezone(ctx context.Context, zone string) (rebuilt bool, err error) {
	defer wrap(&err, "cut the trends' days in %s", zone)
	const read = "SELECT timezone IS NOT DISTINCT FROM $1 FROM syncer.settings"
	var same bool
	if err := s.pool.QueryRow(ctx, read, zone).Scan(&same); err != nil || same {
		return false, err
	}
	known, err := s.CheckZone(ctx, zone)
	if err == nil && known.Remedy != "" {
		err = fmt.Errorf("%w: %s; %s", ErrTimezone, known.Found, known.Remedy)
	}
	if err != nil {
		return false, err
	}
	err = s.aloneWithTrends(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, read, zone).Scan(&same); err != nil || same {
			return err // another process came first
		}
		if _, err := tx.Exec(ctx, "UPDATE syncer.settings SET timezone = $1", zone); err != nil {
			return err
		}
		return rebuild(ctx, tx)
	})
	return err == nil && !same, err
}

// ErrTimezone: the server cannot cut days in the time zone.
var ErrTimezone = errors.New("the database cannot use the time zone")

// RebuildTrends makes the rollups anew from the versions. Days before the horizon,
// whose versions are gone, stay as they are. Merges wait meanwhile.
func (s *Store) RebuildTrends(ctx context.Context) (err error) {
	defer wrap(&err, "rebuild the trends")
	return s.aloneWithTrends(ctx, func(tx pgx.Tx) error { return rebuild(ctx, tx) })
}

func (s *Store) aloneWithTrends(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockAll(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// rebuild fills all trends that stand, as they were derived: by a newer program, it may be,
// or by one that has other sources.
func rebuild(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT FROM "+cutDays); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "SELECT name, fill FROM syncer.derived WHERE definition IS NULL AND fill <> '' ORDER BY name")
	if err != nil {
		return err
	}
	type trend struct{ Name, Fill string }
	trends, err := pgx.CollectRows(rows, pgx.RowToStructByPos[trend])
	if err != nil {
		return err
	}
	for _, t := range trends {
		if _, err := tx.Exec(ctx, t.Fill); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}
