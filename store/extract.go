package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"syncer/source"
)

// An Extract is a set of rows of one month, in the order of their key. It is what an
// archive keeps in one file.
type Extract struct {
	Columns []ExtractColumn
	// Comment says what one row is.
	Comment string

	from  string // relations and condition
	order string
	args  []any
}

// An ExtractColumn is one column of an Extract.
type ExtractColumn struct {
	Name    string
	Type    ExtractType
	Comment string
	// Moves columns may show another value of the same row later: volatile columns of rows
	// that stand, and the labels of codes.
	Moves bool

	expression string
}

// An ExtractType is how the values of a column are told.
type ExtractType string

// What values are made of.
const (
	ExtractText    ExtractType = "text"
	ExtractBigInt  ExtractType = "bigint"           // 8 bytes, the highest first
	ExtractDouble  ExtractType = "double precision" // 8 bytes of IEEE 754, the highest first
	ExtractBoolean ExtractType = "boolean"          // one byte, 0 or 1
	ExtractTime    ExtractType = "timestamptz"      // as a bigint: microseconds since 2000
	ExtractDate    ExtractType = "date"             // 4 bytes, the highest first: days since 2000
	ExtractJSON    ExtractType = "jsonb"            // a byte 1, then the text
)

// extractTypes are the types that are told as they are, or as another one. All others are
// told as text.
var extractTypes = map[uint32]struct {
	is   ExtractType
	cast string
}{
	pgtype.TextOID:        {ExtractText, ""},
	pgtype.Int8OID:        {ExtractBigInt, ""},
	pgtype.Int4OID:        {ExtractBigInt, "::bigint"},
	pgtype.Int2OID:        {ExtractBigInt, "::bigint"},
	pgtype.Float8OID:      {ExtractDouble, ""},
	pgtype.Float4OID:      {ExtractDouble, "::double precision"},
	pgtype.NumericOID:     {ExtractDouble, "::double precision"},
	pgtype.BoolOID:        {ExtractBoolean, ""},
	pgtype.TimestamptzOID: {ExtractTime, ""},
	pgtype.DateOID:        {ExtractDate, ""},
	pgtype.JSONBOID:       {ExtractJSON, ""},
}

// Closed is the start of the first month that may still change. A month is closed a day
// after its end, so that its last day is over in every time zone.
func (s *Store) Closed(ctx context.Context) (month time.Time, err error) {
	defer wrap(&err, "look which months are over")
	var settled time.Time
	if err := s.pool.QueryRow(ctx, "SELECT least(alicloud.settled_at(), $1)", s.now()).Scan(&settled); err != nil {
		return month, err
	}
	return monthOf(settled.AddDate(0, 0, -1)), nil
}

// FirstMonth is the first month that the versions of a source can still be told of
// completely; zero: there is none.
func (s *Store) FirstMonth(ctx context.Context, src *source.Source) (month time.Time, err error) {
	defer wrap(&err, "look for the first month of %s", src.Name)
	return s.firstMonth(ctx, "SELECT min(valid_from) FROM "+pgx.Identifier{"syncer", src.Name}.Sanitize())
}

// FirstMonthOfRuns is FirstMonth for alicloud.sync_runs.
func (s *Store) FirstMonthOfRuns(ctx context.Context) (month time.Time, err error) {
	defer wrap(&err, "look for the first month of the runs")
	return s.firstMonth(ctx, "SELECT min(finished_at) FROM syncer.sync_runs")
}

func (s *Store) firstMonth(ctx context.Context, first string) (time.Time, error) {
	var at *time.Time
	err := s.pool.QueryRow(ctx, "SELECT CASE WHEN f.at IS NOT NULL THEN greatest(f.at, s.horizon_at) END FROM syncer.settings AS s, ("+first+") AS f (at)").Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, err
	}
	return monthOf(*at), nil
}

// Horizon is the moment from which on history is kept; zero: from the start.
func (s *Store) Horizon(ctx context.Context) (at time.Time, err error) {
	defer wrap(&err, "read the horizon")
	var horizon *time.Time
	if err := s.pool.QueryRow(ctx, "SELECT horizon_at FROM syncer.settings").Scan(&horizon); err != nil || horizon == nil {
		return at, err
	}
	return horizon.UTC(), nil
}

// Ended are the versions of a source that ended in a month.
func (s *Store) Ended(ctx context.Context, src *source.Source, month time.Time) (e Extract, err error) {
	defer wrap(&err, "extract what ended of %s", src.Name)
	history := src.Name + "_history"
	if e, err = s.extract(ctx, history); err != nil {
		return e, err
	}
	e.mark(src, false)
	e.from = viewOf(history) + " WHERE valid_to >= $1 AND valid_to < $2"
	e.order = columnList("", append(keyOf(src), "valid_to")) // as the primary key is
	e.args = []any{month, month.AddDate(0, 1, 0)}
	return e, nil
}

