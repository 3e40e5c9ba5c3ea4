-- The columns that move without a new version, narrow. A row stands here from when
-- one of them has moved first: until then, the version itself holds what they are.
-- More than half of each page is left free, so that every update finds room in its
-- own page and touches no index.
CREATE TABLE syncer.{{.Name}}_volatile (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
{{- range .KeyColumns}}
    {{ident .Name}} {{$.Definition .}},
{{- end}}
    row_hash bigint NOT NULL,
{{- range .Volatile}}
    {{ident .Name}} {{$.Definition .}},
{{- end}}
    CONSTRAINT {{.Name}}_volatile_pkey PRIMARY KEY (account_id, region_id{{range .Key}}, {{ident .}}{{end}})
) WITH (fillfactor = 45);
