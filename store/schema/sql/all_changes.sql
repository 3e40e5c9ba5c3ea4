CREATE OR REPLACE VIEW alicloud.changes AS
{{- range $i, $name := .}}
{{- if $i}}
UNION ALL
{{- end}}
SELECT at, source, account_id, region_id, key, kind, changed FROM syncer.{{$name}}_changes
{{- end}};
COMMENT ON VIEW alicloud.changes IS 'One row per thing that happened to a row of any source, as far back as history is kept. Ask for a span of time (at).';
COMMENT ON COLUMN alicloud.changes.at IS 'Moment of the sync that found it.';
COMMENT ON COLUMN alicloud.changes.source IS 'Source: the name of its view in this schema.';
COMMENT ON COLUMN alicloud.changes.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.changes.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.changes.key IS 'Key of the row: its columns'' values, a slash between them; empty where a source has one row.';
COMMENT ON COLUMN alicloud.changes.kind IS 'opened: it was not there before, as far back as history is kept. changed: some columns have new values. ended: it is no longer there. returned: it is there again.';
COMMENT ON COLUMN alicloud.changes.changed IS 'Of changed and returned, the columns that differ from the version before, as {"column": {"old": value, "new": value}}; NULL: none.';