// Standing are the versions of a source that stood at the end of a month, whenever they
// ended.
func (s *Store) Standing(ctx context.Context, src *source.Source, month time.Time) (e Extract, err error) {
	defer wrap(&err, "extract what stood of %s", src.Name)
	if e, err = s.extract(ctx, src.Name); err != nil {
		return e, err
	}
	e.mark(src, true)
	names := make([]string, len(e.Columns))
	for i, c := range e.Columns {
		names[i] = ident(c.Name)
	}
	list := strings.Join(names, ", ")
	e.from = fmt.Sprintf(`(
    SELECT %[1]s
    FROM %[2]s
    WHERE valid_from < $1
    UNION ALL
    SELECT %[1]s
    FROM %[3]s
    WHERE valid_from < $1 AND valid_to >= $1
) AS v`, list, viewOf(src.Name), viewOf(src.Name+"_history"))
	e.order = columnList("", keyOf(src))
	e.args = []any{month.AddDate(0, 1, 0)}
	return e, nil
}

// RunsOf are the runs that finished in a month.
func (s *Store) RunsOf(ctx context.Context, month time.Time) (e Extract, err error) {
	defer wrap(&err, "extract the runs")
	if e, err = s.extract(ctx, "sync_runs"); err != nil {
		return e, err
	}
	e.from = viewOf("sync_runs") + " WHERE finished_at >= $1 AND finished_at < $2"
	e.order = "source, account_id, region_id, run_id"
	e.args = []any{month, month.AddDate(0, 1, 0)}
	return e, nil
}

// TrendOf are the days of a trend in a month.
func (s *Store) TrendOf(ctx context.Context, name string, month time.Time) (e Extract, err error) {
	defer wrap(&err, "extract trend %s", name)
	if e, err = s.extract(ctx, name); err != nil {
		return e, err
	}
	e.from = viewOf(name) + " WHERE day >= $1::date AND day < $2::date"
	e.order = "day"
	for i, c := range e.Columns {
		if c.Name != "day" && c.Type == ExtractText {
			e.order += fmt.Sprintf(", %d", i+1)
		}
	}
	e.args = []any{month, month.AddDate(0, 1, 0)}
	return e, nil
}

func viewOf(name string) string { return pgx.Identifier{"alicloud", name}.Sanitize() }

func keyOf(src *source.Source) []string {
	key := []string{"account_id", "region_id"}
	for _, name := range src.Key {
		key = append(key, ident(name))
	}
	return key
}

// extract reads the columns of a view.
func (s *Store) extract(ctx context.Context, view string) (e Extract, err error) {
	if err := s.pool.QueryRow(ctx, "SELECT coalesce(obj_description(to_regclass($1), 'pg_class'), '')", viewOf(view)).Scan(&e.Comment); err != nil {
		return e, err
	}
	rows, err := s.pool.Query(ctx, `SELECT attname, atttypid, coalesce(col_description(attrelid, attnum), '')
FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum`, viewOf(view))
	if err != nil {
		return e, err
	}
	var name, comment string
	var typ uint32
	_, err = pgx.ForEachRow(rows, []any{&name, &typ, &comment}, func() error {
		as, ok := extractTypes[typ]
		if !ok {
			as.is, as.cast = ExtractText, "::text"
		}
		e.Columns = append(e.Columns, ExtractColumn{Name: name, Type: as.is, Comment: comment, expression: ident(name) + as.cast})
		return nil
	})
	return e, err
}

// mark says which columns may show another value later.
func (e *Extract) mark(src *source.Source, standing bool) {
	for i, c := range e.Columns {
		code, label := strings.CutSuffix(c.Name, "_label")
		column, declared := src.Column(c.Name)
		e.Columns[i].Moves = declared && column.Volatile && standing ||
			!declared && label && slices.ContainsFunc(e.Columns, func(c ExtractColumn) bool { return c.Name == code })
	}
}

// Read passes on each row. The values are those of the columns, as their types say; nil is
// NULL. They are good until the function returns. The rows are not held in memory.
func (s *Store) Read(ctx context.Context, e Extract, row func(values [][]byte) error) error {
	expressions := make([]string, len(e.Columns))
	for i, c := range e.Columns {
		expressions[i] = c.expression
	}
	rows, err := s.pool.Query(ctx, fmt.Sprintf("SELECT %s FROM %s ORDER BY %s", strings.Join(expressions, ", "), e.from, e.order),
		append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, e.args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.RawValues()); err != nil {
			return err
		}
	}
	return rows.Err()
}
