-- +goose Up
-- A sum that is too large for its column shows as the largest number that fits: one
-- absurd number of the cloud's must not make a view unreadable. The rollups are exact.
-- The views are taken as they stand, and only this is changed in them.
-- +goose StatementBegin
DO $$
DECLARE
    c record;
    definition text;
BEGIN
    FOR c IN
        SELECT v.view, v.name, v.type, v.most
        FROM (VALUES
            ('patch_compliance_daily', 'missing_patches', 'bigint', '9223372036854775807.0'),
            ('publish_progress_daily', 'upgraded_servers', 'bigint', '9223372036854775807.0'),
            ('operation_processes_daily', 'total_count', 'bigint', '9223372036854775807.0'),
            ('operation_processes_daily', 'finish_count', 'bigint', '9223372036854775807.0'),
            ('agentless_tasks_daily', 'measured_mb', 'double precision', '1.79e308')
        ) AS v (view, name, type, most)
    LOOP
        definition := pg_catalog.pg_get_viewdef(format('alicloud.%I', c.view)::regclass);
        EXECUTE format('CREATE OR REPLACE VIEW alicloud.%I AS %s', c.view, replace(
            definition,
            format('(r.%s)::%s', c.name, c.type),
            format('least(greatest(r.%1$s, -%2$s), %2$s)::%3$s', c.name, c.most, c.type)
        ));
    END LOOP;
END
$$;
-- +goose StatementEnd

-- A series that is long is named by its beginning and its hash, as syncs do from now on.
UPDATE syncer.publish_progress_daily SET series = left(series, 100) || md5(series) WHERE octet_length(series) > 1000;
UPDATE syncer.fleet_daily SET series = left(series, 100) || md5(series) WHERE octet_length(series) > 1000;
UPDATE syncer.agent_install_daily SET series = left(series, 100) || md5(series) WHERE octet_length(series) > 1000;
UPDATE syncer.agentless_tasks_daily SET series = left(series, 100) || md5(series) WHERE octet_length(series) > 1000;
UPDATE syncer.operation_processes_daily SET series = left(series, 100) || md5(series) WHERE octet_length(series) > 1000;

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    c record;
    definition text;
BEGIN
    FOR c IN
        SELECT v.view, v.name, v.type
        FROM (VALUES
            ('patch_compliance_daily', 'missing_patches', 'bigint'),
            ('publish_progress_daily', 'upgraded_servers', 'bigint'),
            ('operation_processes_daily', 'total_count', 'bigint'),
            ('operation_processes_daily', 'finish_count', 'bigint'),
            ('agentless_tasks_daily', 'measured_mb', 'double precision')
        ) AS v (view, name, type)
    LOOP
        definition := pg_catalog.pg_get_viewdef(format('alicloud.%I', c.view)::regclass);
        EXECUTE format('CREATE OR REPLACE VIEW alicloud.%I AS %s', c.view, regexp_replace(
            definition,
            format('\(LEAST\(GREATEST\(r\.%s, ''-[0-9.]+''::numeric\), [0-9.]+\)\)::%s', c.name, c.type),
            format('(r.%s)::%s', c.name, c.type),
            'g'
        ));
    END LOOP;
END
$$;
-- +goose StatementEnd
