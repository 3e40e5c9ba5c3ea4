-- A row says what the numbers of one series (one value of the dimensions, in an
-- account and region) were from one day to another: a day on which nothing changed
-- costs nothing, and reading is unfolding.
CREATE TABLE syncer.{{.Name}} (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
{{- range .Dimensions}}
    {{ident .Name}} {{.Type}},
{{- end}}
    from_day date NOT NULL,
    to_day date NOT NULL,
{{- range .Numbers}}
    {{ident .Name}} {{.Type}},
{{- end}}
    CONSTRAINT {{.Name}}_pkey PRIMARY KEY (account_id, region_id, to_day, series),
    CONSTRAINT {{.Name}}_day_check CHECK (from_day < to_day)
);
