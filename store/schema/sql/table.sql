CREATE TABLE syncer.{{.Name}} (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
{{- range .Columns}}
    {{ident .Name}} {{$.Definition .}},
{{- end}}
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT {{.Name}}_pkey PRIMARY KEY (account_id, region_id, {{range .Key}}{{ident .}}, {{end}}valid_to),
    CONSTRAINT {{.Name}}_valid_check CHECK (valid_from < valid_to)
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.{{.Name}}_standing PARTITION OF syncer.{{.Name}}
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.{{.Name}}_default PARTITION OF syncer.{{.Name}} DEFAULT;
