package source

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Names of sources, columns, trends and measures become identifiers of PostgreSQL, as they
// are: none needs quotes, in whatever statement, and none is longer than an identifier may
// be, with what is put behind it.
const (
	mostSource = 40 // <source>_volatile_pkey
	mostTrend  = 50 // <trend>_day_check
	mostColumn = 50 // <column>_label
)

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// identifier says why a name cannot become one.
func identifier(name string, most int) error {
	switch {
	case !snakeCase.MatchString(name):
		return errors.New("is no name: expected lower case letters and digits, words joined by _, such as created_at")
	case len(name) > most:
		return fmt.Errorf("is too long: expected %d letters or fewer", most)
	case slices.Contains(reservedWords, name):
		return errors.New("is a reserved word of SQL: expected another name, which clients need not quote")
	}
	return nil
}

// CheckName says why a name cannot be that of a source.
func CheckName(name string) error {
	if err := identifier(name, mostSource); err != nil {
		return err
	}
	if strings.HasPrefix(name, "pg_") {
		return errors.New("begins with pg_, as the names of PostgreSQL's own tables do: expected another name")
	}
	for _, suffix := range sourceSuffixes {
		if strings.HasSuffix(name, suffix) {
			return fmt.Errorf("ends in %s, as what is derived from sources does: expected another name", suffix)
		}
	}
	if monthSuffix.MatchString(name) {
		return errors.New("ends as a table of one month does: expected another name")
	}
	if slices.Contains(takenNames, name) {
		return errors.New("is the name of something else in the database, or of a command: expected another name")
	}
	return nil
}

func trendName(name string) error {
	if err := identifier(name, mostTrend); err != nil {
		return err
	}
	if !strings.HasSuffix(name, "_daily") {
		return errors.New("is no name of a trend: expected one that ends in _daily")
	}
	return nil
}

// CheckColumn says why a name cannot be that of a column.
func CheckColumn(name string) error {
	if err := identifier(name, mostColumn); err != nil {
		return err
	}
	if slices.Contains(reserved, name) {
		return errors.New("is the name of a column that every table has: expected another name")
	}
	return nil
}

// reserved are the columns that every table, view or stage has by itself, those of
// PostgreSQL among them, and the parameter of as_of.
var reserved = []string{
	"account_id", "region_id", "extra", "valid_from", "valid_to", "version_hash", "row_hash",
	"seq", "sweep", "came_hash", "at",
	"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid",
}

var monthSuffix = regexp.MustCompile(`_[0-9]{4}_[0-9]{2}$`)

// sourceSuffixes end the names of what is derived from a source.
var sourceSuffixes = []string{"_history", "_as_of", "_daily", "_standing", "_default", "_volatile", "_changes", "_label"}

// takenNames are those of the database's own relations and functions, and of what
// `syncer sources` is told to do.
var takenNames = []string{
	"accounts", "alerts", "archives", "changes", "derived", "discoveries", "forgotten", "goose_db_version", "kept", "locks", "merging", "notifications",
	"partitions", "settings", "settled_at", "source", "sources", "swept", "sync_freshness", "sync_runs", "watch_cursors", "watches",
	"drop", "new", "show", "try",
}

// reservedWords need quotes as a column or a table in some statement of PostgreSQL: its
// keywords of the categories "reserved" and "reserved (can be function or type)".
//
// https://www.postgresql.org/docs/current/sql-keywords-appendix.html
var reservedWords = strings.Fields(`
	all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
	column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
	current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
	from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
	localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
	returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
	unique user using variadic verbose when where window with`)
