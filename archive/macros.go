package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"text/template"
	"time"

	"syncer/source"
	"syncer/store/schema"
)

// macrosName is the file that DuckDB reads to know the archive's tables by name.
const macrosName = "archive.duckdb.sql"

var macros = template.Must(template.New("").Funcs(template.FuncMap{
	"ident":   schema.Ident,
	"literal": schema.Literal,
	"last":    func(s []string) string { return s[len(s)-1] },
	"months": func(s []string) string {
		quoted := make([]string, len(s))
		for i, m := range s {
			quoted[i] = schema.Literal(m)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	},
}).Parse(`-- The archive of syncer, for DuckDB: .read {{.URL}}/archive.duckdb.sql
-- syncer archive writes this file anew when a month is added.
--
-- <source>_as_of(moment) has the rows that stood at a moment of an archived month. Any
-- other moment is an error. It reads the files of that month alone.
-- <source>_history has all archived versions. valid_to is NULL if a version stood at the
-- end of the last archived month.
-- changes has what happened to the rows, as alicloud.changes, from the first archived month
-- on. <source>_changes has it of one source.
{{range .Sources}}
CREATE OR REPLACE MACRO {{ident (printf "%s_as_of" .Name)}}(moment) AS TABLE
WITH asked AS (
    SELECT
        CAST(moment AS TIMESTAMPTZ) AS at,
        strftime(make_timestamp(epoch_us(CAST(moment AS TIMESTAMPTZ))), '%Y-%m') AS month
)
SELECT * EXCLUDE (month, valid_to)
FROM {{$.Files (printf "sources/%s/ended" .Name)}}
WHERE month = (
        SELECT CASE
            WHEN list_contains({{months .Months}}, a.month) THEN a.month
            ELSE error('the archive does not have ' || a.month || ' of {{.Name}}')
        END
        FROM asked AS a
    )
    AND valid_from <= CAST(moment AS TIMESTAMPTZ) AND valid_to > CAST(moment AS TIMESTAMPTZ)
UNION ALL BY NAME
SELECT * EXCLUDE (month)
FROM {{$.Files (printf "sources/%s/standing" .Name)}}
WHERE month = (SELECT a.month FROM asked AS a) AND valid_from <= CAST(moment AS TIMESTAMPTZ);

CREATE OR REPLACE VIEW {{ident (printf "%s_history" .Name)}} AS
SELECT * EXCLUDE (month)
FROM {{$.Files (printf "sources/%s/ended" .Name)}}
UNION ALL BY NAME
SELECT * EXCLUDE (month), CAST(NULL AS TIMESTAMPTZ) AS valid_to
FROM {{$.Files (printf "sources/%s/standing" .Name)}}
WHERE month = {{literal (last .Months)}};

CREATE OR REPLACE VIEW {{ident (printf "%s_changes" .Name)}} AS
WITH versions AS (
    SELECT
        *,
        lag(valid_to) OVER k AS "before.valid_to",
        lead(valid_from) OVER k AS "after.valid_from"
{{- range .Compared}},
        lag({{ident .}}) OVER k AS {{ident (printf "before.%s" .)}}
{{- end}}
    FROM {{ident (printf "%s_history" .Name)}}
    WINDOW k AS (PARTITION BY account_id, region_id{{range .Key}}, {{ident .}}{{end}} ORDER BY valid_from)
), keyed AS (
    SELECT *, {{range $i, $c := .Key}}{{if $i}} || '/' || {{end}}CAST({{ident $c}} AS VARCHAR){{else}}''{{end}} AS "row.key"
    FROM versions
)
SELECT
    valid_from AS "at",
    {{literal .Name}} AS source,
    account_id,
    region_id,
    "row.key" AS key,
    CASE
        WHEN "before.valid_to" IS NULL THEN 'opened'
        WHEN "before.valid_to" = valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    CASE WHEN "before.valid_to" IS NOT NULL THEN nullif(json_merge_patch('{}'
{{- range .Compared}},
        CASE WHEN {{ident (printf "before.%s" .)}} IS DISTINCT FROM {{ident .}} THEN json_object({{literal .}}, json_object('old', {{ident (printf "before.%s" .)}}, 'new', {{ident .}})) ELSE '{}' END
{{- end}}), '{}') END AS changed
FROM keyed
WHERE strftime(make_timestamp(epoch_us(valid_from)), '%Y-%m') >= {{literal (index .Months 0)}}
UNION ALL
SELECT valid_to, {{literal .Name}}, account_id, region_id, "row.key", 'ended', NULL
FROM keyed
WHERE valid_to IS NOT NULL AND "after.valid_from" IS DISTINCT FROM valid_to;
{{end}}
{{- if .Sources}}
CREATE OR REPLACE VIEW changes AS
{{- range $i, $s := .Sources}}
{{- if $i}}
UNION ALL
{{- end}}
SELECT "at", source, account_id, region_id, key, kind, changed FROM {{ident (printf "%s_changes" $s.Name)}}
{{- end}};
{{end}}
{{- range .Plain}}
CREATE OR REPLACE VIEW {{ident .Name}} AS
SELECT * EXCLUDE (month)
FROM {{$.Files .Folder}};
{{end}}`))

type macroData struct {
	URL     string
	Sources []macroSource
	Plain   []macroPlain
}

type macroSource struct {
	Name     string
	Months   []string
	Key      []string
	Compared []string // columns whose change makes a version
}

type macroPlain struct{ Name, Folder string }

// Files is the call that reads the months of a folder.
func (d macroData) Files(folder string) string {
	return fmt.Sprintf("read_parquet(%s, hive_partitioning = true, hive_types = {'month': VARCHAR}, union_by_name = true)",
		schema.Literal(d.URL+"/"+folder+"/*/data.parquet"))
}

// writeMacros brings the file for DuckDB up to date.
func (a *Archive) writeMacros(ctx context.Context, sources []*source.Source) error {
	text, err := a.macros(ctx, sources)
	if err != nil {
		return err
	}
	stands, err := a.readText(ctx, macrosName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && bytes.Equal(stands, text) {
		return nil
	}
	return a.writeText(ctx, macrosName, text)
}

func (a *Archive) macros(ctx context.Context, sources []*source.Source) ([]byte, error) {
	data := macroData{URL: a.URL()}
	for _, src := range sources {
		months, err := a.Months(ctx, src.Name)
		if err != nil {
			return nil, err
		}
		if len(months) == 0 {
			continue
		}
		compared, err := a.compared(ctx, src, months[len(months)-1])
		if err != nil {
			return nil, err
		}
		data.Sources = append(data.Sources, macroSource{src.Name, texts(months), src.Key, compared})
		for _, t := range src.Trends {
			// A trend that was declared later has fewer months.
			if there, err := a.place.list(ctx, "trends/"+t.Name); err != nil {
				return nil, err
			} else if len(there) > 0 {
				data.Plain = append(data.Plain, macroPlain{t.Name, "trends/" + t.Name})
			}
		}
	}
	if months, err := a.Months(ctx, Runs); err != nil {
		return nil, err
	} else if len(months) > 0 {
		data.Plain = append(data.Plain, macroPlain{Runs, Runs})
	}
	slices.SortFunc(data.Plain, func(a, b macroPlain) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	err := macros.Execute(&b, data)
	return b.Bytes(), err
}

// compared are the columns of a source whose change makes a version, of those that the files
// have: one that is declared only now is not in them yet.
func (a *Archive) compared(ctx context.Context, src *source.Source, last time.Time) (names []string, err error) {
	m, err := a.Manifest(ctx, src.Name, last)
	if err != nil {
		return nil, err
	}
	for _, c := range src.Columns {
		if !c.Volatile && !slices.Contains(src.Key, c.Name) && m.has(c.Name) {
			names = append(names, c.Name)
		}
	}
	return append(names, "extra"), nil
}

func (m Manifest) has(column string) bool {
	return slices.ContainsFunc(m.Files, func(f File) bool {
		return slices.ContainsFunc(f.Columns, func(c Column) bool { return c.Name == column })
	})
}

func texts(months []time.Time) (list []string) {
	for _, m := range months {
		list = append(list, m.Format(monthLayout))
	}
	return list
}

func (a *Archive) readText(ctx context.Context, name string) (text []byte, err error) {
	f, err := a.place.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
}
