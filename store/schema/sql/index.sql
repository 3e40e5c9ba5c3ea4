-- Versions that ended are written in the order of valid_to, so the range of their
-- valid_from in a block is narrow: this finds what happened lately.
CREATE INDEX IF NOT EXISTS {{.Name}}_valid_from_idx ON syncer.{{.Name}}
    USING brin (valid_from) WITH (pages_per_range = 32, autosummarize = on);
