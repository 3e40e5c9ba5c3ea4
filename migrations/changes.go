package migrations

import (
	"fmt"
	"slices"
	"strings"

	"syncer/source"
)

// changes writes the view of what happened to a source's rows, and adds it to
// alicloud.changes, which unites those of all sources.
//
// A version's predecessor is found by the primary key. Versions that ended are
// written in the order of valid_to, so the range of their valid_from in a block is
// narrow, and a BRIN index finds the recent ones. What happened before the horizon is
// left out: of much of it, the other half is gone.
func changes(b *strings.Builder, s *source.Source) {
	fmt.Fprintf(b, "\nCREATE INDEX %[1]s_valid_from_idx ON syncer.%[1]s USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);\n", s.Name)
	changesView(b, s, "CREATE")
	b.WriteString("SELECT syncer.unite_changes();\n")
}

func changesView(b *strings.Builder, s *source.Source, create string) {
	var differences, key []string
	old := []string{"p.valid_to"} // named, so that the table can lose a column again
	same := []string{"%[1]s.account_id = v.account_id", "%[1]s.region_id = v.region_id"}
	for _, c := range s.Columns {
		if !c.Volatile && !slices.Contains(s.Key, c.Name) {
			differences = append(differences, fmt.Sprintf("('%[1]s', to_jsonb(p.%[1]s), to_jsonb(v.%[1]s))", c.Name))
			old = append(old, "p."+c.Name)
		}
	}
	differences, old = append(differences, "('extra', p.extra, v.extra)"), append(old, "p.extra")
	for _, name := range s.Key {
		same = append(same, "%[1]s."+name+" = v."+name)
		key = append(key, "v."+name+"::text")
	}
	if key == nil {
		key = []string{"''::text"}
	}
	sameAs := func(alias string) string { return fmt.Sprintf(strings.Join(same, " AND "), alias) }
	fmt.Fprintf(b, `
%[6]s VIEW syncer.%[1]s_changes AS
SELECT
    v.valid_from AS at,
    '%[1]s'::text AS source,
    v.account_id,
    v.region_id,
    (%[2]s) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
            %[3]s
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.%[1]s AS v
LEFT JOIN LATERAL (
    SELECT
        %[7]s
    FROM syncer.%[1]s AS p
    WHERE %[4]s AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    '%[1]s'::text,
    v.account_id,
    v.region_id,
    (%[2]s) COLLATE "C",
    'ended',
    NULL
FROM syncer.%[1]s AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.%[1]s AS n
        WHERE %[5]s AND n.valid_from = v.valid_to
    );
COMMENT ON VIEW syncer.%[1]s_changes IS 'Part of alicloud.changes. Read that one.';
`, s.Name, strings.Join(key, " || '/' || "), strings.Join(differences, ",\n            "), sameAs("p"), sameAs("n"), create, strings.Join(old, ",\n        "))
}
