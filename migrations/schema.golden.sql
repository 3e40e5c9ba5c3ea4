-- The schema of a new database, as PostgreSQL 15 tells it: the migrations of this directory,
-- and what store/schema derives from the declarations. It is here to be read; nothing
-- runs it. go test ./store/schema -update writes it.

CREATE VIEW alicloud.accounts AS
 SELECT a.account_id,
    a.name,
    COALESCE(p.configured, false) AS configured,
    p.configured_at,
        CASE
            WHEN p.configured THEN NULL::timestamp with time zone
            ELSE p.retired_at
        END AS retired_at
   FROM syncer.accounts a
     LEFT JOIN ( SELECT partitions.account_id,
            bool_or(partitions.retired_at IS NULL) AS configured,
            COALESCE(min(partitions.configured_at) FILTER (WHERE partitions.retired_at IS NULL), min(partitions.configured_at)) AS configured_at,
            max(partitions.retired_at) AS retired_at
           FROM syncer.partitions
          GROUP BY partitions.account_id) p ON p.account_id = a.account_id;
COMMENT ON VIEW alicloud.accounts IS 'One row per Alibaba Cloud account that was ever synced.';
COMMENT ON COLUMN alicloud.accounts.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.accounts.name IS 'Name that the configuration last gave it.';
COMMENT ON COLUMN alicloud.accounts.configured IS 'Whether anything of it is configured: false, its rows are those of when it was taken out.';
COMMENT ON COLUMN alicloud.accounts.configured_at IS 'Since when it is configured; of one that is no more, since when it was.';
COMMENT ON COLUMN alicloud.accounts.retired_at IS 'Since when nothing of it is configured any more; NULL: it is configured.';

CREATE VIEW alicloud.agent_install_daily AS
 SELECT r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.result,
        CASE r.result
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installing'::text
            WHEN 1 THEN 'installed'::text
            WHEN 2 THEN 'failed'::text
            ELSE r.result::text
        END AS result_label,
    r.servers
   FROM syncer.agent_install_daily r
     CROSS JOIN LATERAL generate_series(0, LEAST(r.to_day, ( SELECT (now() AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date + 1
           FROM syncer.settings)) - r.from_day - 1) d(n);
COMMENT ON VIEW alicloud.agent_install_daily IS 'One row per day, account, region and result: on how many servers the agent installation last seen ended so. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.agent_install_statuses.';
COMMENT ON COLUMN alicloud.agent_install_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.agent_install_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_daily.result IS 'How the installation went.';
COMMENT ON COLUMN alicloud.agent_install_daily.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_daily.servers IS 'Servers with this result.';

CREATE VIEW alicloud.agent_install_statuses AS
 SELECT t.account_id,
    t.region_id,
    t.uuid,
    t.result,
        CASE t.result
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installing'::text
            WHEN 1 THEN 'installed'::text
            WHEN 2 THEN 'failed'::text
            ELSE t.result::text
        END AS result_label,
    t.result_code,
        CASE t.result_code
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installed'::text
            WHEN 1 THEN 'directory not created'::text
            WHEN 2 THEN 'package not downloaded'::text
            WHEN 3 THEN 'installation file missing'::text
            WHEN 4 THEN 'verification information missing'::text
            WHEN 5 THEN 'installation file not verified'::text
            WHEN 6 THEN 'installation file not executed'::text
            WHEN 7 THEN 'permission denied'::text
            WHEN 8 THEN 'no agent process'::text
            WHEN 100 THEN 'unknown error'::text
            WHEN 1001 THEN 'region not supported'::text
            WHEN 1002 THEN 'server outside Alibaba Cloud, install by script'::text
            WHEN 1003 THEN 'operating system not supported'::text
            WHEN 1004 THEN 'internal error'::text
            WHEN 1005 THEN 'instance not started'::text
            WHEN 1006 THEN 'classic network not supported'::text
            WHEN 1007 THEN 'command stopped'::text
            WHEN 1008 THEN 'Cloud Assistant not installed'::text
            WHEN 1009 THEN 'command timed out'::text
            WHEN 1010 THEN 'already online'::text
            ELSE t.result_code::text
        END AS result_code_label,
    t.message,
    t.extra,
    t.valid_from
   FROM syncer.agent_install_statuses t
  WHERE t.valid_to = 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.agent_install_statuses IS 'One row per server that an agent installation was seen on: how the installation last seen went. As it stands now. From Sas DescribeAgentInstallStatus.';
COMMENT ON COLUMN alicloud.agent_install_statuses.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_statuses.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_statuses.uuid IS 'UUID of the server, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result IS 'How the installation went. API field: Result.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_code IS 'What the installation succeeded or failed with, a field that the API spells ResuleCode. API field: ResuleCode.';
COMMENT ON COLUMN alicloud.agent_install_statuses.result_code_label IS 'What result_code says: -1 = not installed, 0 = installed, 1 = directory not created, 2 = package not downloaded, 3 = installation file missing, 4 = verification information missing, 5 = installation file not verified, 6 = installation file not executed, 7 = permission denied, 8 = no agent process, 100 = unknown error, 1001 = region not supported, 1002 = server outside Alibaba Cloud, install by script, 1003 = operating system not supported, 1004 = internal error, 1005 = instance not started, 1006 = classic network not supported, 1007 = command stopped, 1008 = Cloud Assistant not installed, 1009 = command timed out, 1010 = already online. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses.message IS 'Message about the installation, without the line break that the API may end it with. API field: Message.';
COMMENT ON COLUMN alicloud.agent_install_statuses.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_install_statuses.valid_from IS 'Since when this version stands: the moment of the sync that found it.';

CREATE OR REPLACE FUNCTION alicloud.agent_install_statuses_as_of(at timestamp with time zone)
 RETURNS SETOF alicloud.agent_install_statuses
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.result,
    h.result_label,
    h.result_code,
    h.result_code_label,
    h.message,
    h.extra,
    h.valid_from
FROM alicloud.agent_install_statuses_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$function$
;
COMMENT ON FUNCTION alicloud.agent_install_statuses_as_of(timestamp with time zone) IS 'The rows that alicloud.agent_install_statuses showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

CREATE OR REPLACE FUNCTION alicloud.agent_install_statuses_between(timestamp with time zone, timestamp with time zone)
 RETURNS TABLE(account_id text, region_id text, uuid text, kind text, changed jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id),
        coalesce(o.uuid, n.uuid),
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
                ('result', to_jsonb(o.result), to_jsonb(n.result)),
                ('result_code', to_jsonb(o.result_code), to_jsonb(n.result_code)),
                ('message', to_jsonb(o.message), to_jsonb(n.message)),
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.agent_install_statuses_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.agent_install_statuses_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON o.account_id = n.account_id AND o.region_id = n.region_id AND o.uuid = n.uuid
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$function$
;
COMMENT ON FUNCTION alicloud.agent_install_statuses_between(timestamp with time zone,timestamp with time zone) IS 'What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {"column": {"old": value, "new": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.';

CREATE VIEW alicloud.agent_install_statuses_history AS
 SELECT t.account_id,
    t.region_id,
    t.uuid,
    t.result,
        CASE t.result
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installing'::text
            WHEN 1 THEN 'installed'::text
            WHEN 2 THEN 'failed'::text
            ELSE t.result::text
        END AS result_label,
    t.result_code,
        CASE t.result_code
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installed'::text
            WHEN 1 THEN 'directory not created'::text
            WHEN 2 THEN 'package not downloaded'::text
            WHEN 3 THEN 'installation file missing'::text
            WHEN 4 THEN 'verification information missing'::text
            WHEN 5 THEN 'installation file not verified'::text
            WHEN 6 THEN 'installation file not executed'::text
            WHEN 7 THEN 'permission denied'::text
            WHEN 8 THEN 'no agent process'::text
            WHEN 100 THEN 'unknown error'::text
            WHEN 1001 THEN 'region not supported'::text
            WHEN 1002 THEN 'server outside Alibaba Cloud, install by script'::text
            WHEN 1003 THEN 'operating system not supported'::text
            WHEN 1004 THEN 'internal error'::text
            WHEN 1005 THEN 'instance not started'::text
            WHEN 1006 THEN 'classic network not supported'::text
            WHEN 1007 THEN 'command stopped'::text
            WHEN 1008 THEN 'Cloud Assistant not installed'::text
            WHEN 1009 THEN 'command timed out'::text
            WHEN 1010 THEN 'already online'::text
            ELSE t.result_code::text
        END AS result_code_label,
    t.message,
    t.extra,
    t.valid_from,
    NULL::timestamp with time zone AS valid_to
   FROM syncer.agent_install_statuses t
  WHERE t.valid_to = 'infinity'::timestamp with time zone
UNION ALL
 SELECT t.account_id,
    t.region_id,
    t.uuid,
    t.result,
        CASE t.result
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installing'::text
            WHEN 1 THEN 'installed'::text
            WHEN 2 THEN 'failed'::text
            ELSE t.result::text
        END AS result_label,
    t.result_code,
        CASE t.result_code
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installed'::text
            WHEN 1 THEN 'directory not created'::text
            WHEN 2 THEN 'package not downloaded'::text
            WHEN 3 THEN 'installation file missing'::text
            WHEN 4 THEN 'verification information missing'::text
            WHEN 5 THEN 'installation file not verified'::text
            WHEN 6 THEN 'installation file not executed'::text
            WHEN 7 THEN 'permission denied'::text
            WHEN 8 THEN 'no agent process'::text
            WHEN 100 THEN 'unknown error'::text
            WHEN 1001 THEN 'region not supported'::text
            WHEN 1002 THEN 'server outside Alibaba Cloud, install by script'::text
            WHEN 1003 THEN 'operating system not supported'::text
            WHEN 1004 THEN 'internal error'::text
            WHEN 1005 THEN 'instance not started'::text
            WHEN 1006 THEN 'classic network not supported'::text
            WHEN 1007 THEN 'command stopped'::text
            WHEN 1008 THEN 'Cloud Assistant not installed'::text
            WHEN 1009 THEN 'command timed out'::text
            WHEN 1010 THEN 'already online'::text
            ELSE t.result_code::text
        END AS result_code_label,
    t.message,
    t.extra,
    t.valid_from,
    t.valid_to
   FROM syncer.agent_install_statuses t
  WHERE t.valid_to < 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.agent_install_statuses_history IS 'One row per server that an agent installation was seen on: how the installation last seen went. Every version that is kept, with the time it stood. From Sas DescribeAgentInstallStatus.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.uuid IS 'UUID of the server, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result IS 'How the installation went. API field: Result.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_label IS 'What result says: -1 = not installed, 0 = installing, 1 = installed, 2 = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_code IS 'What the installation succeeded or failed with, a field that the API spells ResuleCode. API field: ResuleCode.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.result_code_label IS 'What result_code says: -1 = not installed, 0 = installed, 1 = directory not created, 2 = package not downloaded, 3 = installation file missing, 4 = verification information missing, 5 = installation file not verified, 6 = installation file not executed, 7 = permission denied, 8 = no agent process, 100 = unknown error, 1001 = region not supported, 1002 = server outside Alibaba Cloud, install by script, 1003 = operating system not supported, 1004 = internal error, 1005 = instance not started, 1006 = classic network not supported, 1007 = command stopped, 1008 = Cloud Assistant not installed, 1009 = command timed out, 1010 = already online. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.message IS 'Message about the installation, without the line break that the API may end it with. API field: Message.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_install_statuses_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE VIEW alicloud.agent_outages AS
 SELECT s.account_id,
    c.name AS account_name,
    s.region_id,
    s.uuid,
    s.instance_id,
    s.instance_name,
    s.client_sub_status,
        CASE s.client_sub_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            WHEN 'uninstalled'::text THEN 'not installed'::text
            WHEN 'stopped'::text THEN 'server shut down'::text
            ELSE s.client_sub_status
        END AS client_sub_status_label,
    s.began_at,
    NULLIF(s.ended_to_, 'infinity'::timestamp with time zone) AS ended_at,
    round(EXTRACT(epoch FROM LEAST(s.ended_to_, now()) - s.began_at) / 3600::numeric, 3)::double precision AS lasted_hours,
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone THEN NULL::text
            WHEN s.follows_ THEN 'cleared'::text
            WHEN ( SELECT r.trigger = 'forget'::text AND r.started_at <= s.ended_to_
               FROM syncer.sync_runs r
              WHERE r.account_id = s.account_id AND r.source = 'cloud_center_instances'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at >= s.ended_to_
              ORDER BY r.finished_at, r.run_id
             LIMIT 1) THEN 'forgotten'::text
            ELSE 'gone'::text
        END AS ended_by,
    s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) AS began_known,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
               FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) THEN s.began_at - b.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS began_within_hours,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.ended_to_ < 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text THEN s.ended_to_ - e.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS ended_within_hours,
    round(EXTRACT(epoch FROM COALESCE(( SELECT sum(LEAST(r.started_at, s.ended_to_) - GREATEST(r.unseen_since, s.began_at)) AS sum
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'cloud_center_instances'::text AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_), '00:00:00'::interval) + COALESCE(
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text AND now() > (e.next_due_at + GREATEST(2::double precision * (e.finished_at - e.started_at), '00:05:00'::interval)) THEN now() - GREATEST(e.next_due_at, s.began_at)
            ELSE NULL::interval
        END, '00:00:00'::interval)) / 3600::numeric, 3)::double precision AS unobserved_hours,
    s.gaps_joined
   FROM ( SELECT i.account_id,
            i.region_id,
            i.uuid,
            min(i.valid_from) AS began_at,
            max(i.valid_to) AS ended_to_,
            count(*) FILTER (WHERE i.joins_) AS gaps_joined,
            bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
            bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_,
            (array_agg(i.instance_id) FILTER (WHERE i.last_))[1] AS instance_id,
            (array_agg(i.instance_name) FILTER (WHERE i.last_))[1] AS instance_name,
            (array_agg(i.client_sub_status) FILTER (WHERE i.last_))[1] AS client_sub_status
           FROM ( SELECT m.account_id,
                    m.region_id,
                    m.uuid,
                    m.instance_id,
                    m.instance_name,
                    m.client_sub_status,
                    m.valid_from,
                    m.valid_to,
                    m.met_,
                    m.follows_,
                    m.goes_on_,
                    m.before_to_,
                    m.begins_,
                    m.joins_,
                    count(*) FILTER (WHERE m.begins_) OVER w AS number_,
                    lead(m.begins_, 1, true) OVER w AS last_
                   FROM ( SELECT b_1.account_id,
                            b_1.region_id,
                            b_1.uuid,
                            b_1.instance_id,
                            b_1.instance_name,
                            b_1.client_sub_status,
                            b_1.valid_from,
                            b_1.valid_to,
                            b_1.met_,
                            b_1.follows_,
                            b_1.goes_on_,
                            b_1.before_to_,
                            b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ AS begins_,
                            NOT (b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_) AND b_1.valid_from > b_1.before_to_ AS joins_
                           FROM ( SELECT a.account_id,
                                    a.region_id,
                                    a.uuid,
                                    a.instance_id,
                                    a.instance_name,
                                    a.client_sub_status,
                                    a.valid_from,
                                    a.valid_to,
                                    a.met_,
                                    a.follows_,
                                    a.goes_on_,
                                    lag(a.valid_to) OVER w AS before_to_
                                   FROM ( SELECT v.account_id,
    v.region_id,
    v.uuid,
    v.instance_id,
    v.instance_name,
    v.client_sub_status,
    v.valid_from,
    v.valid_to,
    (v.client_status = 'online'::text) IS NOT TRUE AS met_,
    COALESCE(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
    COALESCE(lead((v.client_status = 'online'::text) IS NOT TRUE) OVER w, false) AS goes_on_
   FROM syncer.cloud_center_instances v
  WHERE v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
     FROM syncer.settings))
  WINDOW w AS (PARTITION BY v.account_id, v.region_id, v.uuid ORDER BY v.valid_from)) a
                                  WHERE a.met_
                                  WINDOW w AS (PARTITION BY a.account_id, a.region_id, a.uuid ORDER BY a.valid_from)) b_1) m
                  WINDOW w AS (PARTITION BY m.account_id, m.region_id, m.uuid ORDER BY m.valid_from)) i
          GROUP BY i.account_id, i.region_id, i.uuid, i.number_) s
     LEFT JOIN syncer.accounts c ON c.account_id = s.account_id
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'cloud_center_instances'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.began_at
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) b ON true
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'cloud_center_instances'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.ended_to_
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) e ON true;
COMMENT ON VIEW alicloud.agent_outages IS 'One row per time in which the agent on a server was not online. As far back as history is kept. From alicloud.cloud_center_instances_history.';
COMMENT ON COLUMN alicloud.agent_outages.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_outages.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.agent_outages.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_outages.uuid IS 'UUID that Security Center gave the server.';
COMMENT ON COLUMN alicloud.agent_outages.instance_id IS 'ID of the instance, such as an ECS instance ID. As it was last.';
COMMENT ON COLUMN alicloud.agent_outages.instance_name IS 'Name of the instance. As it was last.';
COMMENT ON COLUMN alicloud.agent_outages.client_sub_status IS 'Whether the agent is online and, where it is not, why. As it was last.';
COMMENT ON COLUMN alicloud.agent_outages.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_outages.began_at IS 'When it began: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_outages.ended_at IS 'When it ended (not included): the moment of the sync that found that. NULL while it lasts.';
COMMENT ON COLUMN alicloud.agent_outages.lasted_hours IS 'How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false.';
COMMENT ON COLUMN alicloud.agent_outages.ended_by IS 'What ended it. cleared: the row was there, and the conditions no longer held. gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts.';
COMMENT ON COLUMN alicloud.agent_outages.began_known IS 'Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before.';
COMMENT ON COLUMN alicloud.agent_outages.began_within_hours IS 'By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false.';
COMMENT ON COLUMN alicloud.agent_outages.ended_within_hours IS 'By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before.';
COMMENT ON COLUMN alicloud.agent_outages.unobserved_hours IS 'How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due.';
COMMENT ON COLUMN alicloud.agent_outages.gaps_joined IS 'How many breaks the spell has; 0: any break ends a spell.';

CREATE VIEW alicloud.agent_outages_daily AS
 SELECT d.day,
    d.account_id,
    ( SELECT c.name
           FROM syncer.accounts c
          WHERE c.account_id = d.account_id) AS account_name,
    d.region_id,
    count(*) FILTER (WHERE d.begun) AS begun,
    count(*) FILTER (WHERE d.begun AND NOT d.began_known) AS begun_unseen,
    count(*) FILTER (WHERE d.cleared) AS cleared,
    count(*) FILTER (WHERE d.gone) AS gone,
    count(*) FILTER (WHERE d.open) AS open,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_p90_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_p90_hours
   FROM ( SELECT s.account_id,
            s.region_id,
            u.day,
            u.day = s.began_day AS begun,
            u.day = s.ended_day AND s.ended_by = 'cleared'::text AS cleared,
            u.day = s.ended_day AND s.ended_by = 'changed'::text AS changed,
            u.day = s.ended_day AND (s.ended_by = ANY (ARRAY['gone'::text, 'forgotten'::text])) AS gone,
            u.day < s.ended_day AS open,
                CASE
                    WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known
                    ELSE NULL::boolean
                END AS began_known,
            LEAST(s.ended_at, ((u.day + 1)::timestamp without time zone AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings))), now()) - s.began_at AS age
           FROM ( SELECT k.account_id,
                    k.account_name,
                    k.region_id,
                    k.uuid,
                    k.instance_id,
                    k.instance_name,
                    k.client_sub_status,
                    k.client_sub_status_label,
                    k.began_at,
                    k.ended_at,
                    k.lasted_hours,
                    k.ended_by,
                    k.began_known,
                    k.began_within_hours,
                    k.ended_within_hours,
                    k.unobserved_hours,
                    k.gaps_joined,
                    (k.began_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date AS began_day,
                    COALESCE((k.ended_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, 'infinity'::date) AS ended_day
                   FROM alicloud.agent_outages k) s
             JOIN syncer.partitions p ON p.account_id = s.account_id AND p.source = 'cloud_center_instances'::text AND p.region_id = s.region_id
             CROSS JOIN LATERAL ( SELECT g.first_day + g.n AS day
                   FROM ( SELECT f.first_day,
                            generate_series(0, LEAST(s.ended_day, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                                   FROM syncer.settings)))::date) - f.first_day) AS n
                           FROM ( VALUES (GREATEST(s.began_day, (p.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
   FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
   FROM syncer.settings)))) f(first_day)) g) u
        UNION ALL
         SELECT p.account_id,
            p.region_id,
            p.first_day + g.n AS day,
            false AS begun,
            false AS cleared,
            false AS changed,
            false AS gone,
            false AS open,
            false AS began_known,
            NULL::interval AS age
           FROM ( SELECT p_1.account_id,
                    p_1.region_id,
                    GREATEST((p_1.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
                           FROM syncer.settings)) AS first_day
                   FROM syncer.partitions p_1
                  WHERE p_1.source = 'cloud_center_instances'::text AND p_1.first_merged_at IS NOT NULL) p
             CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings)))::date - p.first_day) g(n)) d
  GROUP BY d.account_id, d.region_id, d.day;
COMMENT ON VIEW alicloud.agent_outages_daily IS 'One row per day, account, region: how many of alicloud.agent_outages began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.';
COMMENT ON COLUMN alicloud.agent_outages_daily.day IS 'Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today.';
COMMENT ON COLUMN alicloud.agent_outages_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_outages_daily.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.agent_outages_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_outages_daily.begun IS 'Spells that began on the day.';
COMMENT ON COLUMN alicloud.agent_outages_daily.begun_unseen IS 'Those of them that may have begun before: the first good sync found them.';
COMMENT ON COLUMN alicloud.agent_outages_daily.cleared IS 'Spells that ended on the day because the conditions no longer held.';
COMMENT ON COLUMN alicloud.agent_outages_daily.gone IS 'Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.';
COMMENT ON COLUMN alicloud.agent_outages_daily.open IS 'Spells that lasted at the end of the day.';
COMMENT ON COLUMN alicloud.agent_outages_daily.cleared_median_hours IS 'Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.agent_outages_daily.cleared_p90_hours IS 'Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.agent_outages_daily.open_median_hours IS 'Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.agent_outages_daily.open_p90_hours IS 'Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';

CREATE VIEW alicloud.agent_versions AS
 SELECT t.account_id,
    t.region_id,
    t.cur_version,
    t.upgrade_version,
    t.latest_version,
    t.latest_version_created_at,
    t.force_upgrade_at,
    t.publish_status,
        CASE t.publish_status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE t.publish_status::text
        END AS publish_status_label,
    t.gray_switch_status,
        CASE t.gray_switch_status
            WHEN 0 THEN 'off'::text
            WHEN 1 THEN 'on'::text
            ELSE t.gray_switch_status::text
        END AS gray_switch_status_label,
    t.big_customer,
    t.latest_version_desc,
    t.auto_upgrade,
        CASE t.auto_upgrade
            WHEN 0 THEN 'off'::text
            WHEN 1 THEN 'on'::text
            ELSE t.auto_upgrade::text
        END AS auto_upgrade_label,
    t.extra,
    t.valid_from
   FROM syncer.agent_versions t
  WHERE t.valid_to = 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.agent_versions IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. As it stands now. From Sas GetCurrentVersionPublish.';
COMMENT ON COLUMN alicloud.agent_versions.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_versions.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_versions.cur_version IS 'Agent release in use now. API field: CurVersion.';
COMMENT ON COLUMN alicloud.agent_versions.upgrade_version IS 'Agent release that servers are being upgraded to, the version of publish_batches. API field: UpgradeVersion.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version IS 'Newest agent release there is. API field: LatestVersion.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version_created_at IS 'When the newest agent release was created. API field: LatestVersionCreate.';
COMMENT ON COLUMN alicloud.agent_versions.force_upgrade_at IS 'When the agent was, or is to be, upgraded by force. API field: ForceUpgradeTime.';
COMMENT ON COLUMN alicloud.agent_versions.publish_status IS 'How far the rollout of upgrade_version is. API field: PublishStatus.';
COMMENT ON COLUMN alicloud.agent_versions.publish_status_label IS 'What publish_status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions.gray_switch_status IS 'Whether releases are rolled out to a part of the servers first (canary release). API field: GraySwitchStatus.';
COMMENT ON COLUMN alicloud.agent_versions.gray_switch_status_label IS 'What gray_switch_status says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions.big_customer IS 'Whether the account may have custom upgrades of the agent. API field: BigCustomer.';
COMMENT ON COLUMN alicloud.agent_versions.latest_version_desc IS 'Description of the newest agent release. API field: LatestVersionDesc.';
COMMENT ON COLUMN alicloud.agent_versions.auto_upgrade IS 'Whether agents are upgraded automatically. API field: AutoUpgrade.';
COMMENT ON COLUMN alicloud.agent_versions.auto_upgrade_label IS 'What auto_upgrade says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_versions.valid_from IS 'Since when this version stands: the moment of the sync that found it.';

CREATE OR REPLACE FUNCTION alicloud.agent_versions_as_of(at timestamp with time zone)
 RETURNS SETOF alicloud.agent_versions
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
SELECT
    h.account_id,
    h.region_id,
    h.cur_version,
    h.upgrade_version,
    h.latest_version,
    h.latest_version_created_at,
    h.force_upgrade_at,
    h.publish_status,
    h.publish_status_label,
    h.gray_switch_status,
    h.gray_switch_status_label,
    h.big_customer,
    h.latest_version_desc,
    h.auto_upgrade,
    h.auto_upgrade_label,
    h.extra,
    h.valid_from
FROM alicloud.agent_versions_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$function$
;
COMMENT ON FUNCTION alicloud.agent_versions_as_of(timestamp with time zone) IS 'The rows that alicloud.agent_versions showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

CREATE OR REPLACE FUNCTION alicloud.agent_versions_between(timestamp with time zone, timestamp with time zone)
 RETURNS TABLE(account_id text, region_id text, kind text, changed jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id),
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
                ('cur_version', to_jsonb(o.cur_version), to_jsonb(n.cur_version)),
                ('upgrade_version', to_jsonb(o.upgrade_version), to_jsonb(n.upgrade_version)),
                ('latest_version', to_jsonb(o.latest_version), to_jsonb(n.latest_version)),
                ('latest_version_created_at', to_jsonb(o.latest_version_created_at), to_jsonb(n.latest_version_created_at)),
                ('force_upgrade_at', to_jsonb(o.force_upgrade_at), to_jsonb(n.force_upgrade_at)),
                ('publish_status', to_jsonb(o.publish_status), to_jsonb(n.publish_status)),
                ('gray_switch_status', to_jsonb(o.gray_switch_status), to_jsonb(n.gray_switch_status)),
                ('big_customer', to_jsonb(o.big_customer), to_jsonb(n.big_customer)),
                ('latest_version_desc', to_jsonb(o.latest_version_desc), to_jsonb(n.latest_version_desc)),
                ('auto_upgrade', to_jsonb(o.auto_upgrade), to_jsonb(n.auto_upgrade)),
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.agent_versions_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.agent_versions_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON o.account_id = n.account_id AND o.region_id = n.region_id
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$function$
;
COMMENT ON FUNCTION alicloud.agent_versions_between(timestamp with time zone,timestamp with time zone) IS 'What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {"column": {"old": value, "new": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.';

CREATE VIEW alicloud.agent_versions_history AS
 SELECT t.account_id,
    t.region_id,
    t.cur_version,
    t.upgrade_version,
    t.latest_version,
    t.latest_version_created_at,
    t.force_upgrade_at,
    t.publish_status,
        CASE t.publish_status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE t.publish_status::text
        END AS publish_status_label,
    t.gray_switch_status,
        CASE t.gray_switch_status
            WHEN 0 THEN 'off'::text
            WHEN 1 THEN 'on'::text
            ELSE t.gray_switch_status::text
        END AS gray_switch_status_label,
    t.big_customer,
    t.latest_version_desc,
    t.auto_upgrade,
        CASE t.auto_upgrade
            WHEN 0 THEN 'off'::text
            WHEN 1 THEN 'on'::text
            ELSE t.auto_upgrade::text
        END AS auto_upgrade_label,
    t.extra,
    t.valid_from,
    NULL::timestamp with time zone AS valid_to
   FROM syncer.agent_versions t
  WHERE t.valid_to = 'infinity'::timestamp with time zone
UNION ALL
 SELECT t.account_id,
    t.region_id,
    t.cur_version,
    t.upgrade_version,
    t.latest_version,
    t.latest_version_created_at,
    t.force_upgrade_at,
    t.publish_status,
        CASE t.publish_status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE t.publish_status::text
        END AS publish_status_label,
    t.gray_switch_status,
        CASE t.gray_switch_status
            WHEN 0 THEN 'off'::text
            WHEN 1 THEN 'on'::text
            ELSE t.gray_switch_status::text
        END AS gray_switch_status_label,
    t.big_customer,
    t.latest_version_desc,
    t.auto_upgrade,
        CASE t.auto_upgrade
            WHEN 0 THEN 'off'::text
            WHEN 1 THEN 'on'::text
            ELSE t.auto_upgrade::text
        END AS auto_upgrade_label,
    t.extra,
    t.valid_from,
    t.valid_to
   FROM syncer.agent_versions t
  WHERE t.valid_to < 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.agent_versions_history IS 'One row per account and Security Center region: the agent release in use, the one being rolled out and the newest one. Every version that is kept, with the time it stood. From Sas GetCurrentVersionPublish.';
COMMENT ON COLUMN alicloud.agent_versions_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agent_versions_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agent_versions_history.cur_version IS 'Agent release in use now. API field: CurVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.upgrade_version IS 'Agent release that servers are being upgraded to, the version of publish_batches. API field: UpgradeVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version IS 'Newest agent release there is. API field: LatestVersion.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version_created_at IS 'When the newest agent release was created. API field: LatestVersionCreate.';
COMMENT ON COLUMN alicloud.agent_versions_history.force_upgrade_at IS 'When the agent was, or is to be, upgraded by force. API field: ForceUpgradeTime.';
COMMENT ON COLUMN alicloud.agent_versions_history.publish_status IS 'How far the rollout of upgrade_version is. API field: PublishStatus.';
COMMENT ON COLUMN alicloud.agent_versions_history.publish_status_label IS 'What publish_status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions_history.gray_switch_status IS 'Whether releases are rolled out to a part of the servers first (canary release). API field: GraySwitchStatus.';
COMMENT ON COLUMN alicloud.agent_versions_history.gray_switch_status_label IS 'What gray_switch_status says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions_history.big_customer IS 'Whether the account may have custom upgrades of the agent. API field: BigCustomer.';
COMMENT ON COLUMN alicloud.agent_versions_history.latest_version_desc IS 'Description of the newest agent release. API field: LatestVersionDesc.';
COMMENT ON COLUMN alicloud.agent_versions_history.auto_upgrade IS 'Whether agents are upgraded automatically. API field: AutoUpgrade.';
COMMENT ON COLUMN alicloud.agent_versions_history.auto_upgrade_label IS 'What auto_upgrade says: 0 = off, 1 = on. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agent_versions_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agent_versions_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agent_versions_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE VIEW alicloud.agentless_tasks AS
 SELECT t.account_id,
    t.region_id,
    t.task_id,
    t.is_root,
    t.root_task_id,
    t.task_name,
    t.status,
        CASE t.status
            WHEN 1 THEN 'in progress'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'failed'::text
            WHEN 4 THEN 'timed out'::text
            ELSE t.status::text
        END AS status_label,
    t.progress,
    t.result,
    t.started_at,
    t.ended_at,
    t.target_type,
        CASE t.target_type
            WHEN 1 THEN 'host snapshot'::text
            WHEN 2 THEN 'host image'::text
            WHEN 3 THEN 'user snapshot'::text
            WHEN 4 THEN 'user image'::text
            WHEN 5 THEN 'NAS'::text
            WHEN 6 THEN 'sandbox'::text
            WHEN 7 THEN 'security fix'::text
            ELSE t.target_type::text
        END AS target_type_label,
    t.target_name,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.internet_ip,
    t.intranet_ip,
    t.measure_space_mb,
    t.progress_by_project,
    t.report_status,
        CASE t.report_status
            WHEN 'PREPARED'::text THEN 'in preparation'::text
            WHEN 'RUNNING'::text THEN 'in progress'::text
            WHEN 'SUCCESS'::text THEN 'successful'::text
            WHEN 'TIMEOUT'::text THEN 'timed out'::text
            WHEN 'FAILED'::text THEN 'failed'::text
            ELSE t.report_status
        END AS report_status_label,
        CASE
            WHEN v.row_hash IS NULL THEN t.report_download_url
            ELSE v.report_download_url
        END AS report_download_url,
    t.extension,
    t.extra,
    t.valid_from
   FROM syncer.agentless_tasks t
     LEFT JOIN syncer.agentless_tasks_volatile v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.task_id = t.task_id
  WHERE t.valid_to = 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.agentless_tasks IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. As it stands now. From Sas ListAgentlessTask.';
COMMENT ON COLUMN alicloud.agentless_tasks.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks.task_id IS 'ID of the task. API field: TaskId.';
COMMENT ON COLUMN alicloud.agentless_tasks.is_root IS 'Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it.';
COMMENT ON COLUMN alicloud.agentless_tasks.root_task_id IS 'ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task.';
COMMENT ON COLUMN alicloud.agentless_tasks.task_name IS 'Name of the task, such as AGENTLESS_SCAN. API field: TaskName.';
COMMENT ON COLUMN alicloud.agentless_tasks.status IS 'How far the task is. API field: Status.';
COMMENT ON COLUMN alicloud.agentless_tasks.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks.progress IS 'How much of the task is done, in percent. API field: Progress.';
COMMENT ON COLUMN alicloud.agentless_tasks.result IS 'Result of the scan in the API''s own words, such as True. API field: Result.';
COMMENT ON COLUMN alicloud.agentless_tasks.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.agentless_tasks.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_type IS 'What kind of asset is scanned. API field: TargetType.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_type_label IS 'What target_type says: 1 = host snapshot, 2 = host image, 3 = user snapshot, 4 = user image, 5 = NAS, 6 = sandbox, 7 = security fix. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks.target_name IS 'Name of what is scanned, whereas instance_name is that of its asset. API field: TargetName.';
COMMENT ON COLUMN alicloud.agentless_tasks.uuid IS 'UUID of the asset, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agentless_tasks.instance_id IS 'ID of the instance that is scanned, a field that the API answers though its page does not list it. API field: InstanceId.';
COMMENT ON COLUMN alicloud.agentless_tasks.instance_name IS 'Name of the asset. API field: InstanceName.';
COMMENT ON COLUMN alicloud.agentless_tasks.internet_ip IS 'Public IP address of the server. API field: InternetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks.intranet_ip IS 'Private IP address of the server. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks.measure_space_mb IS 'Data scanned, in MB, with a fraction though the API''s page calls the field a whole number. API field: MeasureSpace.';
COMMENT ON COLUMN alicloud.agentless_tasks.progress_by_project IS 'How much of each kind of inspection is done, in percent, as an object such as {"vul": 100, "baseline": 40}. API field: ProgressByProject.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_status IS 'How far the report is. API field: ReportStatus.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_status_label IS 'What report_status says: PREPARED = in preparation, RUNNING = in progress, SUCCESS = successful, TIMEOUT = timed out, FAILED = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks.report_download_url IS 'Where the report is, without the query string, which may carry a signature and changes at every call. Kept current; makes no version. API field: ReportDownloadUrl.';
COMMENT ON COLUMN alicloud.agentless_tasks.extension IS 'What tasks of some kinds have besides, as an object: a security fix of an image names the vulnerabilities that were chosen and the fixed image. API field: Extension.';
COMMENT ON COLUMN alicloud.agentless_tasks.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agentless_tasks.valid_from IS 'Since when this version stands: the moment of the sync that found it.';

CREATE OR REPLACE FUNCTION alicloud.agentless_tasks_as_of(at timestamp with time zone)
 RETURNS SETOF alicloud.agentless_tasks
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.is_root,
    h.root_task_id,
    h.task_name,
    h.status,
    h.status_label,
    h.progress,
    h.result,
    h.started_at,
    h.ended_at,
    h.target_type,
    h.target_type_label,
    h.target_name,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.internet_ip,
    h.intranet_ip,
    h.measure_space_mb,
    h.progress_by_project,
    h.report_status,
    h.report_status_label,
    h.report_download_url,
    h.extension,
    h.extra,
    h.valid_from
FROM alicloud.agentless_tasks_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$function$
;
COMMENT ON FUNCTION alicloud.agentless_tasks_as_of(timestamp with time zone) IS 'The rows that alicloud.agentless_tasks showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

CREATE OR REPLACE FUNCTION alicloud.agentless_tasks_between(timestamp with time zone, timestamp with time zone)
 RETURNS TABLE(account_id text, region_id text, task_id text, kind text, changed jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id),
        coalesce(o.task_id, n.task_id),
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
                ('is_root', to_jsonb(o.is_root), to_jsonb(n.is_root)),
                ('root_task_id', to_jsonb(o.root_task_id), to_jsonb(n.root_task_id)),
                ('task_name', to_jsonb(o.task_name), to_jsonb(n.task_name)),
                ('status', to_jsonb(o.status), to_jsonb(n.status)),
                ('progress', to_jsonb(o.progress), to_jsonb(n.progress)),
                ('result', to_jsonb(o.result), to_jsonb(n.result)),
                ('started_at', to_jsonb(o.started_at), to_jsonb(n.started_at)),
                ('ended_at', to_jsonb(o.ended_at), to_jsonb(n.ended_at)),
                ('target_type', to_jsonb(o.target_type), to_jsonb(n.target_type)),
                ('target_name', to_jsonb(o.target_name), to_jsonb(n.target_name)),
                ('uuid', to_jsonb(o.uuid), to_jsonb(n.uuid)),
                ('instance_id', to_jsonb(o.instance_id), to_jsonb(n.instance_id)),
                ('instance_name', to_jsonb(o.instance_name), to_jsonb(n.instance_name)),
                ('internet_ip', to_jsonb(o.internet_ip), to_jsonb(n.internet_ip)),
                ('intranet_ip', to_jsonb(o.intranet_ip), to_jsonb(n.intranet_ip)),
                ('measure_space_mb', to_jsonb(o.measure_space_mb), to_jsonb(n.measure_space_mb)),
                ('progress_by_project', to_jsonb(o.progress_by_project), to_jsonb(n.progress_by_project)),
                ('report_status', to_jsonb(o.report_status), to_jsonb(n.report_status)),
                ('extension', to_jsonb(o.extension), to_jsonb(n.extension)),
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.agentless_tasks_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.agentless_tasks_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON o.account_id = n.account_id AND o.region_id = n.region_id AND o.task_id = n.task_id
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$function$
;
COMMENT ON FUNCTION alicloud.agentless_tasks_between(timestamp with time zone,timestamp with time zone) IS 'What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {"column": {"old": value, "new": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.';

CREATE VIEW alicloud.agentless_tasks_daily AS
 SELECT r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.status,
        CASE r.status
            WHEN 1 THEN 'in progress'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'failed'::text
            WHEN 4 THEN 'timed out'::text
            ELSE r.status::text
        END AS status_label,
    r.target_type,
        CASE r.target_type
            WHEN 1 THEN 'host snapshot'::text
            WHEN 2 THEN 'host image'::text
            WHEN 3 THEN 'user snapshot'::text
            WHEN 4 THEN 'user image'::text
            WHEN 5 THEN 'NAS'::text
            WHEN 6 THEN 'sandbox'::text
            WHEN 7 THEN 'security fix'::text
            ELSE r.target_type::text
        END AS target_type_label,
    r.tasks,
    r.main_tasks,
        CASE d.n
            WHEN 0 THEN r.started
            ELSE 0::bigint
        END AS started,
        CASE d.n
            WHEN 0 THEN r.finished
            ELSE 0::bigint
        END AS finished,
    LEAST(GREATEST(r.measured_mb, '-179000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric), '179000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision AS measured_mb
   FROM syncer.agentless_tasks_daily r
     CROSS JOIN LATERAL generate_series(0, LEAST(r.to_day, ( SELECT (now() AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date + 1
           FROM syncer.settings)) - r.from_day - 1) d(n);
COMMENT ON VIEW alicloud.agentless_tasks_daily IS 'One row per day, account, region, status and target type: how many agentless scans there were, main tasks and subtasks, and how much they scanned. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.agentless_tasks.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.status IS 'How far the task is.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.target_type IS 'What kind of asset is scanned.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.target_type_label IS 'What target_type says: 1 = host snapshot, 2 = host image, 3 = user snapshot, 4 = user image, 5 = NAS, 6 = sandbox, 7 = security fix. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.tasks IS 'Tasks, main tasks and subtasks, that the API listed at the end of the day.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.main_tasks IS 'Main tasks among them.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.started IS 'Tasks among them that were started on this day, as known at its end.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.finished IS 'Tasks among them that ended on this day, as known at its end.';
COMMENT ON COLUMN alicloud.agentless_tasks_daily.measured_mb IS 'Data that they scanned, in MB.';

CREATE VIEW alicloud.agentless_tasks_history AS
 SELECT t.account_id,
    t.region_id,
    t.task_id,
    t.is_root,
    t.root_task_id,
    t.task_name,
    t.status,
        CASE t.status
            WHEN 1 THEN 'in progress'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'failed'::text
            WHEN 4 THEN 'timed out'::text
            ELSE t.status::text
        END AS status_label,
    t.progress,
    t.result,
    t.started_at,
    t.ended_at,
    t.target_type,
        CASE t.target_type
            WHEN 1 THEN 'host snapshot'::text
            WHEN 2 THEN 'host image'::text
            WHEN 3 THEN 'user snapshot'::text
            WHEN 4 THEN 'user image'::text
            WHEN 5 THEN 'NAS'::text
            WHEN 6 THEN 'sandbox'::text
            WHEN 7 THEN 'security fix'::text
            ELSE t.target_type::text
        END AS target_type_label,
    t.target_name,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.internet_ip,
    t.intranet_ip,
    t.measure_space_mb,
    t.progress_by_project,
    t.report_status,
        CASE t.report_status
            WHEN 'PREPARED'::text THEN 'in preparation'::text
            WHEN 'RUNNING'::text THEN 'in progress'::text
            WHEN 'SUCCESS'::text THEN 'successful'::text
            WHEN 'TIMEOUT'::text THEN 'timed out'::text
            WHEN 'FAILED'::text THEN 'failed'::text
            ELSE t.report_status
        END AS report_status_label,
    ( SELECT
                CASE
                    WHEN v.row_hash IS NULL THEN t.report_download_url
                    ELSE v.report_download_url
                END AS report_download_url
           FROM ( VALUES (1)) one
             LEFT JOIN syncer.agentless_tasks_volatile v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.task_id = t.task_id) AS report_download_url,
    t.extension,
    t.extra,
    t.valid_from,
    NULL::timestamp with time zone AS valid_to
   FROM syncer.agentless_tasks t
  WHERE t.valid_to = 'infinity'::timestamp with time zone
UNION ALL
 SELECT t.account_id,
    t.region_id,
    t.task_id,
    t.is_root,
    t.root_task_id,
    t.task_name,
    t.status,
        CASE t.status
            WHEN 1 THEN 'in progress'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'failed'::text
            WHEN 4 THEN 'timed out'::text
            ELSE t.status::text
        END AS status_label,
    t.progress,
    t.result,
    t.started_at,
    t.ended_at,
    t.target_type,
        CASE t.target_type
            WHEN 1 THEN 'host snapshot'::text
            WHEN 2 THEN 'host image'::text
            WHEN 3 THEN 'user snapshot'::text
            WHEN 4 THEN 'user image'::text
            WHEN 5 THEN 'NAS'::text
            WHEN 6 THEN 'sandbox'::text
            WHEN 7 THEN 'security fix'::text
            ELSE t.target_type::text
        END AS target_type_label,
    t.target_name,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.internet_ip,
    t.intranet_ip,
    t.measure_space_mb,
    t.progress_by_project,
    t.report_status,
        CASE t.report_status
            WHEN 'PREPARED'::text THEN 'in preparation'::text
            WHEN 'RUNNING'::text THEN 'in progress'::text
            WHEN 'SUCCESS'::text THEN 'successful'::text
            WHEN 'TIMEOUT'::text THEN 'timed out'::text
            WHEN 'FAILED'::text THEN 'failed'::text
            ELSE t.report_status
        END AS report_status_label,
    t.report_download_url,
    t.extension,
    t.extra,
    t.valid_from,
    t.valid_to
   FROM syncer.agentless_tasks t
  WHERE t.valid_to < 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.agentless_tasks_history IS 'One row per agentless scan, main task or subtask: what is scanned, how far the scan is and where its report is. Every version that is kept, with the time it stood. From Sas ListAgentlessTask.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.task_id IS 'ID of the task. API field: TaskId.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.is_root IS 'Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.root_task_id IS 'ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.task_name IS 'Name of the task, such as AGENTLESS_SCAN. API field: TaskName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.status IS 'How far the task is. API field: Status.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.progress IS 'How much of the task is done, in percent. API field: Progress.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.result IS 'Result of the scan in the API''s own words, such as True. API field: Result.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_type IS 'What kind of asset is scanned. API field: TargetType.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_type_label IS 'What target_type says: 1 = host snapshot, 2 = host image, 3 = user snapshot, 4 = user image, 5 = NAS, 6 = sandbox, 7 = security fix. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.target_name IS 'Name of what is scanned, whereas instance_name is that of its asset. API field: TargetName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.uuid IS 'UUID of the asset, as in cloud_center_instances. API field: Uuid.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.instance_id IS 'ID of the instance that is scanned, a field that the API answers though its page does not list it. API field: InstanceId.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.instance_name IS 'Name of the asset. API field: InstanceName.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.internet_ip IS 'Public IP address of the server. API field: InternetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.intranet_ip IS 'Private IP address of the server. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.measure_space_mb IS 'Data scanned, in MB, with a fraction though the API''s page calls the field a whole number. API field: MeasureSpace.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.progress_by_project IS 'How much of each kind of inspection is done, in percent, as an object such as {"vul": 100, "baseline": 40}. API field: ProgressByProject.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_status IS 'How far the report is. API field: ReportStatus.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_status_label IS 'What report_status says: PREPARED = in preparation, RUNNING = in progress, SUCCESS = successful, TIMEOUT = timed out, FAILED = failed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.report_download_url IS 'Where the report is, without the query string, which may carry a signature and changes at every call. Kept current; makes no version. API field: ReportDownloadUrl.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.extension IS 'What tasks of some kinds have besides, as an object: a security fix of an image names the vulnerabilities that were chosen and the fixed image. API field: Extension.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.agentless_tasks_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE VIEW alicloud.changes AS
 SELECT agent_install_statuses_changes.at,
    agent_install_statuses_changes.source,
    agent_install_statuses_changes.account_id,
    agent_install_statuses_changes.region_id,
    agent_install_statuses_changes.key,
    agent_install_statuses_changes.kind,
    agent_install_statuses_changes.changed
   FROM syncer.agent_install_statuses_changes
UNION ALL
 SELECT agent_versions_changes.at,
    agent_versions_changes.source,
    agent_versions_changes.account_id,
    agent_versions_changes.region_id,
    agent_versions_changes.key,
    agent_versions_changes.kind,
    agent_versions_changes.changed
   FROM syncer.agent_versions_changes
UNION ALL
 SELECT agentless_tasks_changes.at,
    agentless_tasks_changes.source,
    agentless_tasks_changes.account_id,
    agentless_tasks_changes.region_id,
    agentless_tasks_changes.key,
    agentless_tasks_changes.kind,
    agentless_tasks_changes.changed
   FROM syncer.agentless_tasks_changes
UNION ALL
 SELECT cloud_center_instances_changes.at,
    cloud_center_instances_changes.source,
    cloud_center_instances_changes.account_id,
    cloud_center_instances_changes.region_id,
    cloud_center_instances_changes.key,
    cloud_center_instances_changes.kind,
    cloud_center_instances_changes.changed
   FROM syncer.cloud_center_instances_changes
UNION ALL
 SELECT instance_patch_states_changes.at,
    instance_patch_states_changes.source,
    instance_patch_states_changes.account_id,
    instance_patch_states_changes.region_id,
    instance_patch_states_changes.key,
    instance_patch_states_changes.kind,
    instance_patch_states_changes.changed
   FROM syncer.instance_patch_states_changes
UNION ALL
 SELECT operation_processes_changes.at,
    operation_processes_changes.source,
    operation_processes_changes.account_id,
    operation_processes_changes.region_id,
    operation_processes_changes.key,
    operation_processes_changes.kind,
    operation_processes_changes.changed
   FROM syncer.operation_processes_changes
UNION ALL
 SELECT publish_batches_changes.at,
    publish_batches_changes.source,
    publish_batches_changes.account_id,
    publish_batches_changes.region_id,
    publish_batches_changes.key,
    publish_batches_changes.kind,
    publish_batches_changes.changed
   FROM syncer.publish_batches_changes;
COMMENT ON VIEW alicloud.changes IS 'One row per thing that happened to a row of any source, as far back as history is kept. Ask for a span of time (at).';
COMMENT ON COLUMN alicloud.changes.at IS 'Moment of the sync that found it.';
COMMENT ON COLUMN alicloud.changes.source IS 'Source: the name of its view in this schema.';
COMMENT ON COLUMN alicloud.changes.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.changes.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.changes.key IS 'Key of the row: its columns'' values, a slash between them; empty where a source has one row.';
COMMENT ON COLUMN alicloud.changes.kind IS 'opened: it was not there before, as far back as history is kept. changed: some columns have new values. ended: it is no longer there. returned: it is there again.';
COMMENT ON COLUMN alicloud.changes.changed IS 'Of changed and returned, the columns that differ from the version before, as {"column": {"old": value, "new": value}}; NULL: none.';

CREATE VIEW alicloud.check_runs AS
 SELECT s.account_id,
    c.name AS account_name,
    s.region_id,
    s.task_id,
    s.task_type,
        CASE s.task_type
            WHEN 'CHECK_ALL'::text THEN 'full check'::text
            WHEN 'CHECK_POLICY'::text THEN 'check by policy'::text
            WHEN 'CHECK_SCHEDULE'::text THEN 'scheduled check'::text
            WHEN 'CHECK_ITEM'::text THEN 'check of single items'::text
            WHEN 'CHECK_INSTANCE'::text THEN 'check of single items on single instances'::text
            ELSE s.task_type
        END AS task_type_label,
    s.task_source,
    s.began_at,
    NULLIF(s.ended_to_, 'infinity'::timestamp with time zone) AS ended_at,
    round(EXTRACT(epoch FROM LEAST(s.ended_to_, now()) - s.began_at) / 3600::numeric, 3)::double precision AS lasted_hours,
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone THEN NULL::text
            WHEN s.follows_ AND s.goes_on_ THEN 'changed'::text
            WHEN s.follows_ THEN 'cleared'::text
            WHEN ( SELECT r.trigger = 'forget'::text AND r.started_at <= s.ended_to_
               FROM syncer.sync_runs r
              WHERE r.account_id = s.account_id AND r.source = 'operation_processes'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at >= s.ended_to_
              ORDER BY r.finished_at, r.run_id
             LIMIT 1) THEN 'forgotten'::text
            ELSE 'gone'::text
        END AS ended_by,
    s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) AS began_known,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
               FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) THEN s.began_at - b.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS began_within_hours,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.ended_to_ < 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text THEN s.ended_to_ - e.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS ended_within_hours,
    round(EXTRACT(epoch FROM COALESCE(( SELECT sum(LEAST(r.started_at, s.ended_to_) - GREATEST(r.unseen_since, s.began_at)) AS sum
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'operation_processes'::text AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_), '00:00:00'::interval) + COALESCE(
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text AND now() > (e.next_due_at + GREATEST(2::double precision * (e.finished_at - e.started_at), '00:05:00'::interval)) THEN now() - GREATEST(e.next_due_at, s.began_at)
            ELSE NULL::interval
        END, '00:00:00'::interval)) / 3600::numeric, 3)::double precision AS unobserved_hours,
    s.gaps_joined
   FROM ( SELECT i.account_id,
            i.region_id,
            i.task_id,
            i.task_type,
            min(i.valid_from) AS began_at,
            max(i.valid_to) AS ended_to_,
            count(*) FILTER (WHERE i.joins_) AS gaps_joined,
            bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
            bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_,
            (array_agg(i.task_source) FILTER (WHERE i.last_))[1] AS task_source
           FROM ( SELECT m.account_id,
                    m.region_id,
                    m.task_id,
                    m.task_type,
                    m.task_source,
                    m.valid_from,
                    m.valid_to,
                    m.met_,
                    m.follows_,
                    m.goes_on_,
                    m.before_task_type_,
                    m.before_to_,
                    m.begins_,
                    m.joins_,
                    count(*) FILTER (WHERE m.begins_) OVER w AS number_,
                    lead(m.begins_, 1, true) OVER w AS last_
                   FROM ( SELECT b_1.account_id,
                            b_1.region_id,
                            b_1.task_id,
                            b_1.task_type,
                            b_1.task_source,
                            b_1.valid_from,
                            b_1.valid_to,
                            b_1.met_,
                            b_1.follows_,
                            b_1.goes_on_,
                            b_1.before_task_type_,
                            b_1.before_to_,
                            b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ OR b_1.task_type IS DISTINCT FROM b_1.before_task_type_ AS begins_,
                            NOT (b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ OR b_1.task_type IS DISTINCT FROM b_1.before_task_type_) AND b_1.valid_from > b_1.before_to_ AS joins_
                           FROM ( SELECT a.account_id,
                                    a.region_id,
                                    a.task_id,
                                    a.task_type,
                                    a.task_source,
                                    a.valid_from,
                                    a.valid_to,
                                    a.met_,
                                    a.follows_,
                                    a.goes_on_,
                                    lag(a.task_type) OVER w AS before_task_type_,
                                    lag(a.valid_to) OVER w AS before_to_
                                   FROM ( SELECT v.account_id,
    v.region_id,
    v.task_id,
    v.task_type,
    v.task_source,
    v.valid_from,
    v.valid_to,
    (v.status_code::text = ANY (ARRAY['2'::text, '3'::text])) IS NOT TRUE AS met_,
    COALESCE(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
    COALESCE(lead((v.status_code::text = ANY (ARRAY['2'::text, '3'::text])) IS NOT TRUE) OVER w, false) AS goes_on_
   FROM syncer.operation_processes v
  WHERE v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
     FROM syncer.settings))
  WINDOW w AS (PARTITION BY v.account_id, v.region_id, v.task_id ORDER BY v.valid_from)) a
                                  WHERE a.met_
                                  WINDOW w AS (PARTITION BY a.account_id, a.region_id, a.task_id ORDER BY a.valid_from)) b_1) m
                  WINDOW w AS (PARTITION BY m.account_id, m.region_id, m.task_id ORDER BY m.valid_from)) i
          GROUP BY i.account_id, i.region_id, i.task_id, i.number_, i.task_type) s
     LEFT JOIN syncer.accounts c ON c.account_id = s.account_id
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'operation_processes'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.began_at
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) b ON true
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'operation_processes'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.ended_to_
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) e ON true;
COMMENT ON VIEW alicloud.check_runs IS 'One row per time in which a check task was not started yet, or ran: how long checks take. As far back as history is kept. From alicloud.operation_processes_history.';
COMMENT ON COLUMN alicloud.check_runs.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.check_runs.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.check_runs.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.check_runs.task_id IS 'ID of the task, without the line break that the API may end it with.';
COMMENT ON COLUMN alicloud.check_runs.task_type IS 'What the task checks. Where it changes, a spell ends, and another begins.';
COMMENT ON COLUMN alicloud.check_runs.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.check_runs.task_source IS 'What asked for the task, such as YAO_CHI. As it was last.';
COMMENT ON COLUMN alicloud.check_runs.began_at IS 'When it began: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.check_runs.ended_at IS 'When it ended (not included): the moment of the sync that found that. NULL while it lasts.';
COMMENT ON COLUMN alicloud.check_runs.lasted_hours IS 'How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false.';
COMMENT ON COLUMN alicloud.check_runs.ended_by IS 'What ended it. cleared: the row was there, and the conditions no longer held. changed: another began at that moment, with other and task_type. gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts.';
COMMENT ON COLUMN alicloud.check_runs.began_known IS 'Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before.';
COMMENT ON COLUMN alicloud.check_runs.began_within_hours IS 'By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false.';
COMMENT ON COLUMN alicloud.check_runs.ended_within_hours IS 'By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before.';
COMMENT ON COLUMN alicloud.check_runs.unobserved_hours IS 'How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due.';
COMMENT ON COLUMN alicloud.check_runs.gaps_joined IS 'How many breaks the spell has; 0: any break ends a spell.';

CREATE VIEW alicloud.check_runs_daily AS
 SELECT d.day,
    d.account_id,
    ( SELECT c.name
           FROM syncer.accounts c
          WHERE c.account_id = d.account_id) AS account_name,
    d.region_id,
    d.task_type,
        CASE d.task_type
            WHEN 'CHECK_ALL'::text THEN 'full check'::text
            WHEN 'CHECK_POLICY'::text THEN 'check by policy'::text
            WHEN 'CHECK_SCHEDULE'::text THEN 'scheduled check'::text
            WHEN 'CHECK_ITEM'::text THEN 'check of single items'::text
            WHEN 'CHECK_INSTANCE'::text THEN 'check of single items on single instances'::text
            ELSE d.task_type
        END AS task_type_label,
    count(*) FILTER (WHERE d.begun) AS begun,
    count(*) FILTER (WHERE d.begun AND NOT d.began_known) AS begun_unseen,
    count(*) FILTER (WHERE d.cleared) AS cleared,
    count(*) FILTER (WHERE d.changed) AS changed,
    count(*) FILTER (WHERE d.gone) AS gone,
    count(*) FILTER (WHERE d.open) AS open,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_p90_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_p90_hours
   FROM ( SELECT s.account_id,
            s.region_id,
            s.task_type,
            u.day,
            u.day = s.began_day AS begun,
            u.day = s.ended_day AND s.ended_by = 'cleared'::text AS cleared,
            u.day = s.ended_day AND s.ended_by = 'changed'::text AS changed,
            u.day = s.ended_day AND (s.ended_by = ANY (ARRAY['gone'::text, 'forgotten'::text])) AS gone,
            u.day < s.ended_day AS open,
                CASE
                    WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known
                    ELSE NULL::boolean
                END AS began_known,
            LEAST(s.ended_at, ((u.day + 1)::timestamp without time zone AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings))), now()) - s.began_at AS age
           FROM ( SELECT k.account_id,
                    k.account_name,
                    k.region_id,
                    k.task_id,
                    k.task_type,
                    k.task_type_label,
                    k.task_source,
                    k.began_at,
                    k.ended_at,
                    k.lasted_hours,
                    k.ended_by,
                    k.began_known,
                    k.began_within_hours,
                    k.ended_within_hours,
                    k.unobserved_hours,
                    k.gaps_joined,
                    (k.began_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date AS began_day,
                    COALESCE((k.ended_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, 'infinity'::date) AS ended_day
                   FROM alicloud.check_runs k) s
             JOIN syncer.partitions p ON p.account_id = s.account_id AND p.source = 'operation_processes'::text AND p.region_id = s.region_id
             CROSS JOIN LATERAL ( SELECT g.first_day + g.n AS day
                   FROM ( SELECT f.first_day,
                            generate_series(0, LEAST(s.ended_day, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                                   FROM syncer.settings)))::date) - f.first_day) AS n
                           FROM ( VALUES (GREATEST(s.began_day, (p.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
   FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
   FROM syncer.settings)))) f(first_day)) g) u
        UNION ALL
         SELECT p.account_id,
            p.region_id,
            p.task_type,
            p.first_day + g.n AS day,
            false AS begun,
            false AS cleared,
            false AS changed,
            false AS gone,
            false AS open,
            false AS began_known,
            NULL::interval AS age
           FROM ( SELECT DISTINCT p_1.account_id,
                    p_1.region_id,
                    s.task_type,
                    GREATEST((p_1.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
                           FROM syncer.settings)) AS first_day
                   FROM syncer.partitions p_1
                     JOIN alicloud.check_runs s ON s.account_id = p_1.account_id AND s.region_id = p_1.region_id
                  WHERE p_1.source = 'operation_processes'::text AND p_1.first_merged_at IS NOT NULL) p
             CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings)))::date - p.first_day) g(n)) d
  GROUP BY d.account_id, d.region_id, d.day, d.task_type;
COMMENT ON VIEW alicloud.check_runs_daily IS 'One row per day, account, region and task_type: how many of alicloud.check_runs began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.';
COMMENT ON COLUMN alicloud.check_runs_daily.day IS 'Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today.';
COMMENT ON COLUMN alicloud.check_runs_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.check_runs_daily.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.check_runs_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.check_runs_daily.task_type IS 'What the task checks.';
COMMENT ON COLUMN alicloud.check_runs_daily.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.check_runs_daily.begun IS 'Spells that began on the day.';
COMMENT ON COLUMN alicloud.check_runs_daily.begun_unseen IS 'Those of them that may have begun before: the first good sync found them.';
COMMENT ON COLUMN alicloud.check_runs_daily.cleared IS 'Spells that ended on the day because the conditions no longer held.';
COMMENT ON COLUMN alicloud.check_runs_daily.changed IS 'Spells that ended on the day because another began, with other and task_type.';
COMMENT ON COLUMN alicloud.check_runs_daily.gone IS 'Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.';
COMMENT ON COLUMN alicloud.check_runs_daily.open IS 'Spells that lasted at the end of the day.';
COMMENT ON COLUMN alicloud.check_runs_daily.cleared_median_hours IS 'Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.check_runs_daily.cleared_p90_hours IS 'Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.check_runs_daily.open_median_hours IS 'Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.check_runs_daily.open_p90_hours IS 'Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';

CREATE VIEW alicloud.cloud_center_instances AS
 SELECT t.account_id,
    t.region_id,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.instance_region_id,
    t.region,
    t.region_name,
    t.status,
        CASE t.status
            WHEN 'Running'::text THEN 'running'::text
            WHEN 'notRunning'::text THEN 'not running'::text
            ELSE t.status
        END AS status_label,
    t.client_status,
        CASE t.client_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            ELSE t.client_status
        END AS client_status_label,
    t.client_sub_status,
        CASE t.client_sub_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            WHEN 'uninstalled'::text THEN 'not installed'::text
            WHEN 'stopped'::text THEN 'server shut down'::text
            ELSE t.client_sub_status
        END AS client_sub_status_label,
        CASE
            WHEN v.row_hash IS NULL THEN t.last_login_at
            ELSE v.last_login_at
        END AS last_login_at,
    t.os,
    t.os_name,
    t.kernel,
    t.cores,
    t.cpu_info,
    t.mem_mb,
    t.internet_ip,
    t.intranet_ip,
    t.ip,
    t.ip_list_string,
    t.mac_list_string,
    t.vpc_instance_id,
    t.importance,
        CASE t.importance
            WHEN 0 THEN 'test'::text
            WHEN 1 THEN 'common'::text
            WHEN 2 THEN 'important'::text
            ELSE t.importance::text
        END AS importance_label,
    t.group_id,
    t.group_trace,
    t.tag,
    t.tag_id,
    t.tag_resources,
    t.auth_version,
        CASE t.auth_version
            WHEN 0 THEN 'unauthorized'::text
            WHEN 1 THEN 'Basic'::text
            WHEN 3 THEN 'Enterprise'::text
            WHEN 5 THEN 'Advanced'::text
            WHEN 6 THEN 'Anti-virus'::text
            WHEN 7 THEN 'Ultimate'::text
            WHEN 8 THEN 'Multi-Edition'::text
            WHEN 10 THEN 'Value-added Plan'::text
            ELSE t.auth_version::text
        END AS auth_version_label,
    t.auth_version_name,
    t.auth_modified_at,
    t.bind,
    t.post_paid_flag,
        CASE t.post_paid_flag
            WHEN 0 THEN 'subscription'::text
            WHEN 1 THEN 'pay-as-you-go'::text
            ELSE t.post_paid_flag::text
        END AS post_paid_flag_label,
    t.bind_file_protect_type,
        CASE t.bind_file_protect_type
            WHEN 'block'::text THEN 'bound'::text
            WHEN 'none'::text THEN 'not bound'::text
            ELSE t.bind_file_protect_type
        END AS bind_file_protect_type_label,
    t.risk_status,
    t.exposed_status,
        CASE t.exposed_status
            WHEN 0 THEN 'not exposed'::text
            WHEN 1 THEN 'exposed'::text
            ELSE t.exposed_status::text
        END AS exposed_status_label,
    t.vul_status,
    t.vul_count,
    t.hc_status,
    t.health_check_count,
    t.alarm_status,
    t.safe_event_count,
    t.risk_count,
    t.vendor,
        CASE t.vendor
            WHEN 0 THEN 'Alibaba Cloud'::text
            WHEN 1 THEN 'outside Alibaba Cloud'::text
            WHEN 2 THEN 'data center'::text
            WHEN 3 THEN 'Tencent Cloud'::text
            WHEN 4 THEN 'Huawei Cloud'::text
            WHEN 5 THEN 'Azure'::text
            WHEN 7 THEN 'AWS'::text
            WHEN 8 THEN 'lightweight'::text
            WHEN 9 THEN 'SAE'::text
            WHEN 10 THEN 'PAI'::text
            WHEN 14 THEN 'third-party cloud'::text
            WHEN 16 THEN 'third-party cloud'::text
            ELSE t.vendor::text
        END AS vendor_label,
    t.vendor_name,
    t.vendor_uid,
    t.vendor_user_name,
    t.flag,
        CASE t.flag
            WHEN 0 THEN 'Alibaba Cloud'::text
            WHEN 1 THEN 'outside Alibaba Cloud'::text
            ELSE t.flag::text
        END AS flag_label,
    t.flag_name,
    t.asset_type,
        CASE t.asset_type
            WHEN '0'::text THEN 'ECS instance'::text
            WHEN '1'::text THEN 'SLB instance'::text
            WHEN '2'::text THEN 'NAT gateway'::text
            WHEN '3'::text THEN 'ApsaraDB RDS instance'::text
            WHEN '4'::text THEN 'ApsaraDB for MongoDB instance'::text
            WHEN '5'::text THEN 'ApsaraDB for Redis instance'::text
            WHEN '6'::text THEN 'container image'::text
            WHEN '7'::text THEN 'container'::text
            ELSE t.asset_type
        END AS asset_type_label,
    t.asset_type_name,
    t.has_container,
    t.pod_count,
    t.cluster_id,
    t.cluster_name,
    t.namespace,
    t.created_at,
    t.app_id,
    t.app_name,
    t.service_id,
    t.edr_auth_version,
    t.free_type,
    t.extra,
    t.valid_from
   FROM syncer.cloud_center_instances t
     LEFT JOIN syncer.cloud_center_instances_volatile v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.uuid = t.uuid
  WHERE t.valid_to = 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.cloud_center_instances IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. As it stands now. From Sas DescribeCloudCenterInstances.';
COMMENT ON COLUMN alicloud.cloud_center_instances.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances.status_label IS 'What status says: Running = running, notRunning = not running. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_label IS 'What auth_version says: 0 = unauthorized, 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 8 = Multi-Edition, 10 = Value-added Plan. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = Tencent Cloud, 4 = Huawei Cloud, 5 = Azure, 7 = AWS, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances.edr_auth_version IS 'Edition of the licence for endpoint detection and response (EDR). API field: EdrAuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances.free_type IS 'Kind of the free quota that the server uses, in the API''s own words. API field: FreeType.';
COMMENT ON COLUMN alicloud.cloud_center_instances.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances.valid_from IS 'Since when this version stands: the moment of the sync that found it.';

CREATE OR REPLACE FUNCTION alicloud.cloud_center_instances_as_of(at timestamp with time zone)
 RETURNS SETOF alicloud.cloud_center_instances
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
SELECT
    h.account_id,
    h.region_id,
    h.uuid,
    h.instance_id,
    h.instance_name,
    h.instance_region_id,
    h.region,
    h.region_name,
    h.status,
    h.status_label,
    h.client_status,
    h.client_status_label,
    h.client_sub_status,
    h.client_sub_status_label,
    h.last_login_at,
    h.os,
    h.os_name,
    h.kernel,
    h.cores,
    h.cpu_info,
    h.mem_mb,
    h.internet_ip,
    h.intranet_ip,
    h.ip,
    h.ip_list_string,
    h.mac_list_string,
    h.vpc_instance_id,
    h.importance,
    h.importance_label,
    h.group_id,
    h.group_trace,
    h.tag,
    h.tag_id,
    h.tag_resources,
    h.auth_version,
    h.auth_version_label,
    h.auth_version_name,
    h.auth_modified_at,
    h.bind,
    h.post_paid_flag,
    h.post_paid_flag_label,
    h.bind_file_protect_type,
    h.bind_file_protect_type_label,
    h.risk_status,
    h.exposed_status,
    h.exposed_status_label,
    h.vul_status,
    h.vul_count,
    h.hc_status,
    h.health_check_count,
    h.alarm_status,
    h.safe_event_count,
    h.risk_count,
    h.vendor,
    h.vendor_label,
    h.vendor_name,
    h.vendor_uid,
    h.vendor_user_name,
    h.flag,
    h.flag_label,
    h.flag_name,
    h.asset_type,
    h.asset_type_label,
    h.asset_type_name,
    h.has_container,
    h.pod_count,
    h.cluster_id,
    h.cluster_name,
    h.namespace,
    h.created_at,
    h.app_id,
    h.app_name,
    h.service_id,
    h.edr_auth_version,
    h.free_type,
    h.extra,
    h.valid_from
FROM alicloud.cloud_center_instances_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$function$
;
COMMENT ON FUNCTION alicloud.cloud_center_instances_as_of(timestamp with time zone) IS 'The rows that alicloud.cloud_center_instances showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

CREATE OR REPLACE FUNCTION alicloud.cloud_center_instances_between(timestamp with time zone, timestamp with time zone)
 RETURNS TABLE(account_id text, region_id text, uuid text, kind text, changed jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id),
        coalesce(o.uuid, n.uuid),
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
                ('instance_id', to_jsonb(o.instance_id), to_jsonb(n.instance_id)),
                ('instance_name', to_jsonb(o.instance_name), to_jsonb(n.instance_name)),
                ('instance_region_id', to_jsonb(o.instance_region_id), to_jsonb(n.instance_region_id)),
                ('region', to_jsonb(o.region), to_jsonb(n.region)),
                ('region_name', to_jsonb(o.region_name), to_jsonb(n.region_name)),
                ('status', to_jsonb(o.status), to_jsonb(n.status)),
                ('client_status', to_jsonb(o.client_status), to_jsonb(n.client_status)),
                ('client_sub_status', to_jsonb(o.client_sub_status), to_jsonb(n.client_sub_status)),
                ('os', to_jsonb(o.os), to_jsonb(n.os)),
                ('os_name', to_jsonb(o.os_name), to_jsonb(n.os_name)),
                ('kernel', to_jsonb(o.kernel), to_jsonb(n.kernel)),
                ('cores', to_jsonb(o.cores), to_jsonb(n.cores)),
                ('cpu_info', to_jsonb(o.cpu_info), to_jsonb(n.cpu_info)),
                ('mem_mb', to_jsonb(o.mem_mb), to_jsonb(n.mem_mb)),
                ('internet_ip', to_jsonb(o.internet_ip), to_jsonb(n.internet_ip)),
                ('intranet_ip', to_jsonb(o.intranet_ip), to_jsonb(n.intranet_ip)),
                ('ip', to_jsonb(o.ip), to_jsonb(n.ip)),
                ('ip_list_string', to_jsonb(o.ip_list_string), to_jsonb(n.ip_list_string)),
                ('mac_list_string', to_jsonb(o.mac_list_string), to_jsonb(n.mac_list_string)),
                ('vpc_instance_id', to_jsonb(o.vpc_instance_id), to_jsonb(n.vpc_instance_id)),
                ('importance', to_jsonb(o.importance), to_jsonb(n.importance)),
                ('group_id', to_jsonb(o.group_id), to_jsonb(n.group_id)),
                ('group_trace', to_jsonb(o.group_trace), to_jsonb(n.group_trace)),
                ('tag', to_jsonb(o.tag), to_jsonb(n.tag)),
                ('tag_id', to_jsonb(o.tag_id), to_jsonb(n.tag_id)),
                ('tag_resources', to_jsonb(o.tag_resources), to_jsonb(n.tag_resources)),
                ('auth_version', to_jsonb(o.auth_version), to_jsonb(n.auth_version)),
                ('auth_version_name', to_jsonb(o.auth_version_name), to_jsonb(n.auth_version_name)),
                ('auth_modified_at', to_jsonb(o.auth_modified_at), to_jsonb(n.auth_modified_at)),
                ('bind', to_jsonb(o.bind), to_jsonb(n.bind)),
                ('post_paid_flag', to_jsonb(o.post_paid_flag), to_jsonb(n.post_paid_flag)),
                ('bind_file_protect_type', to_jsonb(o.bind_file_protect_type), to_jsonb(n.bind_file_protect_type)),
                ('risk_status', to_jsonb(o.risk_status), to_jsonb(n.risk_status)),
                ('exposed_status', to_jsonb(o.exposed_status), to_jsonb(n.exposed_status)),
                ('vul_status', to_jsonb(o.vul_status), to_jsonb(n.vul_status)),
                ('vul_count', to_jsonb(o.vul_count), to_jsonb(n.vul_count)),
                ('hc_status', to_jsonb(o.hc_status), to_jsonb(n.hc_status)),
                ('health_check_count', to_jsonb(o.health_check_count), to_jsonb(n.health_check_count)),
                ('alarm_status', to_jsonb(o.alarm_status), to_jsonb(n.alarm_status)),
                ('safe_event_count', to_jsonb(o.safe_event_count), to_jsonb(n.safe_event_count)),
                ('risk_count', to_jsonb(o.risk_count), to_jsonb(n.risk_count)),
                ('vendor', to_jsonb(o.vendor), to_jsonb(n.vendor)),
                ('vendor_name', to_jsonb(o.vendor_name), to_jsonb(n.vendor_name)),
                ('vendor_uid', to_jsonb(o.vendor_uid), to_jsonb(n.vendor_uid)),
                ('vendor_user_name', to_jsonb(o.vendor_user_name), to_jsonb(n.vendor_user_name)),
                ('flag', to_jsonb(o.flag), to_jsonb(n.flag)),
                ('flag_name', to_jsonb(o.flag_name), to_jsonb(n.flag_name)),
                ('asset_type', to_jsonb(o.asset_type), to_jsonb(n.asset_type)),
                ('asset_type_name', to_jsonb(o.asset_type_name), to_jsonb(n.asset_type_name)),
                ('has_container', to_jsonb(o.has_container), to_jsonb(n.has_container)),
                ('pod_count', to_jsonb(o.pod_count), to_jsonb(n.pod_count)),
                ('cluster_id', to_jsonb(o.cluster_id), to_jsonb(n.cluster_id)),
                ('cluster_name', to_jsonb(o.cluster_name), to_jsonb(n.cluster_name)),
                ('namespace', to_jsonb(o.namespace), to_jsonb(n.namespace)),
                ('created_at', to_jsonb(o.created_at), to_jsonb(n.created_at)),
                ('app_id', to_jsonb(o.app_id), to_jsonb(n.app_id)),
                ('app_name', to_jsonb(o.app_name), to_jsonb(n.app_name)),
                ('service_id', to_jsonb(o.service_id), to_jsonb(n.service_id)),
                ('edr_auth_version', to_jsonb(o.edr_auth_version), to_jsonb(n.edr_auth_version)),
                ('free_type', to_jsonb(o.free_type), to_jsonb(n.free_type)),
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.cloud_center_instances_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.cloud_center_instances_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON o.account_id = n.account_id AND o.region_id = n.region_id AND o.uuid = n.uuid
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$function$
;
COMMENT ON FUNCTION alicloud.cloud_center_instances_between(timestamp with time zone,timestamp with time zone) IS 'What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {"column": {"old": value, "new": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.';

CREATE VIEW alicloud.cloud_center_instances_history AS
 SELECT t.account_id,
    t.region_id,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.instance_region_id,
    t.region,
    t.region_name,
    t.status,
        CASE t.status
            WHEN 'Running'::text THEN 'running'::text
            WHEN 'notRunning'::text THEN 'not running'::text
            ELSE t.status
        END AS status_label,
    t.client_status,
        CASE t.client_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            ELSE t.client_status
        END AS client_status_label,
    t.client_sub_status,
        CASE t.client_sub_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            WHEN 'uninstalled'::text THEN 'not installed'::text
            WHEN 'stopped'::text THEN 'server shut down'::text
            ELSE t.client_sub_status
        END AS client_sub_status_label,
    ( SELECT
                CASE
                    WHEN v.row_hash IS NULL THEN t.last_login_at
                    ELSE v.last_login_at
                END AS last_login_at
           FROM ( VALUES (1)) one
             LEFT JOIN syncer.cloud_center_instances_volatile v ON v.account_id = t.account_id AND v.region_id = t.region_id AND v.uuid = t.uuid) AS last_login_at,
    t.os,
    t.os_name,
    t.kernel,
    t.cores,
    t.cpu_info,
    t.mem_mb,
    t.internet_ip,
    t.intranet_ip,
    t.ip,
    t.ip_list_string,
    t.mac_list_string,
    t.vpc_instance_id,
    t.importance,
        CASE t.importance
            WHEN 0 THEN 'test'::text
            WHEN 1 THEN 'common'::text
            WHEN 2 THEN 'important'::text
            ELSE t.importance::text
        END AS importance_label,
    t.group_id,
    t.group_trace,
    t.tag,
    t.tag_id,
    t.tag_resources,
    t.auth_version,
        CASE t.auth_version
            WHEN 0 THEN 'unauthorized'::text
            WHEN 1 THEN 'Basic'::text
            WHEN 3 THEN 'Enterprise'::text
            WHEN 5 THEN 'Advanced'::text
            WHEN 6 THEN 'Anti-virus'::text
            WHEN 7 THEN 'Ultimate'::text
            WHEN 8 THEN 'Multi-Edition'::text
            WHEN 10 THEN 'Value-added Plan'::text
            ELSE t.auth_version::text
        END AS auth_version_label,
    t.auth_version_name,
    t.auth_modified_at,
    t.bind,
    t.post_paid_flag,
        CASE t.post_paid_flag
            WHEN 0 THEN 'subscription'::text
            WHEN 1 THEN 'pay-as-you-go'::text
            ELSE t.post_paid_flag::text
        END AS post_paid_flag_label,
    t.bind_file_protect_type,
        CASE t.bind_file_protect_type
            WHEN 'block'::text THEN 'bound'::text
            WHEN 'none'::text THEN 'not bound'::text
            ELSE t.bind_file_protect_type
        END AS bind_file_protect_type_label,
    t.risk_status,
    t.exposed_status,
        CASE t.exposed_status
            WHEN 0 THEN 'not exposed'::text
            WHEN 1 THEN 'exposed'::text
            ELSE t.exposed_status::text
        END AS exposed_status_label,
    t.vul_status,
    t.vul_count,
    t.hc_status,
    t.health_check_count,
    t.alarm_status,
    t.safe_event_count,
    t.risk_count,
    t.vendor,
        CASE t.vendor
            WHEN 0 THEN 'Alibaba Cloud'::text
            WHEN 1 THEN 'outside Alibaba Cloud'::text
            WHEN 2 THEN 'data center'::text
            WHEN 3 THEN 'Tencent Cloud'::text
            WHEN 4 THEN 'Huawei Cloud'::text
            WHEN 5 THEN 'Azure'::text
            WHEN 7 THEN 'AWS'::text
            WHEN 8 THEN 'lightweight'::text
            WHEN 9 THEN 'SAE'::text
            WHEN 10 THEN 'PAI'::text
            WHEN 14 THEN 'third-party cloud'::text
            WHEN 16 THEN 'third-party cloud'::text
            ELSE t.vendor::text
        END AS vendor_label,
    t.vendor_name,
    t.vendor_uid,
    t.vendor_user_name,
    t.flag,
        CASE t.flag
            WHEN 0 THEN 'Alibaba Cloud'::text
            WHEN 1 THEN 'outside Alibaba Cloud'::text
            ELSE t.flag::text
        END AS flag_label,
    t.flag_name,
    t.asset_type,
        CASE t.asset_type
            WHEN '0'::text THEN 'ECS instance'::text
            WHEN '1'::text THEN 'SLB instance'::text
            WHEN '2'::text THEN 'NAT gateway'::text
            WHEN '3'::text THEN 'ApsaraDB RDS instance'::text
            WHEN '4'::text THEN 'ApsaraDB for MongoDB instance'::text
            WHEN '5'::text THEN 'ApsaraDB for Redis instance'::text
            WHEN '6'::text THEN 'container image'::text
            WHEN '7'::text THEN 'container'::text
            ELSE t.asset_type
        END AS asset_type_label,
    t.asset_type_name,
    t.has_container,
    t.pod_count,
    t.cluster_id,
    t.cluster_name,
    t.namespace,
    t.created_at,
    t.app_id,
    t.app_name,
    t.service_id,
    t.edr_auth_version,
    t.free_type,
    t.extra,
    t.valid_from,
    NULL::timestamp with time zone AS valid_to
   FROM syncer.cloud_center_instances t
  WHERE t.valid_to = 'infinity'::timestamp with time zone
UNION ALL
 SELECT t.account_id,
    t.region_id,
    t.uuid,
    t.instance_id,
    t.instance_name,
    t.instance_region_id,
    t.region,
    t.region_name,
    t.status,
        CASE t.status
            WHEN 'Running'::text THEN 'running'::text
            WHEN 'notRunning'::text THEN 'not running'::text
            ELSE t.status
        END AS status_label,
    t.client_status,
        CASE t.client_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            ELSE t.client_status
        END AS client_status_label,
    t.client_sub_status,
        CASE t.client_sub_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            WHEN 'uninstalled'::text THEN 'not installed'::text
            WHEN 'stopped'::text THEN 'server shut down'::text
            ELSE t.client_sub_status
        END AS client_sub_status_label,
    t.last_login_at,
    t.os,
    t.os_name,
    t.kernel,
    t.cores,
    t.cpu_info,
    t.mem_mb,
    t.internet_ip,
    t.intranet_ip,
    t.ip,
    t.ip_list_string,
    t.mac_list_string,
    t.vpc_instance_id,
    t.importance,
        CASE t.importance
            WHEN 0 THEN 'test'::text
            WHEN 1 THEN 'common'::text
            WHEN 2 THEN 'important'::text
            ELSE t.importance::text
        END AS importance_label,
    t.group_id,
    t.group_trace,
    t.tag,
    t.tag_id,
    t.tag_resources,
    t.auth_version,
        CASE t.auth_version
            WHEN 0 THEN 'unauthorized'::text
            WHEN 1 THEN 'Basic'::text
            WHEN 3 THEN 'Enterprise'::text
            WHEN 5 THEN 'Advanced'::text
            WHEN 6 THEN 'Anti-virus'::text
            WHEN 7 THEN 'Ultimate'::text
            WHEN 8 THEN 'Multi-Edition'::text
            WHEN 10 THEN 'Value-added Plan'::text
            ELSE t.auth_version::text
        END AS auth_version_label,
    t.auth_version_name,
    t.auth_modified_at,
    t.bind,
    t.post_paid_flag,
        CASE t.post_paid_flag
            WHEN 0 THEN 'subscription'::text
            WHEN 1 THEN 'pay-as-you-go'::text
            ELSE t.post_paid_flag::text
        END AS post_paid_flag_label,
    t.bind_file_protect_type,
        CASE t.bind_file_protect_type
            WHEN 'block'::text THEN 'bound'::text
            WHEN 'none'::text THEN 'not bound'::text
            ELSE t.bind_file_protect_type
        END AS bind_file_protect_type_label,
    t.risk_status,
    t.exposed_status,
        CASE t.exposed_status
            WHEN 0 THEN 'not exposed'::text
            WHEN 1 THEN 'exposed'::text
            ELSE t.exposed_status::text
        END AS exposed_status_label,
    t.vul_status,
    t.vul_count,
    t.hc_status,
    t.health_check_count,
    t.alarm_status,
    t.safe_event_count,
    t.risk_count,
    t.vendor,
        CASE t.vendor
            WHEN 0 THEN 'Alibaba Cloud'::text
            WHEN 1 THEN 'outside Alibaba Cloud'::text
            WHEN 2 THEN 'data center'::text
            WHEN 3 THEN 'Tencent Cloud'::text
            WHEN 4 THEN 'Huawei Cloud'::text
            WHEN 5 THEN 'Azure'::text
            WHEN 7 THEN 'AWS'::text
            WHEN 8 THEN 'lightweight'::text
            WHEN 9 THEN 'SAE'::text
            WHEN 10 THEN 'PAI'::text
            WHEN 14 THEN 'third-party cloud'::text
            WHEN 16 THEN 'third-party cloud'::text
            ELSE t.vendor::text
        END AS vendor_label,
    t.vendor_name,
    t.vendor_uid,
    t.vendor_user_name,
    t.flag,
        CASE t.flag
            WHEN 0 THEN 'Alibaba Cloud'::text
            WHEN 1 THEN 'outside Alibaba Cloud'::text
            ELSE t.flag::text
        END AS flag_label,
    t.flag_name,
    t.asset_type,
        CASE t.asset_type
            WHEN '0'::text THEN 'ECS instance'::text
            WHEN '1'::text THEN 'SLB instance'::text
            WHEN '2'::text THEN 'NAT gateway'::text
            WHEN '3'::text THEN 'ApsaraDB RDS instance'::text
            WHEN '4'::text THEN 'ApsaraDB for MongoDB instance'::text
            WHEN '5'::text THEN 'ApsaraDB for Redis instance'::text
            WHEN '6'::text THEN 'container image'::text
            WHEN '7'::text THEN 'container'::text
            ELSE t.asset_type
        END AS asset_type_label,
    t.asset_type_name,
    t.has_container,
    t.pod_count,
    t.cluster_id,
    t.cluster_name,
    t.namespace,
    t.created_at,
    t.app_id,
    t.app_name,
    t.service_id,
    t.edr_auth_version,
    t.free_type,
    t.extra,
    t.valid_from,
    t.valid_to
   FROM syncer.cloud_center_instances t
  WHERE t.valid_to < 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.cloud_center_instances_history IS 'One row per server that Security Center knows: what it is, where it runs, how its agent and its protection stand and which risks were found. Every version that is kept, with the time it stood. From Sas DescribeCloudCenterInstances.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.uuid IS 'UUID that Security Center gave the server. API field: Uuid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_id IS 'ID of the instance, such as an ECS instance ID. API field: InstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_name IS 'Name of the instance. API field: InstanceName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.instance_region_id IS 'ID of the region that the server is in, whereas region_id is the Security Center region that answered. API field: RegionId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region IS 'Region of the server as the API''s field Region spells it, which may be longer than instance_region_id. API field: Region.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.region_name IS 'Name of the region that the server is in, such as China (Hangzhou). API field: RegionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status IS 'Whether the server runs. API field: Status.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.status_label IS 'What status says: Running = running, notRunning = not running. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status IS 'Whether the agent on the server is online. API field: ClientStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status IS 'Whether the agent is online and, where it is not, why. API field: ClientSubStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.client_sub_status_label IS 'What client_sub_status says: online = online, offline = offline, pause = paused, uninstalled = not installed, stopped = server shut down. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.last_login_at IS 'When the agent was last online, which moves at nearly every call. Kept current; makes no version. API field: LastLoginTimestamp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os IS 'Operating system, such as Linux. API field: Os.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.os_name IS 'Operating system with its version. API field: OsName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.kernel IS 'Version of the kernel. API field: Kernel.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cores IS 'CPU cores. API field: Cores.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cpu_info IS 'Model of the CPU. API field: CpuInfo.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mem_mb IS 'Memory, in MB. API field: Mem.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.internet_ip IS 'Public IP address. API field: InternetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.intranet_ip IS 'Private IP address. API field: IntranetIp.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip IS 'IP address in the API''s field Ip, by its page the public one. API field: Ip.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.ip_list_string IS 'All IP addresses of the system, separated by commas. API field: IpListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.mac_list_string IS 'All MAC addresses of the system, separated by commas. API field: MacListString.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vpc_instance_id IS 'ID of the VPC that the server is in. API field: VpcInstanceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance IS 'How important the server is. API field: Importance.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.importance_label IS 'What importance says: 0 = test, 1 = common, 2 = important. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_id IS 'ID of the server group. API field: GroupId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.group_trace IS 'Name of the server group. API field: GroupTrace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag IS 'Names of the tags given in Security Center, separated by commas. API field: Tag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_id IS 'IDs of the tags given in Security Center, separated by commas. API field: TagId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.tag_resources IS 'Custom tags of a Lingjun node as key:value pairs separated by commas; NULL for other servers. API field: TagResources.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version IS 'Edition of Security Center that protects the server. API field: AuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_label IS 'What auth_version says: 0 = unauthorized, 1 = Basic, 3 = Enterprise, 5 = Advanced, 6 = Anti-virus, 7 = Ultimate, 8 = Multi-Edition, 10 = Value-added Plan. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_version_name IS 'Name of the edition that protects the server, in the API''s language. API field: AuthVersionName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.auth_modified_at IS 'When the edition was bound to the server. API field: AuthModifyTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind IS 'Whether an edition is bound to the server. API field: Bind.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag IS 'How the edition bound to the server is paid. API field: PostPaidFlag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.post_paid_flag_label IS 'What post_paid_flag says: 0 = subscription, 1 = pay-as-you-go. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type IS 'Whether a tamper-proofing licence is bound to the server. API field: BindFileProtectType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.bind_file_protect_type_label IS 'What bind_file_protect_type says: block = bound, none = not bound. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_status IS 'Whether the server has any security risk: YES or NO. API field: RiskStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status IS 'Whether the server is exposed to the Internet. API field: ExposedStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.exposed_status_label IS 'What exposed_status says: 0 = not exposed, 1 = exposed. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_status IS 'Whether the server has vulnerabilities: YES or NO. API field: VulStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vul_count IS 'Vulnerabilities found on the server. API field: VulCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.hc_status IS 'Whether the server has baseline risks: YES or NO. API field: HcStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.health_check_count IS 'Baseline risks found on the server. API field: HealthCheckCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.alarm_status IS 'Whether the server has security alerts: YES or NO. API field: AlarmStatus.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.safe_event_count IS 'Security alerts on the server. API field: SafeEventCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.risk_count IS 'Number of risks of each kind, as an object such as {"vul": 2, "trojan": 0, "weakPWNum": 1}. API field: RiskCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor IS 'Where the server comes from. API field: Vendor.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = Tencent Cloud, 4 = Huawei Cloud, 5 = Azure, 7 = AWS, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_name IS 'Name of what vendor stands for, such as ALIYUN or IDC. API field: VendorName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_uid IS 'ID of the account at another cloud that the server belongs to. API field: VendorUid.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.vendor_user_name IS 'Name of the account at another cloud that the server belongs to. API field: VendorUserName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag IS 'Whether the server is one of Alibaba Cloud. API field: Flag.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_label IS 'What flag says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.flag_name IS 'Name of the server''s origin, such as ALIYUN, OUT or IDC. API field: FlagName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type IS 'What kind of asset the server is. API field: AssetType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_label IS 'What asset_type says: 0 = ECS instance, 1 = SLB instance, 2 = NAT gateway, 3 = ApsaraDB RDS instance, 4 = ApsaraDB for MongoDB instance, 5 = ApsaraDB for Redis instance, 6 = container image, 7 = container. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.asset_type_name IS 'Name of the kind of asset, in the API''s language. API field: AssetTypeName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.has_container IS 'Whether containers run on the server: YES or NO. API field: HasContainer.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.pod_count IS 'Pods on the server. API field: PodCount.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_id IS 'ID of the container cluster that the server belongs to. API field: ClusterId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.cluster_name IS 'Name of the container cluster that the server belongs to. API field: ClusterName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.namespace IS 'Namespace in the container cluster. API field: Namespace.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.created_at IS 'When the container cluster was created, by the API''s page, and not the server. API field: CreatedTime.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_id IS 'ID of the application; only where vendor is 9 (SAE). API field: AppId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.app_name IS 'Name of the application; only where vendor is 9 (SAE). API field: AppName.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.service_id IS 'ID of the service; only for serverless instances of PAI. API field: ServiceId.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.edr_auth_version IS 'Edition of the licence for endpoint detection and response (EDR). API field: EdrAuthVersion.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.free_type IS 'Kind of the free quota that the server uses, in the API''s own words. API field: FreeType.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.cloud_center_instances_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE VIEW alicloud.fleet_daily AS
 SELECT r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.client_status,
        CASE r.client_status
            WHEN 'online'::text THEN 'online'::text
            WHEN 'offline'::text THEN 'offline'::text
            WHEN 'pause'::text THEN 'paused'::text
            ELSE r.client_status
        END AS client_status_label,
    r.os,
    r.vendor,
        CASE r.vendor
            WHEN 0 THEN 'Alibaba Cloud'::text
            WHEN 1 THEN 'outside Alibaba Cloud'::text
            WHEN 2 THEN 'data center'::text
            WHEN 3 THEN 'Tencent Cloud'::text
            WHEN 4 THEN 'Huawei Cloud'::text
            WHEN 5 THEN 'Azure'::text
            WHEN 7 THEN 'AWS'::text
            WHEN 8 THEN 'lightweight'::text
            WHEN 9 THEN 'SAE'::text
            WHEN 10 THEN 'PAI'::text
            WHEN 14 THEN 'third-party cloud'::text
            WHEN 16 THEN 'third-party cloud'::text
            ELSE r.vendor::text
        END AS vendor_label,
    r.servers
   FROM syncer.fleet_daily r
     CROSS JOIN LATERAL generate_series(0, LEAST(r.to_day, ( SELECT (now() AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date + 1
           FROM syncer.settings)) - r.from_day - 1) d(n);
COMMENT ON VIEW alicloud.fleet_daily IS 'One row per day, account, region, agent status, operating system and vendor: how many servers there were. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.cloud_center_instances.';
COMMENT ON COLUMN alicloud.fleet_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.fleet_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.fleet_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.fleet_daily.client_status IS 'Whether the agent on the server is online.';
COMMENT ON COLUMN alicloud.fleet_daily.client_status_label IS 'What client_status says: online = online, offline = offline, pause = paused. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.fleet_daily.os IS 'Operating system, such as Linux.';
COMMENT ON COLUMN alicloud.fleet_daily.vendor IS 'Where the server comes from.';
COMMENT ON COLUMN alicloud.fleet_daily.vendor_label IS 'What vendor says: 0 = Alibaba Cloud, 1 = outside Alibaba Cloud, 2 = data center, 3 = Tencent Cloud, 4 = Huawei Cloud, 5 = Azure, 7 = AWS, 8 = lightweight, 9 = SAE, 10 = PAI, 14 = third-party cloud, 16 = third-party cloud. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.fleet_daily.servers IS 'Servers that Security Center knew at the end of the day.';

CREATE VIEW alicloud.install_failures AS
 SELECT s.account_id,
    c.name AS account_name,
    s.region_id,
    s.uuid,
    s.result_code,
        CASE s.result_code
            WHEN '-1'::integer THEN 'not installed'::text
            WHEN 0 THEN 'installed'::text
            WHEN 1 THEN 'directory not created'::text
            WHEN 2 THEN 'package not downloaded'::text
            WHEN 3 THEN 'installation file missing'::text
            WHEN 4 THEN 'verification information missing'::text
            WHEN 5 THEN 'installation file not verified'::text
            WHEN 6 THEN 'installation file not executed'::text
            WHEN 7 THEN 'permission denied'::text
            WHEN 8 THEN 'no agent process'::text
            WHEN 100 THEN 'unknown error'::text
            WHEN 1001 THEN 'region not supported'::text
            WHEN 1002 THEN 'server outside Alibaba Cloud, install by script'::text
            WHEN 1003 THEN 'operating system not supported'::text
            WHEN 1004 THEN 'internal error'::text
            WHEN 1005 THEN 'instance not started'::text
            WHEN 1006 THEN 'classic network not supported'::text
            WHEN 1007 THEN 'command stopped'::text
            WHEN 1008 THEN 'Cloud Assistant not installed'::text
            WHEN 1009 THEN 'command timed out'::text
            WHEN 1010 THEN 'already online'::text
            ELSE s.result_code::text
        END AS result_code_label,
    s.began_at,
    NULLIF(s.ended_to_, 'infinity'::timestamp with time zone) AS ended_at,
    round(EXTRACT(epoch FROM LEAST(s.ended_to_, now()) - s.began_at) / 3600::numeric, 3)::double precision AS lasted_hours,
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone THEN NULL::text
            WHEN s.follows_ THEN 'cleared'::text
            WHEN ( SELECT r.trigger = 'forget'::text AND r.started_at <= s.ended_to_
               FROM syncer.sync_runs r
              WHERE r.account_id = s.account_id AND r.source = 'agent_install_statuses'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at >= s.ended_to_
              ORDER BY r.finished_at, r.run_id
             LIMIT 1) THEN 'forgotten'::text
            ELSE 'gone'::text
        END AS ended_by,
    s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) AS began_known,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
               FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) THEN s.began_at - b.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS began_within_hours,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.ended_to_ < 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text THEN s.ended_to_ - e.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS ended_within_hours,
    round(EXTRACT(epoch FROM COALESCE(( SELECT sum(LEAST(r.started_at, s.ended_to_) - GREATEST(r.unseen_since, s.began_at)) AS sum
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'agent_install_statuses'::text AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_), '00:00:00'::interval) + COALESCE(
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text AND now() > (e.next_due_at + GREATEST(2::double precision * (e.finished_at - e.started_at), '00:05:00'::interval)) THEN now() - GREATEST(e.next_due_at, s.began_at)
            ELSE NULL::interval
        END, '00:00:00'::interval)) / 3600::numeric, 3)::double precision AS unobserved_hours,
    s.gaps_joined
   FROM ( SELECT i.account_id,
            i.region_id,
            i.uuid,
            min(i.valid_from) AS began_at,
            max(i.valid_to) AS ended_to_,
            count(*) FILTER (WHERE i.joins_) AS gaps_joined,
            bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
            bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_,
            (array_agg(i.result_code) FILTER (WHERE i.last_))[1] AS result_code
           FROM ( SELECT m.account_id,
                    m.region_id,
                    m.uuid,
                    m.result_code,
                    m.valid_from,
                    m.valid_to,
                    m.met_,
                    m.follows_,
                    m.goes_on_,
                    m.before_to_,
                    m.begins_,
                    m.joins_,
                    count(*) FILTER (WHERE m.begins_) OVER w AS number_,
                    lead(m.begins_, 1, true) OVER w AS last_
                   FROM ( SELECT b_1.account_id,
                            b_1.region_id,
                            b_1.uuid,
                            b_1.result_code,
                            b_1.valid_from,
                            b_1.valid_to,
                            b_1.met_,
                            b_1.follows_,
                            b_1.goes_on_,
                            b_1.before_to_,
                            b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ AS begins_,
                            NOT (b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_) AND b_1.valid_from > b_1.before_to_ AS joins_
                           FROM ( SELECT a.account_id,
                                    a.region_id,
                                    a.uuid,
                                    a.result_code,
                                    a.valid_from,
                                    a.valid_to,
                                    a.met_,
                                    a.follows_,
                                    a.goes_on_,
                                    lag(a.valid_to) OVER w AS before_to_
                                   FROM ( SELECT v.account_id,
    v.region_id,
    v.uuid,
    v.result_code,
    v.valid_from,
    v.valid_to,
    (v.result::text = '2'::text) IS TRUE AS met_,
    COALESCE(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
    COALESCE(lead((v.result::text = '2'::text) IS TRUE) OVER w, false) AS goes_on_
   FROM syncer.agent_install_statuses v
  WHERE v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
     FROM syncer.settings))
  WINDOW w AS (PARTITION BY v.account_id, v.region_id, v.uuid ORDER BY v.valid_from)) a
                                  WHERE a.met_
                                  WINDOW w AS (PARTITION BY a.account_id, a.region_id, a.uuid ORDER BY a.valid_from)) b_1) m
                  WINDOW w AS (PARTITION BY m.account_id, m.region_id, m.uuid ORDER BY m.valid_from)) i
          GROUP BY i.account_id, i.region_id, i.uuid, i.number_) s
     LEFT JOIN syncer.accounts c ON c.account_id = s.account_id
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'agent_install_statuses'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.began_at
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) b ON true
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'agent_install_statuses'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.ended_to_
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) e ON true;
COMMENT ON VIEW alicloud.install_failures IS 'One row per time in which the agent installation last seen on a server had failed. As far back as history is kept. From alicloud.agent_install_statuses_history.';
COMMENT ON COLUMN alicloud.install_failures.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.install_failures.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.install_failures.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.install_failures.uuid IS 'UUID of the server, as in cloud_center_instances.';
COMMENT ON COLUMN alicloud.install_failures.result_code IS 'What the installation succeeded or failed with, a field that the API spells ResuleCode. As it was last.';
COMMENT ON COLUMN alicloud.install_failures.result_code_label IS 'What result_code says: -1 = not installed, 0 = installed, 1 = directory not created, 2 = package not downloaded, 3 = installation file missing, 4 = verification information missing, 5 = installation file not verified, 6 = installation file not executed, 7 = permission denied, 8 = no agent process, 100 = unknown error, 1001 = region not supported, 1002 = server outside Alibaba Cloud, install by script, 1003 = operating system not supported, 1004 = internal error, 1005 = instance not started, 1006 = classic network not supported, 1007 = command stopped, 1008 = Cloud Assistant not installed, 1009 = command timed out, 1010 = already online. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.install_failures.began_at IS 'When it began: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.install_failures.ended_at IS 'When it ended (not included): the moment of the sync that found that. NULL while it lasts.';
COMMENT ON COLUMN alicloud.install_failures.lasted_hours IS 'How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false.';
COMMENT ON COLUMN alicloud.install_failures.ended_by IS 'What ended it. cleared: the row was there, and the conditions no longer held. gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts.';
COMMENT ON COLUMN alicloud.install_failures.began_known IS 'Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before.';
COMMENT ON COLUMN alicloud.install_failures.began_within_hours IS 'By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false.';
COMMENT ON COLUMN alicloud.install_failures.ended_within_hours IS 'By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before.';
COMMENT ON COLUMN alicloud.install_failures.unobserved_hours IS 'How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due.';
COMMENT ON COLUMN alicloud.install_failures.gaps_joined IS 'How many breaks the spell has; 0: any break ends a spell.';

CREATE VIEW alicloud.install_failures_daily AS
 SELECT d.day,
    d.account_id,
    ( SELECT c.name
           FROM syncer.accounts c
          WHERE c.account_id = d.account_id) AS account_name,
    d.region_id,
    count(*) FILTER (WHERE d.begun) AS begun,
    count(*) FILTER (WHERE d.begun AND NOT d.began_known) AS begun_unseen,
    count(*) FILTER (WHERE d.cleared) AS cleared,
    count(*) FILTER (WHERE d.gone) AS gone,
    count(*) FILTER (WHERE d.open) AS open,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_p90_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_p90_hours
   FROM ( SELECT s.account_id,
            s.region_id,
            u.day,
            u.day = s.began_day AS begun,
            u.day = s.ended_day AND s.ended_by = 'cleared'::text AS cleared,
            u.day = s.ended_day AND s.ended_by = 'changed'::text AS changed,
            u.day = s.ended_day AND (s.ended_by = ANY (ARRAY['gone'::text, 'forgotten'::text])) AS gone,
            u.day < s.ended_day AS open,
                CASE
                    WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known
                    ELSE NULL::boolean
                END AS began_known,
            LEAST(s.ended_at, ((u.day + 1)::timestamp without time zone AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings))), now()) - s.began_at AS age
           FROM ( SELECT k.account_id,
                    k.account_name,
                    k.region_id,
                    k.uuid,
                    k.result_code,
                    k.result_code_label,
                    k.began_at,
                    k.ended_at,
                    k.lasted_hours,
                    k.ended_by,
                    k.began_known,
                    k.began_within_hours,
                    k.ended_within_hours,
                    k.unobserved_hours,
                    k.gaps_joined,
                    (k.began_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date AS began_day,
                    COALESCE((k.ended_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, 'infinity'::date) AS ended_day
                   FROM alicloud.install_failures k) s
             JOIN syncer.partitions p ON p.account_id = s.account_id AND p.source = 'agent_install_statuses'::text AND p.region_id = s.region_id
             CROSS JOIN LATERAL ( SELECT g.first_day + g.n AS day
                   FROM ( SELECT f.first_day,
                            generate_series(0, LEAST(s.ended_day, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                                   FROM syncer.settings)))::date) - f.first_day) AS n
                           FROM ( VALUES (GREATEST(s.began_day, (p.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
   FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
   FROM syncer.settings)))) f(first_day)) g) u
        UNION ALL
         SELECT p.account_id,
            p.region_id,
            p.first_day + g.n AS day,
            false AS begun,
            false AS cleared,
            false AS changed,
            false AS gone,
            false AS open,
            false AS began_known,
            NULL::interval AS age
           FROM ( SELECT p_1.account_id,
                    p_1.region_id,
                    GREATEST((p_1.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
                           FROM syncer.settings)) AS first_day
                   FROM syncer.partitions p_1
                  WHERE p_1.source = 'agent_install_statuses'::text AND p_1.first_merged_at IS NOT NULL) p
             CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings)))::date - p.first_day) g(n)) d
  GROUP BY d.account_id, d.region_id, d.day;
COMMENT ON VIEW alicloud.install_failures_daily IS 'One row per day, account, region: how many of alicloud.install_failures began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.';
COMMENT ON COLUMN alicloud.install_failures_daily.day IS 'Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today.';
COMMENT ON COLUMN alicloud.install_failures_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.install_failures_daily.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.install_failures_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.install_failures_daily.begun IS 'Spells that began on the day.';
COMMENT ON COLUMN alicloud.install_failures_daily.begun_unseen IS 'Those of them that may have begun before: the first good sync found them.';
COMMENT ON COLUMN alicloud.install_failures_daily.cleared IS 'Spells that ended on the day because the conditions no longer held.';
COMMENT ON COLUMN alicloud.install_failures_daily.gone IS 'Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.';
COMMENT ON COLUMN alicloud.install_failures_daily.open IS 'Spells that lasted at the end of the day.';
COMMENT ON COLUMN alicloud.install_failures_daily.cleared_median_hours IS 'Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.install_failures_daily.cleared_p90_hours IS 'Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.install_failures_daily.open_median_hours IS 'Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.install_failures_daily.open_p90_hours IS 'Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';

CREATE VIEW alicloud.instance_patch_states AS
 SELECT t.account_id,
    t.region_id,
    t.instance_id,
    t.baseline_id,
    t.patch_group,
    t.owner_information,
    t.operation_type,
    t.operation_started_at,
    t.operation_ended_at,
    t.missing_count,
    t.installed_count,
    t.installed_other_count,
    t.installed_pending_reboot_count,
    t.installed_rejected_count,
    t.failed_count,
    t.extra,
    t.valid_from
   FROM syncer.instance_patch_states t
  WHERE t.valid_to = 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.instance_patch_states IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. As it stands now. From oos ListInstancePatchStates.';
COMMENT ON COLUMN alicloud.instance_patch_states.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states.valid_from IS 'Since when this version stands: the moment of the sync that found it.';

CREATE OR REPLACE FUNCTION alicloud.instance_patch_states_as_of(at timestamp with time zone)
 RETURNS SETOF alicloud.instance_patch_states
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
SELECT
    h.account_id,
    h.region_id,
    h.instance_id,
    h.baseline_id,
    h.patch_group,
    h.owner_information,
    h.operation_type,
    h.operation_started_at,
    h.operation_ended_at,
    h.missing_count,
    h.installed_count,
    h.installed_other_count,
    h.installed_pending_reboot_count,
    h.installed_rejected_count,
    h.failed_count,
    h.extra,
    h.valid_from
FROM alicloud.instance_patch_states_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$function$
;
COMMENT ON FUNCTION alicloud.instance_patch_states_as_of(timestamp with time zone) IS 'The rows that alicloud.instance_patch_states showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

CREATE OR REPLACE FUNCTION alicloud.instance_patch_states_between(timestamp with time zone, timestamp with time zone)
 RETURNS TABLE(account_id text, region_id text, instance_id text, kind text, changed jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id),
        coalesce(o.instance_id, n.instance_id),
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
                ('baseline_id', to_jsonb(o.baseline_id), to_jsonb(n.baseline_id)),
                ('patch_group', to_jsonb(o.patch_group), to_jsonb(n.patch_group)),
                ('owner_information', to_jsonb(o.owner_information), to_jsonb(n.owner_information)),
                ('operation_type', to_jsonb(o.operation_type), to_jsonb(n.operation_type)),
                ('operation_started_at', to_jsonb(o.operation_started_at), to_jsonb(n.operation_started_at)),
                ('operation_ended_at', to_jsonb(o.operation_ended_at), to_jsonb(n.operation_ended_at)),
                ('missing_count', to_jsonb(o.missing_count), to_jsonb(n.missing_count)),
                ('installed_count', to_jsonb(o.installed_count), to_jsonb(n.installed_count)),
                ('installed_other_count', to_jsonb(o.installed_other_count), to_jsonb(n.installed_other_count)),
                ('installed_pending_reboot_count', to_jsonb(o.installed_pending_reboot_count), to_jsonb(n.installed_pending_reboot_count)),
                ('installed_rejected_count', to_jsonb(o.installed_rejected_count), to_jsonb(n.installed_rejected_count)),
                ('failed_count', to_jsonb(o.failed_count), to_jsonb(n.failed_count)),
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.instance_patch_states_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.instance_patch_states_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON o.account_id = n.account_id AND o.region_id = n.region_id AND o.instance_id = n.instance_id
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$function$
;
COMMENT ON FUNCTION alicloud.instance_patch_states_between(timestamp with time zone,timestamp with time zone) IS 'What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {"column": {"old": value, "new": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.';

CREATE VIEW alicloud.instance_patch_states_history AS
 SELECT t.account_id,
    t.region_id,
    t.instance_id,
    t.baseline_id,
    t.patch_group,
    t.owner_information,
    t.operation_type,
    t.operation_started_at,
    t.operation_ended_at,
    t.missing_count,
    t.installed_count,
    t.installed_other_count,
    t.installed_pending_reboot_count,
    t.installed_rejected_count,
    t.failed_count,
    t.extra,
    t.valid_from,
    NULL::timestamp with time zone AS valid_to
   FROM syncer.instance_patch_states t
  WHERE t.valid_to = 'infinity'::timestamp with time zone
UNION ALL
 SELECT t.account_id,
    t.region_id,
    t.instance_id,
    t.baseline_id,
    t.patch_group,
    t.owner_information,
    t.operation_type,
    t.operation_started_at,
    t.operation_ended_at,
    t.missing_count,
    t.installed_count,
    t.installed_other_count,
    t.installed_pending_reboot_count,
    t.installed_rejected_count,
    t.failed_count,
    t.extra,
    t.valid_from,
    t.valid_to
   FROM syncer.instance_patch_states t
  WHERE t.valid_to < 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.instance_patch_states_history IS 'One row per ECS instance: how many patches it has, lacks or failed to install, as the last patch operation found. Every version that is kept, with the time it stood. From oos ListInstancePatchStates.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.instance_id IS 'ID of the ECS instance. API field: InstanceId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.baseline_id IS 'ID of the patch baseline. API field: BaselineId.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.patch_group IS 'Patch group that the instance belongs to; NULL where it belongs to none, which the API writes as the text null. API field: PatchGroup.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.owner_information IS 'Information about the user, in the API''s own words. API field: OwnerInformation.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_type IS 'Kind of the last patch operation, such as scan. API field: OperationType.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_started_at IS 'When the last patch operation was started. API field: OperationStartTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.operation_ended_at IS 'When the last patch operation ended. API field: OperationEndTime.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.missing_count IS 'Patches that are not installed. API field: MissingCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_count IS 'Patches that are installed. API field: InstalledCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_other_count IS 'Installed patches that the baseline does not ask for. API field: InstalledOtherCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_pending_reboot_count IS 'Installed patches that need a restart to take effect. API field: InstalledPendingRebootCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.installed_rejected_count IS 'Installed patches that the user has rejected. API field: InstalledRejectedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.failed_count IS 'Patches whose installation failed. API field: FailedCount.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.instance_patch_states_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE OR REPLACE FUNCTION alicloud.kept(at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    horizon timestamptz;
BEGIN
    SELECT s.horizon_at INTO horizon FROM syncer.settings AS s;
    IF at < horizon THEN
        RAISE EXCEPTION 'history is kept from % on: what stood at % can no longer be told', horizon, at USING
            ERRCODE = 'SY001',
            HINT = 'Ask for a later moment. How long history is kept is set by history.retention in schedule.yaml; the daily views still know the days before.';
    END IF;
    RETURN true;
END
$function$
;
COMMENT ON FUNCTION alicloud.kept(timestamp with time zone) IS 'True where history reaches back to that moment, else an error (SQLSTATE SY001). The as_of functions ask it.';

CREATE VIEW alicloud.notifications AS
 SELECT notifications.created_at,
    notifications.target,
    notifications.message ->> 'event'::text AS event,
    notifications.message ->> 'title'::text AS title,
    notifications.attempts,
        CASE
            WHEN notifications.delivered_at IS NOT NULL THEN 'delivered'::text
            WHEN notifications.given_up_at IS NOT NULL THEN 'given up'::text
            ELSE 'waiting'::text
        END AS state,
    COALESCE(notifications.delivered_at, notifications.given_up_at) AS ended_at,
    notifications.last_error
   FROM syncer.notifications;
COMMENT ON VIEW alicloud.notifications IS 'One row per message and target of the last 90 days, from notify in schedule.yaml.';
COMMENT ON COLUMN alicloud.notifications.created_at IS 'When it was noticed.';
COMMENT ON COLUMN alicloud.notifications.target IS 'Name of the target in the configuration.';
COMMENT ON COLUMN alicloud.notifications.event IS 'What it is about: late, failing, held or permission; rule: changes that a rule looks for.';
COMMENT ON COLUMN alicloud.notifications.title IS 'First line of the message.';
COMMENT ON COLUMN alicloud.notifications.attempts IS 'How often it was sent or tried to be.';
COMMENT ON COLUMN alicloud.notifications.state IS 'What became of it: waiting, delivered, or given up: after three days, or after four attempts where the target refuses it for good.';
COMMENT ON COLUMN alicloud.notifications.ended_at IS 'When it was delivered or given up; NULL: it waits.';
COMMENT ON COLUMN alicloud.notifications.last_error IS 'Why the last attempt failed; NULL: it did not, or is under way.';

CREATE VIEW alicloud.operation_processes AS
 SELECT t.account_id,
    t.region_id,
    t.task_id,
    t.task_type,
        CASE t.task_type
            WHEN 'CHECK_ALL'::text THEN 'full check'::text
            WHEN 'CHECK_POLICY'::text THEN 'check by policy'::text
            WHEN 'CHECK_SCHEDULE'::text THEN 'scheduled check'::text
            WHEN 'CHECK_ITEM'::text THEN 'check of single items'::text
            WHEN 'CHECK_INSTANCE'::text THEN 'check of single items on single instances'::text
            ELSE t.task_type
        END AS task_type_label,
    t.status_code,
        CASE t.status_code
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'running'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'timed out'::text
            ELSE t.status_code::text
        END AS status_code_label,
    t.total_count,
    t.finish_count,
    t.detail_task_total_count,
    t.detail_task_ready_count,
    t.created_at,
    t.started_at,
    t.ended_at,
    t.task_source,
    t.extra,
    t.valid_from
   FROM syncer.operation_processes t
  WHERE t.valid_to = 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.operation_processes IS 'One row per check task: which checks were run, and how far they are. As it stands now. From Sas ListOperationProcess.';
COMMENT ON COLUMN alicloud.operation_processes.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes.task_id IS 'ID of the task, without the line break that the API may end it with. API field: TaskId.';
COMMENT ON COLUMN alicloud.operation_processes.task_type IS 'What the task checks. API field: TaskType.';
COMMENT ON COLUMN alicloud.operation_processes.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes.status_code IS 'How far the task is. API field: StatusCode.';
COMMENT ON COLUMN alicloud.operation_processes.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes.total_count IS 'Entries that the task consists of. API field: TotalCount.';
COMMENT ON COLUMN alicloud.operation_processes.finish_count IS 'Entries of total_count that are complete. API field: FinishCount.';
COMMENT ON COLUMN alicloud.operation_processes.detail_task_total_count IS 'Subtasks that the task consists of. API field: DetailTaskTotalCount.';
COMMENT ON COLUMN alicloud.operation_processes.detail_task_ready_count IS 'Subtasks of detail_task_total_count that are complete. API field: DetailTaskReadyCount.';
COMMENT ON COLUMN alicloud.operation_processes.created_at IS 'When the task was created. API field: CreateTime.';
COMMENT ON COLUMN alicloud.operation_processes.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.operation_processes.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.operation_processes.task_source IS 'What asked for the task, such as YAO_CHI. API field: TaskSource.';
COMMENT ON COLUMN alicloud.operation_processes.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.operation_processes.valid_from IS 'Since when this version stands: the moment of the sync that found it.';

CREATE OR REPLACE FUNCTION alicloud.operation_processes_as_of(at timestamp with time zone)
 RETURNS SETOF alicloud.operation_processes
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
SELECT
    h.account_id,
    h.region_id,
    h.task_id,
    h.task_type,
    h.task_type_label,
    h.status_code,
    h.status_code_label,
    h.total_count,
    h.finish_count,
    h.detail_task_total_count,
    h.detail_task_ready_count,
    h.created_at,
    h.started_at,
    h.ended_at,
    h.task_source,
    h.extra,
    h.valid_from
FROM alicloud.operation_processes_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$function$
;
COMMENT ON FUNCTION alicloud.operation_processes_as_of(timestamp with time zone) IS 'The rows that alicloud.operation_processes showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

CREATE OR REPLACE FUNCTION alicloud.operation_processes_between(timestamp with time zone, timestamp with time zone)
 RETURNS TABLE(account_id text, region_id text, task_id text, kind text, changed jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id),
        coalesce(o.task_id, n.task_id),
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
                ('task_type', to_jsonb(o.task_type), to_jsonb(n.task_type)),
                ('status_code', to_jsonb(o.status_code), to_jsonb(n.status_code)),
                ('total_count', to_jsonb(o.total_count), to_jsonb(n.total_count)),
                ('finish_count', to_jsonb(o.finish_count), to_jsonb(n.finish_count)),
                ('detail_task_total_count', to_jsonb(o.detail_task_total_count), to_jsonb(n.detail_task_total_count)),
                ('detail_task_ready_count', to_jsonb(o.detail_task_ready_count), to_jsonb(n.detail_task_ready_count)),
                ('created_at', to_jsonb(o.created_at), to_jsonb(n.created_at)),
                ('started_at', to_jsonb(o.started_at), to_jsonb(n.started_at)),
                ('ended_at', to_jsonb(o.ended_at), to_jsonb(n.ended_at)),
                ('task_source', to_jsonb(o.task_source), to_jsonb(n.task_source)),
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.operation_processes_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.operation_processes_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON o.account_id = n.account_id AND o.region_id = n.region_id AND o.task_id = n.task_id
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$function$
;
COMMENT ON FUNCTION alicloud.operation_processes_between(timestamp with time zone,timestamp with time zone) IS 'What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {"column": {"old": value, "new": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.';

CREATE VIEW alicloud.operation_processes_daily AS
 SELECT r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.task_type,
        CASE r.task_type
            WHEN 'CHECK_ALL'::text THEN 'full check'::text
            WHEN 'CHECK_POLICY'::text THEN 'check by policy'::text
            WHEN 'CHECK_SCHEDULE'::text THEN 'scheduled check'::text
            WHEN 'CHECK_ITEM'::text THEN 'check of single items'::text
            WHEN 'CHECK_INSTANCE'::text THEN 'check of single items on single instances'::text
            ELSE r.task_type
        END AS task_type_label,
    r.status_code,
        CASE r.status_code
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'running'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'timed out'::text
            ELSE r.status_code::text
        END AS status_code_label,
    r.processes,
    LEAST(GREATEST(r.total_count, '-9223372036854775807.0'::numeric), 9223372036854775807.0)::bigint AS total_count,
    LEAST(GREATEST(r.finish_count, '-9223372036854775807.0'::numeric), 9223372036854775807.0)::bigint AS finish_count,
    round(100.0 * LEAST(GREATEST(r.finish_count, '-9223372036854775807.0'::numeric), 9223372036854775807.0)::bigint::numeric / NULLIF(LEAST(GREATEST(r.total_count, '-9223372036854775807.0'::numeric), 9223372036854775807.0)::bigint, 0)::numeric, 2)::double precision AS finish_pct
   FROM syncer.operation_processes_daily r
     CROSS JOIN LATERAL generate_series(0, LEAST(r.to_day, ( SELECT (now() AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date + 1
           FROM syncer.settings)) - r.from_day - 1) d(n);
COMMENT ON VIEW alicloud.operation_processes_daily IS 'One row per day, account, region, type and status: how many check tasks there were, and how far they had come. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.operation_processes.';
COMMENT ON COLUMN alicloud.operation_processes_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.operation_processes_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes_daily.task_type IS 'What the task checks.';
COMMENT ON COLUMN alicloud.operation_processes_daily.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes_daily.status_code IS 'How far the task is.';
COMMENT ON COLUMN alicloud.operation_processes_daily.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes_daily.processes IS 'Check tasks that the API listed at the end of the day.';
COMMENT ON COLUMN alicloud.operation_processes_daily.total_count IS 'Entries that they consist of.';
COMMENT ON COLUMN alicloud.operation_processes_daily.finish_count IS 'Entries of total_count that are complete.';
COMMENT ON COLUMN alicloud.operation_processes_daily.finish_pct IS 'Complete entries among all, in percent; NULL where there are none.';

CREATE VIEW alicloud.operation_processes_history AS
 SELECT t.account_id,
    t.region_id,
    t.task_id,
    t.task_type,
        CASE t.task_type
            WHEN 'CHECK_ALL'::text THEN 'full check'::text
            WHEN 'CHECK_POLICY'::text THEN 'check by policy'::text
            WHEN 'CHECK_SCHEDULE'::text THEN 'scheduled check'::text
            WHEN 'CHECK_ITEM'::text THEN 'check of single items'::text
            WHEN 'CHECK_INSTANCE'::text THEN 'check of single items on single instances'::text
            ELSE t.task_type
        END AS task_type_label,
    t.status_code,
        CASE t.status_code
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'running'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'timed out'::text
            ELSE t.status_code::text
        END AS status_code_label,
    t.total_count,
    t.finish_count,
    t.detail_task_total_count,
    t.detail_task_ready_count,
    t.created_at,
    t.started_at,
    t.ended_at,
    t.task_source,
    t.extra,
    t.valid_from,
    NULL::timestamp with time zone AS valid_to
   FROM syncer.operation_processes t
  WHERE t.valid_to = 'infinity'::timestamp with time zone
UNION ALL
 SELECT t.account_id,
    t.region_id,
    t.task_id,
    t.task_type,
        CASE t.task_type
            WHEN 'CHECK_ALL'::text THEN 'full check'::text
            WHEN 'CHECK_POLICY'::text THEN 'check by policy'::text
            WHEN 'CHECK_SCHEDULE'::text THEN 'scheduled check'::text
            WHEN 'CHECK_ITEM'::text THEN 'check of single items'::text
            WHEN 'CHECK_INSTANCE'::text THEN 'check of single items on single instances'::text
            ELSE t.task_type
        END AS task_type_label,
    t.status_code,
        CASE t.status_code
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'running'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'timed out'::text
            ELSE t.status_code::text
        END AS status_code_label,
    t.total_count,
    t.finish_count,
    t.detail_task_total_count,
    t.detail_task_ready_count,
    t.created_at,
    t.started_at,
    t.ended_at,
    t.task_source,
    t.extra,
    t.valid_from,
    t.valid_to
   FROM syncer.operation_processes t
  WHERE t.valid_to < 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.operation_processes_history IS 'One row per check task: which checks were run, and how far they are. Every version that is kept, with the time it stood. From Sas ListOperationProcess.';
COMMENT ON COLUMN alicloud.operation_processes_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.operation_processes_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_id IS 'ID of the task, without the line break that the API may end it with. API field: TaskId.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_type IS 'What the task checks. API field: TaskType.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_type_label IS 'What task_type says: CHECK_ALL = full check, CHECK_POLICY = check by policy, CHECK_SCHEDULE = scheduled check, CHECK_ITEM = check of single items, CHECK_INSTANCE = check of single items on single instances. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes_history.status_code IS 'How far the task is. API field: StatusCode.';
COMMENT ON COLUMN alicloud.operation_processes_history.status_code_label IS 'What status_code says: 0 = not started, 1 = running, 2 = complete, 3 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.operation_processes_history.total_count IS 'Entries that the task consists of. API field: TotalCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.finish_count IS 'Entries of total_count that are complete. API field: FinishCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.detail_task_total_count IS 'Subtasks that the task consists of. API field: DetailTaskTotalCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.detail_task_ready_count IS 'Subtasks of detail_task_total_count that are complete. API field: DetailTaskReadyCount.';
COMMENT ON COLUMN alicloud.operation_processes_history.created_at IS 'When the task was created. API field: CreateTime.';
COMMENT ON COLUMN alicloud.operation_processes_history.started_at IS 'When the task was started. API field: StartTime.';
COMMENT ON COLUMN alicloud.operation_processes_history.ended_at IS 'When the task ended. API field: EndTime.';
COMMENT ON COLUMN alicloud.operation_processes_history.task_source IS 'What asked for the task, such as YAO_CHI. API field: TaskSource.';
COMMENT ON COLUMN alicloud.operation_processes_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.operation_processes_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.operation_processes_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE VIEW alicloud.partitions AS
 SELECT p.source,
    p.account_id,
    a.name AS account_name,
    p.region_id,
    p.retired_at IS NULL AS configured,
    p.configured_at,
    p.retired_at,
    p.forgotten_at,
    p.merged_at AS changed_at
   FROM syncer.partitions p
     LEFT JOIN syncer.accounts a ON a.account_id = p.account_id;
COMMENT ON VIEW alicloud.partitions IS 'One row per source, account and region that was ever synced: whether it is still configured. What is not is synced no more, yet its rows stand, as they were then, until syncer forget ends them.';
COMMENT ON COLUMN alicloud.partitions.source IS 'Source, as its views are called.';
COMMENT ON COLUMN alicloud.partitions.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.partitions.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.partitions.region_id IS 'Region that is asked.';
COMMENT ON COLUMN alicloud.partitions.configured IS 'Whether it is configured: its rows are kept up to date.';
COMMENT ON COLUMN alicloud.partitions.configured_at IS 'Since when it is configured: its first sync, or the first one after it had been taken out.';
COMMENT ON COLUMN alicloud.partitions.retired_at IS 'Since when it is not configured any more, as syncer run has found; NULL: it is.';
COMMENT ON COLUMN alicloud.partitions.forgotten_at IS 'When syncer forget last ended its rows; NULL: never.';
COMMENT ON COLUMN alicloud.partitions.changed_at IS 'When a row of it last changed; NULL: never.';

CREATE VIEW alicloud.patch_compliance_daily AS
 SELECT r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.instances,
    r.compliant,
    r.missing_instances,
    r.failed_instances,
    r.pending_reboot_instances,
    LEAST(GREATEST(r.missing_patches, '-9223372036854775807.0'::numeric), 9223372036854775807.0)::bigint AS missing_patches,
    round(100.0 * r.compliant::numeric / NULLIF(r.instances, 0)::numeric, 2)::double precision AS compliance_pct
   FROM syncer.patch_compliance_daily r
     CROSS JOIN LATERAL generate_series(0, LEAST(r.to_day, ( SELECT (now() AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date + 1
           FROM syncer.settings)) - r.from_day - 1) d(n);
COMMENT ON VIEW alicloud.patch_compliance_daily IS 'One row per day, account and region: how many instances were compliant, and what the others lacked. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.instance_patch_states.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.instances IS 'Instances whose patches are known.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.compliant IS 'Instances on which no patch is missing, failed, waiting for a restart or installed though it was rejected.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.missing_instances IS 'Instances that lack a patch.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.failed_instances IS 'Instances on which the installation of a patch failed.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.pending_reboot_instances IS 'Instances with a patch that needs a restart to take effect.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.missing_patches IS 'Patches that are missing, added up over the instances.';
COMMENT ON COLUMN alicloud.patch_compliance_daily.compliance_pct IS 'Compliant instances among all, in percent; NULL where there are none.';

CREATE VIEW alicloud.patch_exposures AS
 SELECT s.account_id,
    c.name AS account_name,
    s.region_id,
    s.instance_id,
    s.began_at,
    NULLIF(s.ended_to_, 'infinity'::timestamp with time zone) AS ended_at,
    round(EXTRACT(epoch FROM LEAST(s.ended_to_, now()) - s.began_at) / 3600::numeric, 3)::double precision AS lasted_hours,
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone THEN NULL::text
            WHEN s.follows_ THEN 'cleared'::text
            WHEN ( SELECT r.trigger = 'forget'::text AND r.started_at <= s.ended_to_
               FROM syncer.sync_runs r
              WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at >= s.ended_to_
              ORDER BY r.finished_at, r.run_id
             LIMIT 1) THEN 'forgotten'::text
            ELSE 'gone'::text
        END AS ended_by,
    s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) AS began_known,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
               FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) THEN s.began_at - b.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS began_within_hours,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.ended_to_ < 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text THEN s.ended_to_ - e.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS ended_within_hours,
    round(EXTRACT(epoch FROM COALESCE(( SELECT sum(LEAST(r.started_at, s.ended_to_) - GREATEST(r.unseen_since, s.began_at)) AS sum
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_), '00:00:00'::interval) + COALESCE(
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text AND now() > (e.next_due_at + GREATEST(2::double precision * (e.finished_at - e.started_at), '00:05:00'::interval)) THEN now() - GREATEST(e.next_due_at, s.began_at)
            ELSE NULL::interval
        END, '00:00:00'::interval)) / 3600::numeric, 3)::double precision AS unobserved_hours,
    s.gaps_joined
   FROM ( SELECT i.account_id,
            i.region_id,
            i.instance_id,
            min(i.valid_from) AS began_at,
            max(i.valid_to) AS ended_to_,
            count(*) FILTER (WHERE i.joins_) AS gaps_joined,
            bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
            bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_
           FROM ( SELECT m.account_id,
                    m.region_id,
                    m.instance_id,
                    m.valid_from,
                    m.valid_to,
                    m.met_,
                    m.follows_,
                    m.goes_on_,
                    m.before_to_,
                    m.begins_,
                    m.joins_,
                    count(*) FILTER (WHERE m.begins_) OVER w AS number_,
                    lead(m.begins_, 1, true) OVER w AS last_
                   FROM ( SELECT b_1.account_id,
                            b_1.region_id,
                            b_1.instance_id,
                            b_1.valid_from,
                            b_1.valid_to,
                            b_1.met_,
                            b_1.follows_,
                            b_1.goes_on_,
                            b_1.before_to_,
                            b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ AS begins_,
                            NOT (b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_) AND b_1.valid_from > b_1.before_to_ AS joins_
                           FROM ( SELECT a.account_id,
                                    a.region_id,
                                    a.instance_id,
                                    a.valid_from,
                                    a.valid_to,
                                    a.met_,
                                    a.follows_,
                                    a.goes_on_,
                                    lag(a.valid_to) OVER w AS before_to_
                                   FROM ( SELECT v.account_id,
    v.region_id,
    v.instance_id,
    v.valid_from,
    v.valid_to,
    (v.missing_count > 0) IS TRUE AS met_,
    COALESCE(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
    COALESCE(lead((v.missing_count > 0) IS TRUE) OVER w, false) AS goes_on_
   FROM syncer.instance_patch_states v
  WHERE v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
     FROM syncer.settings))
  WINDOW w AS (PARTITION BY v.account_id, v.region_id, v.instance_id ORDER BY v.valid_from)) a
                                  WHERE a.met_
                                  WINDOW w AS (PARTITION BY a.account_id, a.region_id, a.instance_id ORDER BY a.valid_from)) b_1) m
                  WINDOW w AS (PARTITION BY m.account_id, m.region_id, m.instance_id ORDER BY m.valid_from)) i
          GROUP BY i.account_id, i.region_id, i.instance_id, i.number_) s
     LEFT JOIN syncer.accounts c ON c.account_id = s.account_id
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.began_at
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) b ON true
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.ended_to_
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) e ON true;
COMMENT ON VIEW alicloud.patch_exposures IS 'One row per time in which an instance lacked a patch. As far back as history is kept. From alicloud.instance_patch_states_history.';
COMMENT ON COLUMN alicloud.patch_exposures.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.patch_exposures.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.patch_exposures.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.patch_exposures.instance_id IS 'ID of the ECS instance.';
COMMENT ON COLUMN alicloud.patch_exposures.began_at IS 'When it began: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.patch_exposures.ended_at IS 'When it ended (not included): the moment of the sync that found that. NULL while it lasts.';
COMMENT ON COLUMN alicloud.patch_exposures.lasted_hours IS 'How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false.';
COMMENT ON COLUMN alicloud.patch_exposures.ended_by IS 'What ended it. cleared: the row was there, and the conditions no longer held. gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts.';
COMMENT ON COLUMN alicloud.patch_exposures.began_known IS 'Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before.';
COMMENT ON COLUMN alicloud.patch_exposures.began_within_hours IS 'By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false.';
COMMENT ON COLUMN alicloud.patch_exposures.ended_within_hours IS 'By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before.';
COMMENT ON COLUMN alicloud.patch_exposures.unobserved_hours IS 'How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due.';
COMMENT ON COLUMN alicloud.patch_exposures.gaps_joined IS 'How many breaks the spell has; 0: any break ends a spell.';

CREATE VIEW alicloud.patch_exposures_daily AS
 SELECT d.day,
    d.account_id,
    ( SELECT c.name
           FROM syncer.accounts c
          WHERE c.account_id = d.account_id) AS account_name,
    d.region_id,
    count(*) FILTER (WHERE d.begun) AS begun,
    count(*) FILTER (WHERE d.begun AND NOT d.began_known) AS begun_unseen,
    count(*) FILTER (WHERE d.cleared) AS cleared,
    count(*) FILTER (WHERE d.gone) AS gone,
    count(*) FILTER (WHERE d.open) AS open,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_p90_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_p90_hours
   FROM ( SELECT s.account_id,
            s.region_id,
            u.day,
            u.day = s.began_day AS begun,
            u.day = s.ended_day AND s.ended_by = 'cleared'::text AS cleared,
            u.day = s.ended_day AND s.ended_by = 'changed'::text AS changed,
            u.day = s.ended_day AND (s.ended_by = ANY (ARRAY['gone'::text, 'forgotten'::text])) AS gone,
            u.day < s.ended_day AS open,
                CASE
                    WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known
                    ELSE NULL::boolean
                END AS began_known,
            LEAST(s.ended_at, ((u.day + 1)::timestamp without time zone AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings))), now()) - s.began_at AS age
           FROM ( SELECT k.account_id,
                    k.account_name,
                    k.region_id,
                    k.instance_id,
                    k.began_at,
                    k.ended_at,
                    k.lasted_hours,
                    k.ended_by,
                    k.began_known,
                    k.began_within_hours,
                    k.ended_within_hours,
                    k.unobserved_hours,
                    k.gaps_joined,
                    (k.began_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date AS began_day,
                    COALESCE((k.ended_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, 'infinity'::date) AS ended_day
                   FROM alicloud.patch_exposures k) s
             JOIN syncer.partitions p ON p.account_id = s.account_id AND p.source = 'instance_patch_states'::text AND p.region_id = s.region_id
             CROSS JOIN LATERAL ( SELECT g.first_day + g.n AS day
                   FROM ( SELECT f.first_day,
                            generate_series(0, LEAST(s.ended_day, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                                   FROM syncer.settings)))::date) - f.first_day) AS n
                           FROM ( VALUES (GREATEST(s.began_day, (p.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
   FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
   FROM syncer.settings)))) f(first_day)) g) u
        UNION ALL
         SELECT p.account_id,
            p.region_id,
            p.first_day + g.n AS day,
            false AS begun,
            false AS cleared,
            false AS changed,
            false AS gone,
            false AS open,
            false AS began_known,
            NULL::interval AS age
           FROM ( SELECT p_1.account_id,
                    p_1.region_id,
                    GREATEST((p_1.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
                           FROM syncer.settings)) AS first_day
                   FROM syncer.partitions p_1
                  WHERE p_1.source = 'instance_patch_states'::text AND p_1.first_merged_at IS NOT NULL) p
             CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings)))::date - p.first_day) g(n)) d
  GROUP BY d.account_id, d.region_id, d.day;
COMMENT ON VIEW alicloud.patch_exposures_daily IS 'One row per day, account, region: how many of alicloud.patch_exposures began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.day IS 'Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.begun IS 'Spells that began on the day.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.begun_unseen IS 'Those of them that may have begun before: the first good sync found them.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.cleared IS 'Spells that ended on the day because the conditions no longer held.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.gone IS 'Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.open IS 'Spells that lasted at the end of the day.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.cleared_median_hours IS 'Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.cleared_p90_hours IS 'Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.open_median_hours IS 'Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.patch_exposures_daily.open_p90_hours IS 'Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';

CREATE VIEW alicloud.publish_batches AS
 SELECT t.account_id,
    t.region_id,
    t.version,
    t.batch_id,
    t.batch_name,
    t.status,
        CASE t.status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE t.status::text
        END AS status_label,
    t.batch_process,
    t.batch_no,
    t.batch_total,
    t.batch_interval_hours,
    t.operation_base,
        CASE t.operation_base
            WHEN 0 THEN 'instance'::text
            WHEN 1 THEN 'machine group'::text
            WHEN 2 THEN 'VPC'::text
            ELSE t.operation_base::text
        END AS operation_base_label,
    t.extra,
    t.valid_from
   FROM syncer.publish_batches t
  WHERE t.valid_to = 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.publish_batches IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. As it stands now. From Sas ListPublishBatch.';
COMMENT ON COLUMN alicloud.publish_batches.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_batches.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_batches.version IS 'Agent release that the batch upgrades its servers to. API field: Version.';
COMMENT ON COLUMN alicloud.publish_batches.batch_id IS 'ID of the batch. API field: BatchId.';
COMMENT ON COLUMN alicloud.publish_batches.batch_name IS 'Name of the batch. API field: BatchName.';
COMMENT ON COLUMN alicloud.publish_batches.status IS 'How far the batch is. API field: Status.';
COMMENT ON COLUMN alicloud.publish_batches.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches.batch_process IS 'Servers in the batch that have been upgraded so far. API field: BatchProcess.';
COMMENT ON COLUMN alicloud.publish_batches.batch_no IS 'Number of the batch within the release, which may be 2147483647. API field: BatchNo.';
COMMENT ON COLUMN alicloud.publish_batches.batch_total IS 'Batches that the release is rolled out in. API field: BatchTotal.';
COMMENT ON COLUMN alicloud.publish_batches.batch_interval_hours IS 'Hours between two batches of the release. API field: BatchInterval.';
COMMENT ON COLUMN alicloud.publish_batches.operation_base IS 'By what the servers of the batch were chosen. API field: OperationBase.';
COMMENT ON COLUMN alicloud.publish_batches.operation_base_label IS 'What operation_base says: 0 = instance, 1 = machine group, 2 = VPC. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.publish_batches.valid_from IS 'Since when this version stands: the moment of the sync that found it.';

CREATE OR REPLACE FUNCTION alicloud.publish_batches_as_of(at timestamp with time zone)
 RETURNS SETOF alicloud.publish_batches
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
SELECT
    h.account_id,
    h.region_id,
    h.version,
    h.batch_id,
    h.batch_name,
    h.status,
    h.status_label,
    h.batch_process,
    h.batch_no,
    h.batch_total,
    h.batch_interval_hours,
    h.operation_base,
    h.operation_base_label,
    h.extra,
    h.valid_from
FROM alicloud.publish_batches_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$function$
;
COMMENT ON FUNCTION alicloud.publish_batches_as_of(timestamp with time zone) IS 'The rows that alicloud.publish_batches showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.';

CREATE OR REPLACE FUNCTION alicloud.publish_batches_between(timestamp with time zone, timestamp with time zone)
 RETURNS TABLE(account_id text, region_id text, version text, batch_id bigint, kind text, changed jsonb)
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id),
        coalesce(o.version, n.version),
        coalesce(o.batch_id, n.batch_id),
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
                ('batch_name', to_jsonb(o.batch_name), to_jsonb(n.batch_name)),
                ('status', to_jsonb(o.status), to_jsonb(n.status)),
                ('batch_process', to_jsonb(o.batch_process), to_jsonb(n.batch_process)),
                ('batch_no', to_jsonb(o.batch_no), to_jsonb(n.batch_no)),
                ('batch_total', to_jsonb(o.batch_total), to_jsonb(n.batch_total)),
                ('batch_interval_hours', to_jsonb(o.batch_interval_hours), to_jsonb(n.batch_interval_hours)),
                ('operation_base', to_jsonb(o.operation_base), to_jsonb(n.operation_base)),
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.publish_batches_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.publish_batches_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON o.account_id = n.account_id AND o.region_id = n.region_id AND o.version = n.version AND o.batch_id = n.batch_id
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$function$
;
COMMENT ON FUNCTION alicloud.publish_batches_between(timestamp with time zone,timestamp with time zone) IS 'What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {"column": {"old": value, "new": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.';

CREATE VIEW alicloud.publish_batches_history AS
 SELECT t.account_id,
    t.region_id,
    t.version,
    t.batch_id,
    t.batch_name,
    t.status,
        CASE t.status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE t.status::text
        END AS status_label,
    t.batch_process,
    t.batch_no,
    t.batch_total,
    t.batch_interval_hours,
    t.operation_base,
        CASE t.operation_base
            WHEN 0 THEN 'instance'::text
            WHEN 1 THEN 'machine group'::text
            WHEN 2 THEN 'VPC'::text
            ELSE t.operation_base::text
        END AS operation_base_label,
    t.extra,
    t.valid_from,
    NULL::timestamp with time zone AS valid_to
   FROM syncer.publish_batches t
  WHERE t.valid_to = 'infinity'::timestamp with time zone
UNION ALL
 SELECT t.account_id,
    t.region_id,
    t.version,
    t.batch_id,
    t.batch_name,
    t.status,
        CASE t.status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE t.status::text
        END AS status_label,
    t.batch_process,
    t.batch_no,
    t.batch_total,
    t.batch_interval_hours,
    t.operation_base,
        CASE t.operation_base
            WHEN 0 THEN 'instance'::text
            WHEN 1 THEN 'machine group'::text
            WHEN 2 THEN 'VPC'::text
            ELSE t.operation_base::text
        END AS operation_base_label,
    t.extra,
    t.valid_from,
    t.valid_to
   FROM syncer.publish_batches t
  WHERE t.valid_to < 'infinity'::timestamp with time zone;
COMMENT ON VIEW alicloud.publish_batches_history IS 'One row per agent release and batch: how far the upgrade of the servers in the batch is. Every version that is kept, with the time it stood. From Sas ListPublishBatch.';
COMMENT ON COLUMN alicloud.publish_batches_history.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_batches_history.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_batches_history.version IS 'Agent release that the batch upgrades its servers to. API field: Version.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_id IS 'ID of the batch. API field: BatchId.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_name IS 'Name of the batch. API field: BatchName.';
COMMENT ON COLUMN alicloud.publish_batches_history.status IS 'How far the batch is. API field: Status.';
COMMENT ON COLUMN alicloud.publish_batches_history.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_process IS 'Servers in the batch that have been upgraded so far. API field: BatchProcess.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_no IS 'Number of the batch within the release, which may be 2147483647. API field: BatchNo.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_total IS 'Batches that the release is rolled out in. API field: BatchTotal.';
COMMENT ON COLUMN alicloud.publish_batches_history.batch_interval_hours IS 'Hours between two batches of the release. API field: BatchInterval.';
COMMENT ON COLUMN alicloud.publish_batches_history.operation_base IS 'By what the servers of the batch were chosen. API field: OperationBase.';
COMMENT ON COLUMN alicloud.publish_batches_history.operation_base_label IS 'What operation_base says: 0 = instance, 1 = machine group, 2 = VPC. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_batches_history.extra IS 'What the API answered that no column holds, or that a column''s type refused. NULL: nothing.';
COMMENT ON COLUMN alicloud.publish_batches_history.valid_from IS 'Since when this version stands: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.publish_batches_history.valid_to IS 'When this version ended (not included). NULL while it stands.';

CREATE VIEW alicloud.publish_progress_daily AS
 SELECT r.from_day + d.n AS day,
    r.account_id,
    r.region_id,
    r.version,
    r.batch_id,
    r.status,
        CASE r.status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE r.status::text
        END AS status_label,
    LEAST(GREATEST(r.upgraded_servers, '-9223372036854775807.0'::numeric), 9223372036854775807.0)::bigint AS upgraded_servers
   FROM syncer.publish_progress_daily r
     CROSS JOIN LATERAL generate_series(0, LEAST(r.to_day, ( SELECT (now() AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date + 1
           FROM syncer.settings)) - r.from_day - 1) d(n);
COMMENT ON VIEW alicloud.publish_progress_daily IS 'One row per day, account, region, agent release and batch: how far the batch had come. A day''s numbers are those at its end, today''s those of now, in the configured time zone. From alicloud.publish_batches.';
COMMENT ON COLUMN alicloud.publish_progress_daily.day IS 'Day in the configured time zone, without gaps from the first sync to today.';
COMMENT ON COLUMN alicloud.publish_progress_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.publish_progress_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.publish_progress_daily.version IS 'Agent release that the batch upgrades its servers to.';
COMMENT ON COLUMN alicloud.publish_progress_daily.batch_id IS 'ID of the batch.';
COMMENT ON COLUMN alicloud.publish_progress_daily.status IS 'How far the batch is; NULL while it is not listed.';
COMMENT ON COLUMN alicloud.publish_progress_daily.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.publish_progress_daily.upgraded_servers IS 'Servers in the batch that have been upgraded so far.';

CREATE VIEW alicloud.reboot_pendings AS
 SELECT s.account_id,
    c.name AS account_name,
    s.region_id,
    s.instance_id,
    s.began_at,
    NULLIF(s.ended_to_, 'infinity'::timestamp with time zone) AS ended_at,
    round(EXTRACT(epoch FROM LEAST(s.ended_to_, now()) - s.began_at) / 3600::numeric, 3)::double precision AS lasted_hours,
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone THEN NULL::text
            WHEN s.follows_ THEN 'cleared'::text
            WHEN ( SELECT r.trigger = 'forget'::text AND r.started_at <= s.ended_to_
               FROM syncer.sync_runs r
              WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at >= s.ended_to_
              ORDER BY r.finished_at, r.run_id
             LIMIT 1) THEN 'forgotten'::text
            ELSE 'gone'::text
        END AS ended_by,
    s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) AS began_known,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
               FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) THEN s.began_at - b.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS began_within_hours,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.ended_to_ < 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text THEN s.ended_to_ - e.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS ended_within_hours,
    round(EXTRACT(epoch FROM COALESCE(( SELECT sum(LEAST(r.started_at, s.ended_to_) - GREATEST(r.unseen_since, s.began_at)) AS sum
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_), '00:00:00'::interval) + COALESCE(
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text AND now() > (e.next_due_at + GREATEST(2::double precision * (e.finished_at - e.started_at), '00:05:00'::interval)) THEN now() - GREATEST(e.next_due_at, s.began_at)
            ELSE NULL::interval
        END, '00:00:00'::interval)) / 3600::numeric, 3)::double precision AS unobserved_hours,
    s.gaps_joined
   FROM ( SELECT i.account_id,
            i.region_id,
            i.instance_id,
            min(i.valid_from) AS began_at,
            max(i.valid_to) AS ended_to_,
            count(*) FILTER (WHERE i.joins_) AS gaps_joined,
            bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
            bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_
           FROM ( SELECT m.account_id,
                    m.region_id,
                    m.instance_id,
                    m.valid_from,
                    m.valid_to,
                    m.met_,
                    m.follows_,
                    m.goes_on_,
                    m.before_to_,
                    m.begins_,
                    m.joins_,
                    count(*) FILTER (WHERE m.begins_) OVER w AS number_,
                    lead(m.begins_, 1, true) OVER w AS last_
                   FROM ( SELECT b_1.account_id,
                            b_1.region_id,
                            b_1.instance_id,
                            b_1.valid_from,
                            b_1.valid_to,
                            b_1.met_,
                            b_1.follows_,
                            b_1.goes_on_,
                            b_1.before_to_,
                            b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ AS begins_,
                            NOT (b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_) AND b_1.valid_from > b_1.before_to_ AS joins_
                           FROM ( SELECT a.account_id,
                                    a.region_id,
                                    a.instance_id,
                                    a.valid_from,
                                    a.valid_to,
                                    a.met_,
                                    a.follows_,
                                    a.goes_on_,
                                    lag(a.valid_to) OVER w AS before_to_
                                   FROM ( SELECT v.account_id,
    v.region_id,
    v.instance_id,
    v.valid_from,
    v.valid_to,
    (v.installed_pending_reboot_count > 0) IS TRUE AS met_,
    COALESCE(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
    COALESCE(lead((v.installed_pending_reboot_count > 0) IS TRUE) OVER w, false) AS goes_on_
   FROM syncer.instance_patch_states v
  WHERE v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
     FROM syncer.settings))
  WINDOW w AS (PARTITION BY v.account_id, v.region_id, v.instance_id ORDER BY v.valid_from)) a
                                  WHERE a.met_
                                  WINDOW w AS (PARTITION BY a.account_id, a.region_id, a.instance_id ORDER BY a.valid_from)) b_1) m
                  WINDOW w AS (PARTITION BY m.account_id, m.region_id, m.instance_id ORDER BY m.valid_from)) i
          GROUP BY i.account_id, i.region_id, i.instance_id, i.number_) s
     LEFT JOIN syncer.accounts c ON c.account_id = s.account_id
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.began_at
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) b ON true
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'instance_patch_states'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.ended_to_
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) e ON true;
COMMENT ON VIEW alicloud.reboot_pendings IS 'One row per time in which an instance needed a restart for a patch to take effect. As far back as history is kept. From alicloud.instance_patch_states_history.';
COMMENT ON COLUMN alicloud.reboot_pendings.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.reboot_pendings.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.reboot_pendings.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.reboot_pendings.instance_id IS 'ID of the ECS instance.';
COMMENT ON COLUMN alicloud.reboot_pendings.began_at IS 'When it began: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.reboot_pendings.ended_at IS 'When it ended (not included): the moment of the sync that found that. NULL while it lasts.';
COMMENT ON COLUMN alicloud.reboot_pendings.lasted_hours IS 'How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false.';
COMMENT ON COLUMN alicloud.reboot_pendings.ended_by IS 'What ended it. cleared: the row was there, and the conditions no longer held. gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts.';
COMMENT ON COLUMN alicloud.reboot_pendings.began_known IS 'Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before.';
COMMENT ON COLUMN alicloud.reboot_pendings.began_within_hours IS 'By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false.';
COMMENT ON COLUMN alicloud.reboot_pendings.ended_within_hours IS 'By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before.';
COMMENT ON COLUMN alicloud.reboot_pendings.unobserved_hours IS 'How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due.';
COMMENT ON COLUMN alicloud.reboot_pendings.gaps_joined IS 'How many breaks the spell has; 0: any break ends a spell.';

CREATE VIEW alicloud.reboot_pendings_daily AS
 SELECT d.day,
    d.account_id,
    ( SELECT c.name
           FROM syncer.accounts c
          WHERE c.account_id = d.account_id) AS account_name,
    d.region_id,
    count(*) FILTER (WHERE d.begun) AS begun,
    count(*) FILTER (WHERE d.begun AND NOT d.began_known) AS begun_unseen,
    count(*) FILTER (WHERE d.cleared) AS cleared,
    count(*) FILTER (WHERE d.gone) AS gone,
    count(*) FILTER (WHERE d.open) AS open,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_p90_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_p90_hours
   FROM ( SELECT s.account_id,
            s.region_id,
            u.day,
            u.day = s.began_day AS begun,
            u.day = s.ended_day AND s.ended_by = 'cleared'::text AS cleared,
            u.day = s.ended_day AND s.ended_by = 'changed'::text AS changed,
            u.day = s.ended_day AND (s.ended_by = ANY (ARRAY['gone'::text, 'forgotten'::text])) AS gone,
            u.day < s.ended_day AS open,
                CASE
                    WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known
                    ELSE NULL::boolean
                END AS began_known,
            LEAST(s.ended_at, ((u.day + 1)::timestamp without time zone AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings))), now()) - s.began_at AS age
           FROM ( SELECT k.account_id,
                    k.account_name,
                    k.region_id,
                    k.instance_id,
                    k.began_at,
                    k.ended_at,
                    k.lasted_hours,
                    k.ended_by,
                    k.began_known,
                    k.began_within_hours,
                    k.ended_within_hours,
                    k.unobserved_hours,
                    k.gaps_joined,
                    (k.began_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date AS began_day,
                    COALESCE((k.ended_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, 'infinity'::date) AS ended_day
                   FROM alicloud.reboot_pendings k) s
             JOIN syncer.partitions p ON p.account_id = s.account_id AND p.source = 'instance_patch_states'::text AND p.region_id = s.region_id
             CROSS JOIN LATERAL ( SELECT g.first_day + g.n AS day
                   FROM ( SELECT f.first_day,
                            generate_series(0, LEAST(s.ended_day, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                                   FROM syncer.settings)))::date) - f.first_day) AS n
                           FROM ( VALUES (GREATEST(s.began_day, (p.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
   FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
   FROM syncer.settings)))) f(first_day)) g) u
        UNION ALL
         SELECT p.account_id,
            p.region_id,
            p.first_day + g.n AS day,
            false AS begun,
            false AS cleared,
            false AS changed,
            false AS gone,
            false AS open,
            false AS began_known,
            NULL::interval AS age
           FROM ( SELECT p_1.account_id,
                    p_1.region_id,
                    GREATEST((p_1.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
                           FROM syncer.settings)) AS first_day
                   FROM syncer.partitions p_1
                  WHERE p_1.source = 'instance_patch_states'::text AND p_1.first_merged_at IS NOT NULL) p
             CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings)))::date - p.first_day) g(n)) d
  GROUP BY d.account_id, d.region_id, d.day;
COMMENT ON VIEW alicloud.reboot_pendings_daily IS 'One row per day, account, region: how many of alicloud.reboot_pendings began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.day IS 'Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.begun IS 'Spells that began on the day.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.begun_unseen IS 'Those of them that may have begun before: the first good sync found them.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.cleared IS 'Spells that ended on the day because the conditions no longer held.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.gone IS 'Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.open IS 'Spells that lasted at the end of the day.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.cleared_median_hours IS 'Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.cleared_p90_hours IS 'Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.open_median_hours IS 'Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.reboot_pendings_daily.open_p90_hours IS 'Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';

CREATE VIEW alicloud.release_rollouts AS
 SELECT s.account_id,
    c.name AS account_name,
    s.region_id,
    s.version,
    s.batch_id,
    s.batch_name,
    s.batch_no,
    s.batch_total,
    s.status,
        CASE s.status
            WHEN 0 THEN 'not started'::text
            WHEN 1 THEN 'publishing'::text
            WHEN 2 THEN 'published'::text
            WHEN 3 THEN 'suspended'::text
            WHEN 4 THEN 'forcibly upgrading'::text
            ELSE s.status::text
        END AS status_label,
    s.began_at,
    NULLIF(s.ended_to_, 'infinity'::timestamp with time zone) AS ended_at,
    round(EXTRACT(epoch FROM LEAST(s.ended_to_, now()) - s.began_at) / 3600::numeric, 3)::double precision AS lasted_hours,
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone THEN NULL::text
            WHEN s.follows_ THEN 'cleared'::text
            WHEN ( SELECT r.trigger = 'forget'::text AND r.started_at <= s.ended_to_
               FROM syncer.sync_runs r
              WHERE r.account_id = s.account_id AND r.source = 'publish_batches'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at >= s.ended_to_
              ORDER BY r.finished_at, r.run_id
             LIMIT 1) THEN 'forgotten'::text
            ELSE 'gone'::text
        END AS ended_by,
    s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) AS began_known,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
               FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) THEN s.began_at - b.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS began_within_hours,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.ended_to_ < 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text THEN s.ended_to_ - e.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS ended_within_hours,
    round(EXTRACT(epoch FROM COALESCE(( SELECT sum(LEAST(r.started_at, s.ended_to_) - GREATEST(r.unseen_since, s.began_at)) AS sum
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'publish_batches'::text AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_), '00:00:00'::interval) + COALESCE(
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text AND now() > (e.next_due_at + GREATEST(2::double precision * (e.finished_at - e.started_at), '00:05:00'::interval)) THEN now() - GREATEST(e.next_due_at, s.began_at)
            ELSE NULL::interval
        END, '00:00:00'::interval)) / 3600::numeric, 3)::double precision AS unobserved_hours,
    s.gaps_joined
   FROM ( SELECT i.account_id,
            i.region_id,
            i.version,
            i.batch_id,
            min(i.valid_from) AS began_at,
            max(i.valid_to) AS ended_to_,
            count(*) FILTER (WHERE i.joins_) AS gaps_joined,
            bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
            bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_,
            (array_agg(i.batch_name) FILTER (WHERE i.last_))[1] AS batch_name,
            (array_agg(i.batch_no) FILTER (WHERE i.last_))[1] AS batch_no,
            (array_agg(i.batch_total) FILTER (WHERE i.last_))[1] AS batch_total,
            (array_agg(i.status) FILTER (WHERE i.last_))[1] AS status
           FROM ( SELECT m.account_id,
                    m.region_id,
                    m.version,
                    m.batch_id,
                    m.batch_name,
                    m.batch_no,
                    m.batch_total,
                    m.status,
                    m.valid_from,
                    m.valid_to,
                    m.met_,
                    m.follows_,
                    m.goes_on_,
                    m.before_to_,
                    m.begins_,
                    m.joins_,
                    count(*) FILTER (WHERE m.begins_) OVER w AS number_,
                    lead(m.begins_, 1, true) OVER w AS last_
                   FROM ( SELECT b_1.account_id,
                            b_1.region_id,
                            b_1.version,
                            b_1.batch_id,
                            b_1.batch_name,
                            b_1.batch_no,
                            b_1.batch_total,
                            b_1.status,
                            b_1.valid_from,
                            b_1.valid_to,
                            b_1.met_,
                            b_1.follows_,
                            b_1.goes_on_,
                            b_1.before_to_,
                            b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ AS begins_,
                            NOT (b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_) AND b_1.valid_from > b_1.before_to_ AS joins_
                           FROM ( SELECT a.account_id,
                                    a.region_id,
                                    a.version,
                                    a.batch_id,
                                    a.batch_name,
                                    a.batch_no,
                                    a.batch_total,
                                    a.status,
                                    a.valid_from,
                                    a.valid_to,
                                    a.met_,
                                    a.follows_,
                                    a.goes_on_,
                                    lag(a.valid_to) OVER w AS before_to_
                                   FROM ( SELECT v.account_id,
    v.region_id,
    v.version,
    v.batch_id,
    v.batch_name,
    v.batch_no,
    v.batch_total,
    v.status,
    v.valid_from,
    v.valid_to,
    (v.status::text = ANY (ARRAY['1'::text, '4'::text])) IS TRUE AS met_,
    COALESCE(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
    COALESCE(lead((v.status::text = ANY (ARRAY['1'::text, '4'::text])) IS TRUE) OVER w, false) AS goes_on_
   FROM syncer.publish_batches v
  WHERE v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
     FROM syncer.settings))
  WINDOW w AS (PARTITION BY v.account_id, v.region_id, v.version, v.batch_id ORDER BY v.valid_from)) a
                                  WHERE a.met_
                                  WINDOW w AS (PARTITION BY a.account_id, a.region_id, a.version, a.batch_id ORDER BY a.valid_from)) b_1) m
                  WINDOW w AS (PARTITION BY m.account_id, m.region_id, m.version, m.batch_id ORDER BY m.valid_from)) i
          GROUP BY i.account_id, i.region_id, i.version, i.batch_id, i.number_) s
     LEFT JOIN syncer.accounts c ON c.account_id = s.account_id
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'publish_batches'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.began_at
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) b ON true
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'publish_batches'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.ended_to_
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) e ON true;
COMMENT ON VIEW alicloud.release_rollouts IS 'One row per time in which a batch of an agent release was being published, forcibly or not: from its start until it was published or suspended. As far back as history is kept. From alicloud.publish_batches_history.';
COMMENT ON COLUMN alicloud.release_rollouts.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.release_rollouts.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.release_rollouts.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.release_rollouts.version IS 'Agent release that the batch upgrades its servers to.';
COMMENT ON COLUMN alicloud.release_rollouts.batch_id IS 'ID of the batch.';
COMMENT ON COLUMN alicloud.release_rollouts.batch_name IS 'Name of the batch. As it was last.';
COMMENT ON COLUMN alicloud.release_rollouts.batch_no IS 'Number of the batch within the release, which may be 2147483647. As it was last.';
COMMENT ON COLUMN alicloud.release_rollouts.batch_total IS 'Batches that the release is rolled out in. As it was last.';
COMMENT ON COLUMN alicloud.release_rollouts.status IS 'How far the batch is. As it was last.';
COMMENT ON COLUMN alicloud.release_rollouts.status_label IS 'What status says: 0 = not started, 1 = publishing, 2 = published, 3 = suspended, 4 = forcibly upgrading. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.release_rollouts.began_at IS 'When it began: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.release_rollouts.ended_at IS 'When it ended (not included): the moment of the sync that found that. NULL while it lasts.';
COMMENT ON COLUMN alicloud.release_rollouts.lasted_hours IS 'How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false.';
COMMENT ON COLUMN alicloud.release_rollouts.ended_by IS 'What ended it. cleared: the row was there, and the conditions no longer held. gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts.';
COMMENT ON COLUMN alicloud.release_rollouts.began_known IS 'Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before.';
COMMENT ON COLUMN alicloud.release_rollouts.began_within_hours IS 'By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false.';
COMMENT ON COLUMN alicloud.release_rollouts.ended_within_hours IS 'By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before.';
COMMENT ON COLUMN alicloud.release_rollouts.unobserved_hours IS 'How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due.';
COMMENT ON COLUMN alicloud.release_rollouts.gaps_joined IS 'How many breaks the spell has; 0: any break ends a spell.';

CREATE VIEW alicloud.release_rollouts_daily AS
 SELECT d.day,
    d.account_id,
    ( SELECT c.name
           FROM syncer.accounts c
          WHERE c.account_id = d.account_id) AS account_name,
    d.region_id,
    count(*) FILTER (WHERE d.begun) AS begun,
    count(*) FILTER (WHERE d.begun AND NOT d.began_known) AS begun_unseen,
    count(*) FILTER (WHERE d.cleared) AS cleared,
    count(*) FILTER (WHERE d.gone) AS gone,
    count(*) FILTER (WHERE d.open) AS open,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_p90_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_p90_hours
   FROM ( SELECT s.account_id,
            s.region_id,
            u.day,
            u.day = s.began_day AS begun,
            u.day = s.ended_day AND s.ended_by = 'cleared'::text AS cleared,
            u.day = s.ended_day AND s.ended_by = 'changed'::text AS changed,
            u.day = s.ended_day AND (s.ended_by = ANY (ARRAY['gone'::text, 'forgotten'::text])) AS gone,
            u.day < s.ended_day AS open,
                CASE
                    WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known
                    ELSE NULL::boolean
                END AS began_known,
            LEAST(s.ended_at, ((u.day + 1)::timestamp without time zone AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings))), now()) - s.began_at AS age
           FROM ( SELECT k.account_id,
                    k.account_name,
                    k.region_id,
                    k.version,
                    k.batch_id,
                    k.batch_name,
                    k.batch_no,
                    k.batch_total,
                    k.status,
                    k.status_label,
                    k.began_at,
                    k.ended_at,
                    k.lasted_hours,
                    k.ended_by,
                    k.began_known,
                    k.began_within_hours,
                    k.ended_within_hours,
                    k.unobserved_hours,
                    k.gaps_joined,
                    (k.began_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date AS began_day,
                    COALESCE((k.ended_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, 'infinity'::date) AS ended_day
                   FROM alicloud.release_rollouts k) s
             JOIN syncer.partitions p ON p.account_id = s.account_id AND p.source = 'publish_batches'::text AND p.region_id = s.region_id
             CROSS JOIN LATERAL ( SELECT g.first_day + g.n AS day
                   FROM ( SELECT f.first_day,
                            generate_series(0, LEAST(s.ended_day, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                                   FROM syncer.settings)))::date) - f.first_day) AS n
                           FROM ( VALUES (GREATEST(s.began_day, (p.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
   FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
   FROM syncer.settings)))) f(first_day)) g) u
        UNION ALL
         SELECT p.account_id,
            p.region_id,
            p.first_day + g.n AS day,
            false AS begun,
            false AS cleared,
            false AS changed,
            false AS gone,
            false AS open,
            false AS began_known,
            NULL::interval AS age
           FROM ( SELECT p_1.account_id,
                    p_1.region_id,
                    GREATEST((p_1.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
                           FROM syncer.settings)) AS first_day
                   FROM syncer.partitions p_1
                  WHERE p_1.source = 'publish_batches'::text AND p_1.first_merged_at IS NOT NULL) p
             CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings)))::date - p.first_day) g(n)) d
  GROUP BY d.account_id, d.region_id, d.day;
COMMENT ON VIEW alicloud.release_rollouts_daily IS 'One row per day, account, region: how many of alicloud.release_rollouts began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.day IS 'Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.begun IS 'Spells that began on the day.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.begun_unseen IS 'Those of them that may have begun before: the first good sync found them.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.cleared IS 'Spells that ended on the day because the conditions no longer held.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.gone IS 'Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.open IS 'Spells that lasted at the end of the day.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.cleared_median_hours IS 'Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.cleared_p90_hours IS 'Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.open_median_hours IS 'Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.release_rollouts_daily.open_p90_hours IS 'Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';

CREATE VIEW alicloud.scan_failures AS
 SELECT s.account_id,
    c.name AS account_name,
    s.region_id,
    s.task_id,
    s.is_root,
    s.root_task_id,
    s.status,
        CASE s.status
            WHEN 1 THEN 'in progress'::text
            WHEN 2 THEN 'complete'::text
            WHEN 3 THEN 'failed'::text
            WHEN 4 THEN 'timed out'::text
            ELSE s.status::text
        END AS status_label,
    s.target_type,
        CASE s.target_type
            WHEN 1 THEN 'host snapshot'::text
            WHEN 2 THEN 'host image'::text
            WHEN 3 THEN 'user snapshot'::text
            WHEN 4 THEN 'user image'::text
            WHEN 5 THEN 'NAS'::text
            WHEN 6 THEN 'sandbox'::text
            WHEN 7 THEN 'security fix'::text
            ELSE s.target_type::text
        END AS target_type_label,
    s.target_name,
    s.uuid,
    s.instance_id,
    s.instance_name,
    s.began_at,
    NULLIF(s.ended_to_, 'infinity'::timestamp with time zone) AS ended_at,
    round(EXTRACT(epoch FROM LEAST(s.ended_to_, now()) - s.began_at) / 3600::numeric, 3)::double precision AS lasted_hours,
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone THEN NULL::text
            WHEN s.follows_ THEN 'cleared'::text
            WHEN ( SELECT r.trigger = 'forget'::text AND r.started_at <= s.ended_to_
               FROM syncer.sync_runs r
              WHERE r.account_id = s.account_id AND r.source = 'agentless_tasks'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at >= s.ended_to_
              ORDER BY r.finished_at, r.run_id
             LIMIT 1) THEN 'forgotten'::text
            ELSE 'gone'::text
        END AS ended_by,
    s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) AS began_known,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.began_at >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
               FROM syncer.settings)) AND COALESCE(b.trigger <> 'forget'::text, false) THEN s.began_at - b.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS began_within_hours,
    round(EXTRACT(epoch FROM
        CASE
            WHEN s.ended_to_ < 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text THEN s.ended_to_ - e.started_at
            ELSE NULL::interval
        END) / 3600::numeric, 3)::double precision AS ended_within_hours,
    round(EXTRACT(epoch FROM COALESCE(( SELECT sum(LEAST(r.started_at, s.ended_to_) - GREATEST(r.unseen_since, s.began_at)) AS sum
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'agentless_tasks'::text AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_), '00:00:00'::interval) + COALESCE(
        CASE
            WHEN s.ended_to_ = 'infinity'::timestamp with time zone AND e.trigger <> 'forget'::text AND now() > (e.next_due_at + GREATEST(2::double precision * (e.finished_at - e.started_at), '00:05:00'::interval)) THEN now() - GREATEST(e.next_due_at, s.began_at)
            ELSE NULL::interval
        END, '00:00:00'::interval)) / 3600::numeric, 3)::double precision AS unobserved_hours,
    s.gaps_joined
   FROM ( SELECT i.account_id,
            i.region_id,
            i.task_id,
            min(i.valid_from) AS began_at,
            max(i.valid_to) AS ended_to_,
            count(*) FILTER (WHERE i.joins_) AS gaps_joined,
            bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
            bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_,
            (array_agg(i.is_root) FILTER (WHERE i.last_))[1] AS is_root,
            (array_agg(i.root_task_id) FILTER (WHERE i.last_))[1] AS root_task_id,
            (array_agg(i.status) FILTER (WHERE i.last_))[1] AS status,
            (array_agg(i.target_type) FILTER (WHERE i.last_))[1] AS target_type,
            (array_agg(i.target_name) FILTER (WHERE i.last_))[1] AS target_name,
            (array_agg(i.uuid) FILTER (WHERE i.last_))[1] AS uuid,
            (array_agg(i.instance_id) FILTER (WHERE i.last_))[1] AS instance_id,
            (array_agg(i.instance_name) FILTER (WHERE i.last_))[1] AS instance_name
           FROM ( SELECT m.account_id,
                    m.region_id,
                    m.task_id,
                    m.is_root,
                    m.root_task_id,
                    m.status,
                    m.target_type,
                    m.target_name,
                    m.uuid,
                    m.instance_id,
                    m.instance_name,
                    m.valid_from,
                    m.valid_to,
                    m.met_,
                    m.follows_,
                    m.goes_on_,
                    m.before_to_,
                    m.begins_,
                    m.joins_,
                    count(*) FILTER (WHERE m.begins_) OVER w AS number_,
                    lead(m.begins_, 1, true) OVER w AS last_
                   FROM ( SELECT b_1.account_id,
                            b_1.region_id,
                            b_1.task_id,
                            b_1.is_root,
                            b_1.root_task_id,
                            b_1.status,
                            b_1.target_type,
                            b_1.target_name,
                            b_1.uuid,
                            b_1.instance_id,
                            b_1.instance_name,
                            b_1.valid_from,
                            b_1.valid_to,
                            b_1.met_,
                            b_1.follows_,
                            b_1.goes_on_,
                            b_1.before_to_,
                            b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_ AS begins_,
                            NOT (b_1.before_to_ IS NULL OR b_1.valid_from > b_1.before_to_) AND b_1.valid_from > b_1.before_to_ AS joins_
                           FROM ( SELECT a.account_id,
                                    a.region_id,
                                    a.task_id,
                                    a.is_root,
                                    a.root_task_id,
                                    a.status,
                                    a.target_type,
                                    a.target_name,
                                    a.uuid,
                                    a.instance_id,
                                    a.instance_name,
                                    a.valid_from,
                                    a.valid_to,
                                    a.met_,
                                    a.follows_,
                                    a.goes_on_,
                                    lag(a.valid_to) OVER w AS before_to_
                                   FROM ( SELECT v.account_id,
    v.region_id,
    v.task_id,
    v.is_root,
    v.root_task_id,
    v.status,
    v.target_type,
    v.target_name,
    v.uuid,
    v.instance_id,
    v.instance_name,
    v.valid_from,
    v.valid_to,
    (v.status::text = ANY (ARRAY['3'::text, '4'::text])) IS TRUE AS met_,
    COALESCE(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
    COALESCE(lead((v.status::text = ANY (ARRAY['3'::text, '4'::text])) IS TRUE) OVER w, false) AS goes_on_
   FROM syncer.agentless_tasks v
  WHERE v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
     FROM syncer.settings))
  WINDOW w AS (PARTITION BY v.account_id, v.region_id, v.task_id ORDER BY v.valid_from)) a
                                  WHERE a.met_
                                  WINDOW w AS (PARTITION BY a.account_id, a.region_id, a.task_id ORDER BY a.valid_from)) b_1) m
                  WINDOW w AS (PARTITION BY m.account_id, m.region_id, m.task_id ORDER BY m.valid_from)) i
          GROUP BY i.account_id, i.region_id, i.task_id, i.number_) s
     LEFT JOIN syncer.accounts c ON c.account_id = s.account_id
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'agentless_tasks'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.began_at
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) b ON true
     LEFT JOIN LATERAL ( SELECT r.trigger,
            r.started_at,
            r.finished_at,
            r.next_due_at
           FROM syncer.sync_runs r
          WHERE r.account_id = s.account_id AND r.source = 'agentless_tasks'::text AND r.region_id = s.region_id AND r.status = 'ok'::text AND r.finished_at < s.ended_to_
          ORDER BY r.finished_at DESC, r.run_id DESC
         LIMIT 1) e ON true;
COMMENT ON VIEW alicloud.scan_failures IS 'One row per agentless scan, main task or subtask, that failed or timed out, for as long as it is listed so. As far back as history is kept. From alicloud.agentless_tasks_history.';
COMMENT ON COLUMN alicloud.scan_failures.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.scan_failures.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.scan_failures.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.scan_failures.task_id IS 'ID of the task.';
COMMENT ON COLUMN alicloud.scan_failures.is_root IS 'Whether the task is a main task (true) or a subtask (false), as it was asked for, since no field of the API tells it. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.root_task_id IS 'ID of the main task that a subtask belongs to, as it was asked for, since no field of the API tells it; NULL for a main task. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.status IS 'How far the task is. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.status_label IS 'What status says: 1 = in progress, 2 = complete, 3 = failed, 4 = timed out. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.scan_failures.target_type IS 'What kind of asset is scanned. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.target_type_label IS 'What target_type says: 1 = host snapshot, 2 = host image, 3 = user snapshot, 4 = user image, 5 = NAS, 6 = sandbox, 7 = security fix. Any other code is shown as it is.';
COMMENT ON COLUMN alicloud.scan_failures.target_name IS 'Name of what is scanned, whereas instance_name is that of its asset. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.uuid IS 'UUID of the asset, as in cloud_center_instances. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.instance_id IS 'ID of the instance that is scanned, a field that the API answers though its page does not list it. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.instance_name IS 'Name of the asset. As it was last.';
COMMENT ON COLUMN alicloud.scan_failures.began_at IS 'When it began: the moment of the sync that found it.';
COMMENT ON COLUMN alicloud.scan_failures.ended_at IS 'When it ended (not included): the moment of the sync that found that. NULL while it lasts.';
COMMENT ON COLUMN alicloud.scan_failures.lasted_hours IS 'How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false.';
COMMENT ON COLUMN alicloud.scan_failures.ended_by IS 'What ended it. cleared: the row was there, and the conditions no longer held. gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts.';
COMMENT ON COLUMN alicloud.scan_failures.began_known IS 'Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before.';
COMMENT ON COLUMN alicloud.scan_failures.began_within_hours IS 'By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false.';
COMMENT ON COLUMN alicloud.scan_failures.ended_within_hours IS 'By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before.';
COMMENT ON COLUMN alicloud.scan_failures.unobserved_hours IS 'How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due.';
COMMENT ON COLUMN alicloud.scan_failures.gaps_joined IS 'How many breaks the spell has; 0: any break ends a spell.';

CREATE VIEW alicloud.scan_failures_daily AS
 SELECT d.day,
    d.account_id,
    ( SELECT c.name
           FROM syncer.accounts c
          WHERE c.account_id = d.account_id) AS account_name,
    d.region_id,
    count(*) FILTER (WHERE d.begun) AS begun,
    count(*) FILTER (WHERE d.begun AND NOT d.began_known) AS begun_unseen,
    count(*) FILTER (WHERE d.cleared) AS cleared,
    count(*) FILTER (WHERE d.gone) AS gone,
    count(*) FILTER (WHERE d.open) AS open,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.cleared AND d.began_known)) / 3600::numeric, 3)::double precision AS cleared_p90_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.5::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_median_hours,
    round(EXTRACT(epoch FROM percentile_cont(0.9::double precision) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE d.open)) / 3600::numeric, 3)::double precision AS open_p90_hours
   FROM ( SELECT s.account_id,
            s.region_id,
            u.day,
            u.day = s.began_day AS begun,
            u.day = s.ended_day AND s.ended_by = 'cleared'::text AS cleared,
            u.day = s.ended_day AND s.ended_by = 'changed'::text AS changed,
            u.day = s.ended_day AND (s.ended_by = ANY (ARRAY['gone'::text, 'forgotten'::text])) AS gone,
            u.day < s.ended_day AS open,
                CASE
                    WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known
                    ELSE NULL::boolean
                END AS began_known,
            LEAST(s.ended_at, ((u.day + 1)::timestamp without time zone AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings))), now()) - s.began_at AS age
           FROM ( SELECT k.account_id,
                    k.account_name,
                    k.region_id,
                    k.task_id,
                    k.is_root,
                    k.root_task_id,
                    k.status,
                    k.status_label,
                    k.target_type,
                    k.target_type_label,
                    k.target_name,
                    k.uuid,
                    k.instance_id,
                    k.instance_name,
                    k.began_at,
                    k.ended_at,
                    k.lasted_hours,
                    k.ended_by,
                    k.began_known,
                    k.began_within_hours,
                    k.ended_within_hours,
                    k.unobserved_hours,
                    k.gaps_joined,
                    (k.began_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date AS began_day,
                    COALESCE((k.ended_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, 'infinity'::date) AS ended_day
                   FROM alicloud.scan_failures k) s
             JOIN syncer.partitions p ON p.account_id = s.account_id AND p.source = 'agentless_tasks'::text AND p.region_id = s.region_id
             CROSS JOIN LATERAL ( SELECT g.first_day + g.n AS day
                   FROM ( SELECT f.first_day,
                            generate_series(0, LEAST(s.ended_day, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                                   FROM syncer.settings)))::date) - f.first_day) AS n
                           FROM ( VALUES (GREATEST(s.began_day, (p.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
   FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
   FROM syncer.settings)))) f(first_day)) g) u
        UNION ALL
         SELECT p.account_id,
            p.region_id,
            p.first_day + g.n AS day,
            false AS begun,
            false AS cleared,
            false AS changed,
            false AS gone,
            false AS open,
            false AS began_known,
            NULL::interval AS age
           FROM ( SELECT p_1.account_id,
                    p_1.region_id,
                    GREATEST((p_1.first_merged_at AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                           FROM syncer.settings)))::date, ( SELECT COALESCE(((settings.horizon_at + '1 day'::interval - '00:00:00.000001'::interval) AT TIME ZONE COALESCE(settings.timezone, 'UTC'::text))::date, '-infinity'::date) AS "coalesce"
                           FROM syncer.settings)) AS first_day
                   FROM syncer.partitions p_1
                  WHERE p_1.source = 'agentless_tasks'::text AND p_1.first_merged_at IS NOT NULL) p
             CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE (( SELECT COALESCE(settings.timezone, 'UTC'::text) AS "coalesce"
                   FROM syncer.settings)))::date - p.first_day) g(n)) d
  GROUP BY d.account_id, d.region_id, d.day;
COMMENT ON VIEW alicloud.scan_failures_daily IS 'One row per day, account, region: how many of alicloud.scan_failures began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.';
COMMENT ON COLUMN alicloud.scan_failures_daily.day IS 'Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today.';
COMMENT ON COLUMN alicloud.scan_failures_daily.account_id IS 'ID of the Alibaba Cloud account.';
COMMENT ON COLUMN alicloud.scan_failures_daily.account_name IS 'Name that the configuration last gave the account.';
COMMENT ON COLUMN alicloud.scan_failures_daily.region_id IS 'Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else.';
COMMENT ON COLUMN alicloud.scan_failures_daily.begun IS 'Spells that began on the day.';
COMMENT ON COLUMN alicloud.scan_failures_daily.begun_unseen IS 'Those of them that may have begun before: the first good sync found them.';
COMMENT ON COLUMN alicloud.scan_failures_daily.cleared IS 'Spells that ended on the day because the conditions no longer held.';
COMMENT ON COLUMN alicloud.scan_failures_daily.gone IS 'Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.';
COMMENT ON COLUMN alicloud.scan_failures_daily.open IS 'Spells that lasted at the end of the day.';
COMMENT ON COLUMN alicloud.scan_failures_daily.cleared_median_hours IS 'Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.scan_failures_daily.cleared_p90_hours IS 'Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.scan_failures_daily.open_median_hours IS 'Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';
COMMENT ON COLUMN alicloud.scan_failures_daily.open_p90_hours IS 'Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.';

CREATE OR REPLACE FUNCTION alicloud.settled_at()
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL RESTRICTED SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
-- All that counts is what the caller's snapshot shows, which is not older than now():
-- a merge that it neither shows nor has the row of reads its moment later than that.
DECLARE
    alive bigint[];
    bound timestamptz;
BEGIN
    -- A merge whose process was killed leaves its row behind. It holds its lock no more,
    -- and has not deleted the row, whereas one that has committed since the snapshot
    -- was taken has: which shows, once the locks were looked at.
    SELECT array_agg(l.pid)
    INTO alive
    FROM pg_locks AS l
    WHERE l.relation = 'syncer.merging'::regclass
        AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
        AND l.mode = 'RowExclusiveLock';
    SELECT min(m.not_before)
    INTO bound
    FROM syncer.merging AS m
    WHERE m.pid = ANY (alive) OR m.xmax::text <> '0';
    IF pg_is_in_recovery() THEN
        -- A standby shows nothing of the primary's locks: whatever is announced may still
        -- come. It is also behind the primary by an unknown time. Its own clock says
        -- nothing about that, and what it has replayed since the snapshot does not count.
        -- The last run that the snapshot shows does: whoever announced a merge before that
        -- run was committed shows here, and whoever did so later reads a later moment.
        SELECT min(m.not_before)
        INTO bound
        FROM syncer.merging AS m;
        RETURN least(bound, (SELECT max(r.finished_at) FROM syncer.sync_runs AS r));
    END IF;
    RETURN least(now(), bound);
END
$function$
;
COMMENT ON FUNCTION alicloud.settled_at() IS 'Moment before which nothing will change any more: now, or a little earlier while syncs are being written; on a standby the end of the last sync that it shows. Read changes and as-of up to it, not including it, and go on from it.';

CREATE VIEW alicloud.sync_freshness AS
 SELECT p.source,
    p.account_id,
    a.name AS account_name,
    p.region_id,
    ok.finished_at AS last_success_at,
    last.finished_at AS last_run_at,
    last.status AS last_status,
    last.error_code AS last_error_code,
    last.error_message AS last_error_message,
    last.error_request_id AS last_error_request_id,
    last.next_due_at,
    NOT p.on_demand AND COALESCE(now() > (ok.next_due_at + GREATEST(2::double precision * (ok.finished_at - ok.started_at), '00:05:00'::interval)), true) AS late
   FROM syncer.partitions p
     LEFT JOIN syncer.accounts a ON a.account_id = p.account_id
     LEFT JOIN LATERAL ( SELECT r.account_id,
            r.run_id,
            r.account_name,
            r.source,
            r.region_id,
            r.trigger,
            r.slot_at,
            r.next_due_at,
            r.full_sweep,
            r.started_at,
            r.finished_at,
            r.status,
            r.calls,
            r.retries,
            r.throttled,
            r.pages,
            r.rows_fetched,
            r.rows_opened,
            r.rows_changed,
            r.rows_ended,
            r.rows_unchanged,
            r.rows_repeated,
            r.unknown_fields,
            r.refused_fields,
            r.error_code,
            r.error_message,
            r.error_request_id,
            r.worker,
            r.held_digest
           FROM syncer.sync_runs r
          WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id AND r.trigger <> 'forget'::text AND (p.forgotten_at IS NULL OR r.started_at > p.forgotten_at)
          ORDER BY r.run_id DESC
         LIMIT 1) last ON true
     LEFT JOIN LATERAL ( SELECT r.account_id,
            r.run_id,
            r.account_name,
            r.source,
            r.region_id,
            r.trigger,
            r.slot_at,
            r.next_due_at,
            r.full_sweep,
            r.started_at,
            r.finished_at,
            r.status,
            r.calls,
            r.retries,
            r.throttled,
            r.pages,
            r.rows_fetched,
            r.rows_opened,
            r.rows_changed,
            r.rows_ended,
            r.rows_unchanged,
            r.rows_repeated,
            r.unknown_fields,
            r.refused_fields,
            r.error_code,
            r.error_message,
            r.error_request_id,
            r.worker,
            r.held_digest
           FROM syncer.sync_runs r
          WHERE r.account_id = p.account_id AND r.source = p.source AND r.region_id = p.region_id AND r.status = 'ok'::text AND r.trigger <> 'forget'::text AND (p.forgotten_at IS NULL OR r.started_at > p.forgotten_at)
          ORDER BY r.run_id DESC
         LIMIT 1) ok ON true
  WHERE p.retired_at IS NULL
UNION ALL
 SELECT r.source,
    r.account_id,
    r.account_name,
    r.region_id,
    NULL::timestamp with time zone AS last_success_at,
    r.finished_at AS last_run_at,
    r.status AS last_status,
    r.error_code AS last_error_code,
    r.error_message AS last_error_message,
    r.error_request_id AS last_error_request_id,
    r.next_due_at,
    true AS late
   FROM ( SELECT DISTINCT ON (t.source, t.account_name, t.region_id) t.account_id,
            t.run_id,
            t.account_name,
            t.source,
            t.region_id,
            t.trigger,
            t.slot_at,
            t.next_due_at,
            t.full_sweep,
            t.started_at,
            t.finished_at,
            t.status,
            t.calls,
            t.retries,
            t.throttled,
            t.pages,
            t.rows_fetched,
            t.rows_opened,
            t.rows_changed,
            t.rows_ended,
            t.rows_unchanged,
            t.rows_repeated,
            t.unknown_fields,
            t.refused_fields,
            t.error_code,
            t.error_message,
            t.error_request_id,
            t.worker,
            t.held_digest
           FROM ( SELECT sync_runs.account_id,
                    sync_runs.run_id,
                    sync_runs.account_name,
                    sync_runs.source,
                    sync_runs.region_id,
                    sync_runs.trigger,
                    sync_runs.slot_at,
                    sync_runs.next_due_at,
                    sync_runs.full_sweep,
                    sync_runs.started_at,
                    sync_runs.finished_at,
                    sync_runs.status,
                    sync_runs.calls,
                    sync_runs.retries,
                    sync_runs.throttled,
                    sync_runs.pages,
                    sync_runs.rows_fetched,
                    sync_runs.rows_opened,
                    sync_runs.rows_changed,
                    sync_runs.rows_ended,
                    sync_runs.rows_unchanged,
                    sync_runs.rows_repeated,
                    sync_runs.unknown_fields,
                    sync_runs.refused_fields,
                    sync_runs.error_code,
                    sync_runs.error_message,
                    sync_runs.error_request_id,
                    sync_runs.worker,
                    sync_runs.held_digest
                   FROM syncer.sync_runs
                  WHERE sync_runs.account_id = ''::text
                  ORDER BY sync_runs.run_id DESC
                 LIMIT 5000) t
          ORDER BY t.source, t.account_name, t.region_id, t.run_id DESC) r
  WHERE COALESCE(r.next_due_at, r.finished_at) > (now() - '1 day'::interval) AND NOT (EXISTS ( SELECT
           FROM syncer.accounts a
             JOIN syncer.partitions p ON p.account_id = a.account_id AND p.source = r.source AND p.region_id = r.region_id
          WHERE a.name = r.account_name));
COMMENT ON VIEW alicloud.sync_freshness IS 'One row per source, account and region that is configured: how fresh its rows are.';
COMMENT ON COLUMN alicloud.sync_freshness.source IS 'Source: the name of its view in this schema.';
COMMENT ON COLUMN alicloud.sync_freshness.account_id IS 'ID of the Alibaba Cloud account; empty where the cloud never accepted its credentials, so that it could not be asked for.';
COMMENT ON COLUMN alicloud.sync_freshness.account_name IS 'Name of the account in the configuration.';
COMMENT ON COLUMN alicloud.sync_freshness.region_id IS 'Region that is asked.';
COMMENT ON COLUMN alicloud.sync_freshness.last_success_at IS 'When the last sync with status ok finished: the rows are as fresh as this.';
COMMENT ON COLUMN alicloud.sync_freshness.last_run_at IS 'When the last sync finished, whatever its status.';
COMMENT ON COLUMN alicloud.sync_freshness.last_status IS 'Status of the last sync: ok, incomplete, held or failed.';
COMMENT ON COLUMN alicloud.sync_freshness.last_error_code IS 'Error code of the API in the last sync; NULL: none.';
COMMENT ON COLUMN alicloud.sync_freshness.last_error_message IS 'What went wrong in the last sync, and what to do; NULL: nothing.';
COMMENT ON COLUMN alicloud.sync_freshness.last_error_request_id IS 'RequestId of the failing call in the last sync.';
COMMENT ON COLUMN alicloud.sync_freshness.next_due_at IS 'When the schedule wants the next sync.';
COMMENT ON COLUMN alicloud.sync_freshness.late IS 'Whether a success is overdue: none so far, or the slot after the last one has passed by more than five minutes and more than twice what that run took.';

CREATE VIEW alicloud.sync_runs AS
 SELECT sync_runs.run_id,
    sync_runs.source,
    sync_runs.account_id,
    sync_runs.account_name,
    sync_runs.region_id,
    sync_runs.trigger,
    sync_runs.slot_at,
    sync_runs.full_sweep,
    sync_runs.started_at,
    sync_runs.finished_at,
    sync_runs.status,
    sync_runs.calls,
    sync_runs.retries,
    sync_runs.throttled,
    sync_runs.pages,
    sync_runs.rows_fetched,
    sync_runs.rows_opened,
    sync_runs.rows_changed,
    sync_runs.rows_ended,
    sync_runs.rows_unchanged,
    sync_runs.rows_repeated,
    sync_runs.unknown_fields,
    sync_runs.refused_fields,
    sync_runs.error_code,
    sync_runs.error_message,
    sync_runs.error_request_id,
    sync_runs.next_due_at,
    sync_runs.worker
   FROM syncer.sync_runs;
COMMENT ON VIEW alicloud.sync_runs IS 'One row per finished sync of a source in an account and region.';
COMMENT ON COLUMN alicloud.sync_runs.run_id IS 'Number of the run; later runs have higher ones.';
COMMENT ON COLUMN alicloud.sync_runs.source IS 'Source: the name of its view in this schema.';
COMMENT ON COLUMN alicloud.sync_runs.account_id IS 'ID of the Alibaba Cloud account; empty while it could never be asked for.';
COMMENT ON COLUMN alicloud.sync_runs.account_name IS 'Name of the account in the configuration.';
COMMENT ON COLUMN alicloud.sync_runs.region_id IS 'Region that was asked.';
COMMENT ON COLUMN alicloud.sync_runs.trigger IS 'What started it: schedule, manual, dependency: a source that reads its table came first, or forget: syncer forget has ended its rows, and the cloud was not asked.';
COMMENT ON COLUMN alicloud.sync_runs.slot_at IS 'Tick of the schedule that it answers; NULL when not started by the schedule.';
COMMENT ON COLUMN alicloud.sync_runs.full_sweep IS 'Whether it asked for everything, also for what was long finished.';
COMMENT ON COLUMN alicloud.sync_runs.started_at IS 'When it started.';
COMMENT ON COLUMN alicloud.sync_runs.finished_at IS 'When it finished.';
COMMENT ON COLUMN alicloud.sync_runs.status IS 'ok: the tables equal the answer. incomplete: what was seen is merged, nothing ended. held: it would have ended too much, nothing ended. failed: nothing was written.';
COMMENT ON COLUMN alicloud.sync_runs.calls IS 'Calls made to the API, retries included.';
COMMENT ON COLUMN alicloud.sync_runs.retries IS 'Calls that were made again after a failure.';
COMMENT ON COLUMN alicloud.sync_runs.throttled IS 'Calls that the gateway refused as too many.';
COMMENT ON COLUMN alicloud.sync_runs.pages IS 'Pages that arrived.';
COMMENT ON COLUMN alicloud.sync_runs.rows_fetched IS 'Items that arrived.';
COMMENT ON COLUMN alicloud.sync_runs.rows_opened IS 'Rows that were not there before.';
COMMENT ON COLUMN alicloud.sync_runs.rows_changed IS 'Rows that got a new version.';
COMMENT ON COLUMN alicloud.sync_runs.rows_ended IS 'Rows that are no longer there.';
COMMENT ON COLUMN alicloud.sync_runs.rows_unchanged IS 'Rows that arrived as they stood.';
COMMENT ON COLUMN alicloud.sync_runs.rows_repeated IS 'Items whose key the same listing had shown before; the later one counts.';
COMMENT ON COLUMN alicloud.sync_runs.unknown_fields IS 'Fields that no column holds, and that extra keeps, each with how often it came. NULL: none.';
COMMENT ON COLUMN alicloud.sync_runs.refused_fields IS 'Fields whose value the column''s type refused, and that extra keeps, each with how often it came. NULL: none.';
COMMENT ON COLUMN alicloud.sync_runs.error_code IS 'Error code of the API, where it answered one.';
COMMENT ON COLUMN alicloud.sync_runs.error_message IS 'What went wrong, and what to do.';
COMMENT ON COLUMN alicloud.sync_runs.error_request_id IS 'RequestId of the failing call: Alibaba Cloud''s support asks for it.';
COMMENT ON COLUMN alicloud.sync_runs.next_due_at IS 'Next tick of the schedule after the run started.';
COMMENT ON COLUMN alicloud.sync_runs.worker IS 'Host and process that made it.';

CREATE TABLE syncer.accounts (
    account_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (account_id)
);

CREATE TABLE syncer.agent_install_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    result bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    servers bigint NOT NULL DEFAULT 0,
    CONSTRAINT agent_install_daily_day_check CHECK ((from_day < to_day)),
    CONSTRAINT agent_install_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series)
);
COMMENT ON TABLE syncer.agent_install_daily IS 'Rollup behind alicloud.agent_install_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';

CREATE TABLE syncer.agent_install_statuses (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    result bigint,
    result_code bigint,
    message text,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT agent_install_statuses_pkey PRIMARY KEY (account_id, region_id, uuid, valid_to),
    CONSTRAINT agent_install_statuses_valid_check CHECK ((valid_from < valid_to))
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.agent_install_statuses_default PARTITION OF syncer.agent_install_statuses DEFAULT;
CREATE TABLE syncer.agent_install_statuses_standing PARTITION OF syncer.agent_install_statuses FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX agent_install_statuses_valid_from_idx ON ONLY syncer.agent_install_statuses USING brin (valid_from) WITH (pages_per_range='32', autosummarize='on');
COMMENT ON TABLE syncer.agent_install_statuses IS 'Versions behind alicloud.agent_install_statuses and alicloud.agent_install_statuses_history. Read those.';
COMMENT ON COLUMN syncer.agent_install_statuses.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_install_statuses.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

CREATE VIEW syncer.agent_install_statuses_changes AS
 SELECT v.valid_from AS at,
    'agent_install_statuses'::text AS source,
    v.account_id,
    v.region_id,
    v.uuid COLLATE "C" AS key,
        CASE
            WHEN p.valid_to IS NULL THEN 'opened'::text
            WHEN p.valid_to = v.valid_from THEN 'changed'::text
            ELSE 'returned'::text
        END AS kind,
    ( SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new)) AS jsonb_object_agg
           FROM ( VALUES ('result'::text,to_jsonb(p.result),to_jsonb(v.result)), ('result_code'::text,to_jsonb(p.result_code),to_jsonb(v.result_code)), ('message'::text,to_jsonb(p.message),to_jsonb(v.message)), ('extra'::text,p.extra,v.extra)) c(name, old, new)
          WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new) AS changed
   FROM syncer.agent_install_statuses v
     LEFT JOIN LATERAL ( SELECT p_1.valid_to,
            p_1.result,
            p_1.result_code,
            p_1.message,
            p_1.extra
           FROM syncer.agent_install_statuses p_1
          WHERE p_1.account_id = v.account_id AND p_1.region_id = v.region_id AND p_1.uuid = v.uuid AND p_1.valid_to <= v.valid_from
          ORDER BY p_1.valid_to DESC
         LIMIT 1) p ON true
  WHERE v.valid_from >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings))
UNION ALL
 SELECT v.valid_to AS at,
    'agent_install_statuses'::text AS source,
    v.account_id,
    v.region_id,
    v.uuid COLLATE "C" AS key,
    'ended'::text AS kind,
    NULL::jsonb AS changed
   FROM syncer.agent_install_statuses v
  WHERE v.valid_to < 'infinity'::timestamp with time zone AND v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND NOT (EXISTS ( SELECT
           FROM syncer.agent_install_statuses n
          WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.uuid = v.uuid AND n.valid_from = v.valid_to));
COMMENT ON VIEW syncer.agent_install_statuses_changes IS 'Part of alicloud.changes. Read that one.';

CREATE TABLE syncer.agent_versions (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    cur_version text,
    upgrade_version text,
    latest_version text,
    latest_version_created_at timestamp with time zone,
    force_upgrade_at timestamp with time zone,
    publish_status bigint,
    gray_switch_status bigint,
    big_customer boolean,
    latest_version_desc text,
    auto_upgrade bigint,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT agent_versions_pkey PRIMARY KEY (account_id, region_id, valid_to),
    CONSTRAINT agent_versions_valid_check CHECK ((valid_from < valid_to))
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.agent_versions_default PARTITION OF syncer.agent_versions DEFAULT;
CREATE TABLE syncer.agent_versions_standing PARTITION OF syncer.agent_versions FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX agent_versions_valid_from_idx ON ONLY syncer.agent_versions USING brin (valid_from) WITH (pages_per_range='32', autosummarize='on');
COMMENT ON TABLE syncer.agent_versions IS 'Versions behind alicloud.agent_versions and alicloud.agent_versions_history. Read those.';
COMMENT ON COLUMN syncer.agent_versions.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agent_versions.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

CREATE VIEW syncer.agent_versions_changes AS
 SELECT v.valid_from AS at,
    'agent_versions'::text AS source,
    v.account_id,
    v.region_id,
    ''::text COLLATE "C" AS key,
        CASE
            WHEN p.valid_to IS NULL THEN 'opened'::text
            WHEN p.valid_to = v.valid_from THEN 'changed'::text
            ELSE 'returned'::text
        END AS kind,
    ( SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new)) AS jsonb_object_agg
           FROM ( VALUES ('cur_version'::text,to_jsonb(p.cur_version),to_jsonb(v.cur_version)), ('upgrade_version'::text,to_jsonb(p.upgrade_version),to_jsonb(v.upgrade_version)), ('latest_version'::text,to_jsonb(p.latest_version),to_jsonb(v.latest_version)), ('latest_version_created_at'::text,to_jsonb(p.latest_version_created_at),to_jsonb(v.latest_version_created_at)), ('force_upgrade_at'::text,to_jsonb(p.force_upgrade_at),to_jsonb(v.force_upgrade_at)), ('publish_status'::text,to_jsonb(p.publish_status),to_jsonb(v.publish_status)), ('gray_switch_status'::text,to_jsonb(p.gray_switch_status),to_jsonb(v.gray_switch_status)), ('big_customer'::text,to_jsonb(p.big_customer),to_jsonb(v.big_customer)), ('latest_version_desc'::text,to_jsonb(p.latest_version_desc),to_jsonb(v.latest_version_desc)), ('auto_upgrade'::text,to_jsonb(p.auto_upgrade),to_jsonb(v.auto_upgrade)), ('extra'::text,p.extra,v.extra)) c(name, old, new)
          WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new) AS changed
   FROM syncer.agent_versions v
     LEFT JOIN LATERAL ( SELECT p_1.valid_to,
            p_1.cur_version,
            p_1.upgrade_version,
            p_1.latest_version,
            p_1.latest_version_created_at,
            p_1.force_upgrade_at,
            p_1.publish_status,
            p_1.gray_switch_status,
            p_1.big_customer,
            p_1.latest_version_desc,
            p_1.auto_upgrade,
            p_1.extra
           FROM syncer.agent_versions p_1
          WHERE p_1.account_id = v.account_id AND p_1.region_id = v.region_id AND p_1.valid_to <= v.valid_from
          ORDER BY p_1.valid_to DESC
         LIMIT 1) p ON true
  WHERE v.valid_from >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings))
UNION ALL
 SELECT v.valid_to AS at,
    'agent_versions'::text AS source,
    v.account_id,
    v.region_id,
    ''::text COLLATE "C" AS key,
    'ended'::text AS kind,
    NULL::jsonb AS changed
   FROM syncer.agent_versions v
  WHERE v.valid_to < 'infinity'::timestamp with time zone AND v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND NOT (EXISTS ( SELECT
           FROM syncer.agent_versions n
          WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.valid_from = v.valid_to));
COMMENT ON VIEW syncer.agent_versions_changes IS 'Part of alicloud.changes. Read that one.';

CREATE TABLE syncer.agentless_tasks (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    is_root boolean,
    root_task_id text,
    task_name text,
    status bigint,
    progress bigint,
    result text,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    target_type bigint,
    target_name text,
    uuid text,
    instance_id text,
    instance_name text,
    internet_ip text,
    intranet_ip text,
    measure_space_mb double precision,
    progress_by_project jsonb,
    report_status text,
    report_download_url text,
    extension jsonb,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT agentless_tasks_pkey PRIMARY KEY (account_id, region_id, task_id, valid_to),
    CONSTRAINT agentless_tasks_valid_check CHECK ((valid_from < valid_to))
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.agentless_tasks_default PARTITION OF syncer.agentless_tasks DEFAULT;
CREATE TABLE syncer.agentless_tasks_standing PARTITION OF syncer.agentless_tasks FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX agentless_tasks_valid_from_idx ON ONLY syncer.agentless_tasks USING brin (valid_from) WITH (pages_per_range='32', autosummarize='on');
COMMENT ON TABLE syncer.agentless_tasks IS 'Versions behind alicloud.agentless_tasks and alicloud.agentless_tasks_history. Read those.';
COMMENT ON COLUMN syncer.agentless_tasks.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.agentless_tasks.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

CREATE VIEW syncer.agentless_tasks_changes AS
 SELECT v.valid_from AS at,
    'agentless_tasks'::text AS source,
    v.account_id,
    v.region_id,
    v.task_id COLLATE "C" AS key,
        CASE
            WHEN p.valid_to IS NULL THEN 'opened'::text
            WHEN p.valid_to = v.valid_from THEN 'changed'::text
            ELSE 'returned'::text
        END AS kind,
    ( SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new)) AS jsonb_object_agg
           FROM ( VALUES ('is_root'::text,to_jsonb(p.is_root),to_jsonb(v.is_root)), ('root_task_id'::text,to_jsonb(p.root_task_id),to_jsonb(v.root_task_id)), ('task_name'::text,to_jsonb(p.task_name),to_jsonb(v.task_name)), ('status'::text,to_jsonb(p.status),to_jsonb(v.status)), ('progress'::text,to_jsonb(p.progress),to_jsonb(v.progress)), ('result'::text,to_jsonb(p.result),to_jsonb(v.result)), ('started_at'::text,to_jsonb(p.started_at),to_jsonb(v.started_at)), ('ended_at'::text,to_jsonb(p.ended_at),to_jsonb(v.ended_at)), ('target_type'::text,to_jsonb(p.target_type),to_jsonb(v.target_type)), ('target_name'::text,to_jsonb(p.target_name),to_jsonb(v.target_name)), ('uuid'::text,to_jsonb(p.uuid),to_jsonb(v.uuid)), ('instance_id'::text,to_jsonb(p.instance_id),to_jsonb(v.instance_id)), ('instance_name'::text,to_jsonb(p.instance_name),to_jsonb(v.instance_name)), ('internet_ip'::text,to_jsonb(p.internet_ip),to_jsonb(v.internet_ip)), ('intranet_ip'::text,to_jsonb(p.intranet_ip),to_jsonb(v.intranet_ip)), ('measure_space_mb'::text,to_jsonb(p.measure_space_mb),to_jsonb(v.measure_space_mb)), ('progress_by_project'::text,to_jsonb(p.progress_by_project),to_jsonb(v.progress_by_project)), ('report_status'::text,to_jsonb(p.report_status),to_jsonb(v.report_status)), ('extension'::text,to_jsonb(p.extension),to_jsonb(v.extension)), ('extra'::text,p.extra,v.extra)) c(name, old, new)
          WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new) AS changed
   FROM syncer.agentless_tasks v
     LEFT JOIN LATERAL ( SELECT p_1.valid_to,
            p_1.is_root,
            p_1.root_task_id,
            p_1.task_name,
            p_1.status,
            p_1.progress,
            p_1.result,
            p_1.started_at,
            p_1.ended_at,
            p_1.target_type,
            p_1.target_name,
            p_1.uuid,
            p_1.instance_id,
            p_1.instance_name,
            p_1.internet_ip,
            p_1.intranet_ip,
            p_1.measure_space_mb,
            p_1.progress_by_project,
            p_1.report_status,
            p_1.extension,
            p_1.extra
           FROM syncer.agentless_tasks p_1
          WHERE p_1.account_id = v.account_id AND p_1.region_id = v.region_id AND p_1.task_id = v.task_id AND p_1.valid_to <= v.valid_from
          ORDER BY p_1.valid_to DESC
         LIMIT 1) p ON true
  WHERE v.valid_from >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings))
UNION ALL
 SELECT v.valid_to AS at,
    'agentless_tasks'::text AS source,
    v.account_id,
    v.region_id,
    v.task_id COLLATE "C" AS key,
    'ended'::text AS kind,
    NULL::jsonb AS changed
   FROM syncer.agentless_tasks v
  WHERE v.valid_to < 'infinity'::timestamp with time zone AND v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND NOT (EXISTS ( SELECT
           FROM syncer.agentless_tasks n
          WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.task_id = v.task_id AND n.valid_from = v.valid_to));
COMMENT ON VIEW syncer.agentless_tasks_changes IS 'Part of alicloud.changes. Read that one.';

CREATE TABLE syncer.agentless_tasks_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    status bigint,
    target_type bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    tasks bigint NOT NULL DEFAULT 0,
    main_tasks bigint NOT NULL DEFAULT 0,
    started bigint NOT NULL DEFAULT 0,
    finished bigint NOT NULL DEFAULT 0,
    measured_mb numeric NOT NULL DEFAULT 0,
    CONSTRAINT agentless_tasks_daily_day_check CHECK ((from_day < to_day)),
    CONSTRAINT agentless_tasks_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series)
);
COMMENT ON TABLE syncer.agentless_tasks_daily IS 'Rollup behind alicloud.agentless_tasks_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';

CREATE TABLE syncer.agentless_tasks_volatile (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    row_hash bigint NOT NULL,
    report_download_url text,
    CONSTRAINT agentless_tasks_volatile_pkey PRIMARY KEY (account_id, region_id, task_id)
) WITH (fillfactor=45);
COMMENT ON TABLE syncer.agentless_tasks_volatile IS 'What the volatile columns of standing rows have moved to since their version was opened. Read alicloud.agentless_tasks.';
COMMENT ON COLUMN syncer.agentless_tasks_volatile.row_hash IS 'Hash of all columns, volatile ones included: the same hash is nothing to write.';

CREATE TABLE syncer.alerts (
    account_name text NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    problem text NOT NULL,
    since timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    good_since timestamp with time zone,
    looked_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT alerts_pkey PRIMARY KEY (account_name, source, region_id)
);
COMMENT ON TABLE syncer.alerts IS 'Partitions in trouble, whether somebody was told, and since when they are well again.';
COMMENT ON COLUMN syncer.alerts.looked_at IS 'When a configuration that has the partition last looked at it.';

CREATE TABLE syncer.cloud_center_instances (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    instance_id text,
    instance_name text,
    instance_region_id text,
    region text,
    region_name text,
    status text,
    client_status text,
    client_sub_status text,
    last_login_at timestamp with time zone,
    os text,
    os_name text,
    kernel text,
    cores bigint,
    cpu_info text,
    mem_mb bigint,
    internet_ip text,
    intranet_ip text,
    ip text,
    ip_list_string text,
    mac_list_string text,
    vpc_instance_id text,
    importance bigint,
    group_id bigint,
    group_trace text,
    tag text,
    tag_id text,
    tag_resources text,
    auth_version bigint,
    auth_version_name text,
    auth_modified_at timestamp with time zone,
    bind boolean,
    post_paid_flag bigint,
    bind_file_protect_type text,
    risk_status text,
    exposed_status bigint,
    vul_status text,
    vul_count bigint,
    hc_status text,
    health_check_count bigint,
    alarm_status text,
    safe_event_count bigint,
    risk_count jsonb,
    vendor bigint,
    vendor_name text,
    vendor_uid text,
    vendor_user_name text,
    flag bigint,
    flag_name text,
    asset_type text,
    asset_type_name text,
    has_container text,
    pod_count bigint,
    cluster_id text,
    cluster_name text,
    namespace text,
    created_at timestamp with time zone,
    app_id text,
    app_name text,
    service_id text,
    edr_auth_version text,
    free_type text,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT cloud_center_instances_pkey PRIMARY KEY (account_id, region_id, uuid, valid_to),
    CONSTRAINT cloud_center_instances_valid_check CHECK ((valid_from < valid_to))
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.cloud_center_instances_default PARTITION OF syncer.cloud_center_instances DEFAULT;
CREATE TABLE syncer.cloud_center_instances_standing PARTITION OF syncer.cloud_center_instances FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX cloud_center_instances_valid_from_idx ON ONLY syncer.cloud_center_instances USING brin (valid_from) WITH (pages_per_range='32', autosummarize='on');
COMMENT ON TABLE syncer.cloud_center_instances IS 'Versions behind alicloud.cloud_center_instances and alicloud.cloud_center_instances_history. Read those.';
COMMENT ON COLUMN syncer.cloud_center_instances.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.cloud_center_instances.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

CREATE VIEW syncer.cloud_center_instances_changes AS
 SELECT v.valid_from AS at,
    'cloud_center_instances'::text AS source,
    v.account_id,
    v.region_id,
    v.uuid COLLATE "C" AS key,
        CASE
            WHEN p.valid_to IS NULL THEN 'opened'::text
            WHEN p.valid_to = v.valid_from THEN 'changed'::text
            ELSE 'returned'::text
        END AS kind,
    ( SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new)) AS jsonb_object_agg
           FROM ( VALUES ('instance_id'::text,to_jsonb(p.instance_id),to_jsonb(v.instance_id)), ('instance_name'::text,to_jsonb(p.instance_name),to_jsonb(v.instance_name)), ('instance_region_id'::text,to_jsonb(p.instance_region_id),to_jsonb(v.instance_region_id)), ('region'::text,to_jsonb(p.region),to_jsonb(v.region)), ('region_name'::text,to_jsonb(p.region_name),to_jsonb(v.region_name)), ('status'::text,to_jsonb(p.status),to_jsonb(v.status)), ('client_status'::text,to_jsonb(p.client_status),to_jsonb(v.client_status)), ('client_sub_status'::text,to_jsonb(p.client_sub_status),to_jsonb(v.client_sub_status)), ('os'::text,to_jsonb(p.os),to_jsonb(v.os)), ('os_name'::text,to_jsonb(p.os_name),to_jsonb(v.os_name)), ('kernel'::text,to_jsonb(p.kernel),to_jsonb(v.kernel)), ('cores'::text,to_jsonb(p.cores),to_jsonb(v.cores)), ('cpu_info'::text,to_jsonb(p.cpu_info),to_jsonb(v.cpu_info)), ('mem_mb'::text,to_jsonb(p.mem_mb),to_jsonb(v.mem_mb)), ('internet_ip'::text,to_jsonb(p.internet_ip),to_jsonb(v.internet_ip)), ('intranet_ip'::text,to_jsonb(p.intranet_ip),to_jsonb(v.intranet_ip)), ('ip'::text,to_jsonb(p.ip),to_jsonb(v.ip)), ('ip_list_string'::text,to_jsonb(p.ip_list_string),to_jsonb(v.ip_list_string)), ('mac_list_string'::text,to_jsonb(p.mac_list_string),to_jsonb(v.mac_list_string)), ('vpc_instance_id'::text,to_jsonb(p.vpc_instance_id),to_jsonb(v.vpc_instance_id)), ('importance'::text,to_jsonb(p.importance),to_jsonb(v.importance)), ('group_id'::text,to_jsonb(p.group_id),to_jsonb(v.group_id)), ('group_trace'::text,to_jsonb(p.group_trace),to_jsonb(v.group_trace)), ('tag'::text,to_jsonb(p.tag),to_jsonb(v.tag)), ('tag_id'::text,to_jsonb(p.tag_id),to_jsonb(v.tag_id)), ('tag_resources'::text,to_jsonb(p.tag_resources),to_jsonb(v.tag_resources)), ('auth_version'::text,to_jsonb(p.auth_version),to_jsonb(v.auth_version)), ('auth_version_name'::text,to_jsonb(p.auth_version_name),to_jsonb(v.auth_version_name)), ('auth_modified_at'::text,to_jsonb(p.auth_modified_at),to_jsonb(v.auth_modified_at)), ('bind'::text,to_jsonb(p.bind),to_jsonb(v.bind)), ('post_paid_flag'::text,to_jsonb(p.post_paid_flag),to_jsonb(v.post_paid_flag)), ('bind_file_protect_type'::text,to_jsonb(p.bind_file_protect_type),to_jsonb(v.bind_file_protect_type)), ('risk_status'::text,to_jsonb(p.risk_status),to_jsonb(v.risk_status)), ('exposed_status'::text,to_jsonb(p.exposed_status),to_jsonb(v.exposed_status)), ('vul_status'::text,to_jsonb(p.vul_status),to_jsonb(v.vul_status)), ('vul_count'::text,to_jsonb(p.vul_count),to_jsonb(v.vul_count)), ('hc_status'::text,to_jsonb(p.hc_status),to_jsonb(v.hc_status)), ('health_check_count'::text,to_jsonb(p.health_check_count),to_jsonb(v.health_check_count)), ('alarm_status'::text,to_jsonb(p.alarm_status),to_jsonb(v.alarm_status)), ('safe_event_count'::text,to_jsonb(p.safe_event_count),to_jsonb(v.safe_event_count)), ('risk_count'::text,to_jsonb(p.risk_count),to_jsonb(v.risk_count)), ('vendor'::text,to_jsonb(p.vendor),to_jsonb(v.vendor)), ('vendor_name'::text,to_jsonb(p.vendor_name),to_jsonb(v.vendor_name)), ('vendor_uid'::text,to_jsonb(p.vendor_uid),to_jsonb(v.vendor_uid)), ('vendor_user_name'::text,to_jsonb(p.vendor_user_name),to_jsonb(v.vendor_user_name)), ('flag'::text,to_jsonb(p.flag),to_jsonb(v.flag)), ('flag_name'::text,to_jsonb(p.flag_name),to_jsonb(v.flag_name)), ('asset_type'::text,to_jsonb(p.asset_type),to_jsonb(v.asset_type)), ('asset_type_name'::text,to_jsonb(p.asset_type_name),to_jsonb(v.asset_type_name)), ('has_container'::text,to_jsonb(p.has_container),to_jsonb(v.has_container)), ('pod_count'::text,to_jsonb(p.pod_count),to_jsonb(v.pod_count)), ('cluster_id'::text,to_jsonb(p.cluster_id),to_jsonb(v.cluster_id)), ('cluster_name'::text,to_jsonb(p.cluster_name),to_jsonb(v.cluster_name)), ('namespace'::text,to_jsonb(p.namespace),to_jsonb(v.namespace)), ('created_at'::text,to_jsonb(p.created_at),to_jsonb(v.created_at)), ('app_id'::text,to_jsonb(p.app_id),to_jsonb(v.app_id)), ('app_name'::text,to_jsonb(p.app_name),to_jsonb(v.app_name)), ('service_id'::text,to_jsonb(p.service_id),to_jsonb(v.service_id)), ('edr_auth_version'::text,to_jsonb(p.edr_auth_version),to_jsonb(v.edr_auth_version)), ('free_type'::text,to_jsonb(p.free_type),to_jsonb(v.free_type)), ('extra'::text,p.extra,v.extra)) c(name, old, new)
          WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new) AS changed
   FROM syncer.cloud_center_instances v
     LEFT JOIN LATERAL ( SELECT p_1.valid_to,
            p_1.instance_id,
            p_1.instance_name,
            p_1.instance_region_id,
            p_1.region,
            p_1.region_name,
            p_1.status,
            p_1.client_status,
            p_1.client_sub_status,
            p_1.os,
            p_1.os_name,
            p_1.kernel,
            p_1.cores,
            p_1.cpu_info,
            p_1.mem_mb,
            p_1.internet_ip,
            p_1.intranet_ip,
            p_1.ip,
            p_1.ip_list_string,
            p_1.mac_list_string,
            p_1.vpc_instance_id,
            p_1.importance,
            p_1.group_id,
            p_1.group_trace,
            p_1.tag,
            p_1.tag_id,
            p_1.tag_resources,
            p_1.auth_version,
            p_1.auth_version_name,
            p_1.auth_modified_at,
            p_1.bind,
            p_1.post_paid_flag,
            p_1.bind_file_protect_type,
            p_1.risk_status,
            p_1.exposed_status,
            p_1.vul_status,
            p_1.vul_count,
            p_1.hc_status,
            p_1.health_check_count,
            p_1.alarm_status,
            p_1.safe_event_count,
            p_1.risk_count,
            p_1.vendor,
            p_1.vendor_name,
            p_1.vendor_uid,
            p_1.vendor_user_name,
            p_1.flag,
            p_1.flag_name,
            p_1.asset_type,
            p_1.asset_type_name,
            p_1.has_container,
            p_1.pod_count,
            p_1.cluster_id,
            p_1.cluster_name,
            p_1.namespace,
            p_1.created_at,
            p_1.app_id,
            p_1.app_name,
            p_1.service_id,
            p_1.edr_auth_version,
            p_1.free_type,
            p_1.extra
           FROM syncer.cloud_center_instances p_1
          WHERE p_1.account_id = v.account_id AND p_1.region_id = v.region_id AND p_1.uuid = v.uuid AND p_1.valid_to <= v.valid_from
          ORDER BY p_1.valid_to DESC
         LIMIT 1) p ON true
  WHERE v.valid_from >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings))
UNION ALL
 SELECT v.valid_to AS at,
    'cloud_center_instances'::text AS source,
    v.account_id,
    v.region_id,
    v.uuid COLLATE "C" AS key,
    'ended'::text AS kind,
    NULL::jsonb AS changed
   FROM syncer.cloud_center_instances v
  WHERE v.valid_to < 'infinity'::timestamp with time zone AND v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND NOT (EXISTS ( SELECT
           FROM syncer.cloud_center_instances n
          WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.uuid = v.uuid AND n.valid_from = v.valid_to));
COMMENT ON VIEW syncer.cloud_center_instances_changes IS 'Part of alicloud.changes. Read that one.';

CREATE TABLE syncer.cloud_center_instances_volatile (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    row_hash bigint NOT NULL,
    last_login_at timestamp with time zone,
    CONSTRAINT cloud_center_instances_volatile_pkey PRIMARY KEY (account_id, region_id, uuid)
) WITH (fillfactor=45);
COMMENT ON TABLE syncer.cloud_center_instances_volatile IS 'What the volatile columns of standing rows have moved to since their version was opened. Read alicloud.cloud_center_instances.';
COMMENT ON COLUMN syncer.cloud_center_instances_volatile.row_hash IS 'Hash of all columns, volatile ones included: the same hash is nothing to write.';

CREATE TABLE syncer.derived (
    name text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    source text COLLATE "C" NOT NULL,
    migration bigint NOT NULL,
    hash text NOT NULL,
    volatile text[] NOT NULL,
    fill text NOT NULL,
    definition text,
    derived_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT derived_pkey PRIMARY KEY (name, revision)
);
COMMENT ON TABLE syncer.derived IS 'One row per source or trend, and revision of the declarations that it was derived by: what stands, and what stood before.';
COMMENT ON COLUMN syncer.derived.name IS 'Source or trend: the name of its view in schema alicloud.';
COMMENT ON COLUMN syncer.derived.revision IS 'How new the declarations were. 0: it was made by the migrations of the first release.';
COMMENT ON COLUMN syncer.derived.source IS 'Source that it belongs to.';
COMMENT ON COLUMN syncer.derived.migration IS 'Last migration that was applied by then.';
COMMENT ON COLUMN syncer.derived.hash IS 'Hash of its text: a program that derives the same has nothing to do. Empty: it is no longer declared.';
COMMENT ON COLUMN syncer.derived.volatile IS 'Columns of its volatile table.';
COMMENT ON COLUMN syncer.derived.fill IS 'SQL that fills a trend from the versions.';
COMMENT ON COLUMN syncer.derived.definition IS 'SQL that makes its views again. NULL: they stand.';
COMMENT ON COLUMN syncer.derived.derived_at IS 'When it was derived.';

CREATE TABLE syncer.discoveries (
    account_name text NOT NULL,
    kind text NOT NULL,
    listing jsonb,
    listed_at timestamp with time zone,
    error_message text,
    failed_at timestamp with time zone,
    CONSTRAINT discoveries_kind CHECK ((kind = ANY (ARRAY['members'::text, 'oos_regions'::text]))),
    CONSTRAINT discoveries_pkey PRIMARY KEY (account_name, kind)
);
COMMENT ON TABLE syncer.discoveries IS 'What the cloud listed last of what is synced without being named in the configuration: it holds while a listing fails, and through a restart.';
COMMENT ON COLUMN syncer.discoveries.account_name IS 'Account of the configuration that was asked.';
COMMENT ON COLUMN syncer.discoveries.kind IS 'members: the accounts of its resource directory. oos_regions: the regions that OOS is served in.';
COMMENT ON COLUMN syncer.discoveries.listing IS 'What was listed. NULL: no listing was ever answered.';
COMMENT ON COLUMN syncer.discoveries.listed_at IS 'When that was.';
COMMENT ON COLUMN syncer.discoveries.error_message IS 'Why the last listing failed; NULL: it did not.';
COMMENT ON COLUMN syncer.discoveries.failed_at IS 'When listings began to fail; NULL: the last one did not.';

CREATE TABLE syncer.fleet_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    client_status text,
    os text,
    vendor bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    servers bigint NOT NULL DEFAULT 0,
    CONSTRAINT fleet_daily_day_check CHECK ((from_day < to_day)),
    CONSTRAINT fleet_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series)
);
COMMENT ON TABLE syncer.fleet_daily IS 'Rollup behind alicloud.fleet_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';

CREATE TABLE syncer.instance_patch_states (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    instance_id text COLLATE "C" NOT NULL,
    baseline_id text,
    patch_group text,
    owner_information text,
    operation_type text,
    operation_started_at timestamp with time zone,
    operation_ended_at timestamp with time zone,
    missing_count bigint,
    installed_count bigint,
    installed_other_count bigint,
    installed_pending_reboot_count bigint,
    installed_rejected_count bigint,
    failed_count bigint,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT instance_patch_states_pkey PRIMARY KEY (account_id, region_id, instance_id, valid_to),
    CONSTRAINT instance_patch_states_valid_check CHECK ((valid_from < valid_to))
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.instance_patch_states_default PARTITION OF syncer.instance_patch_states DEFAULT;
CREATE TABLE syncer.instance_patch_states_standing PARTITION OF syncer.instance_patch_states FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX instance_patch_states_valid_from_idx ON ONLY syncer.instance_patch_states USING brin (valid_from) WITH (pages_per_range='32', autosummarize='on');
COMMENT ON TABLE syncer.instance_patch_states IS 'Versions behind alicloud.instance_patch_states and alicloud.instance_patch_states_history. Read those.';
COMMENT ON COLUMN syncer.instance_patch_states.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.instance_patch_states.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

CREATE VIEW syncer.instance_patch_states_changes AS
 SELECT v.valid_from AS at,
    'instance_patch_states'::text AS source,
    v.account_id,
    v.region_id,
    v.instance_id COLLATE "C" AS key,
        CASE
            WHEN p.valid_to IS NULL THEN 'opened'::text
            WHEN p.valid_to = v.valid_from THEN 'changed'::text
            ELSE 'returned'::text
        END AS kind,
    ( SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new)) AS jsonb_object_agg
           FROM ( VALUES ('baseline_id'::text,to_jsonb(p.baseline_id),to_jsonb(v.baseline_id)), ('patch_group'::text,to_jsonb(p.patch_group),to_jsonb(v.patch_group)), ('owner_information'::text,to_jsonb(p.owner_information),to_jsonb(v.owner_information)), ('operation_type'::text,to_jsonb(p.operation_type),to_jsonb(v.operation_type)), ('operation_started_at'::text,to_jsonb(p.operation_started_at),to_jsonb(v.operation_started_at)), ('operation_ended_at'::text,to_jsonb(p.operation_ended_at),to_jsonb(v.operation_ended_at)), ('missing_count'::text,to_jsonb(p.missing_count),to_jsonb(v.missing_count)), ('installed_count'::text,to_jsonb(p.installed_count),to_jsonb(v.installed_count)), ('installed_other_count'::text,to_jsonb(p.installed_other_count),to_jsonb(v.installed_other_count)), ('installed_pending_reboot_count'::text,to_jsonb(p.installed_pending_reboot_count),to_jsonb(v.installed_pending_reboot_count)), ('installed_rejected_count'::text,to_jsonb(p.installed_rejected_count),to_jsonb(v.installed_rejected_count)), ('failed_count'::text,to_jsonb(p.failed_count),to_jsonb(v.failed_count)), ('extra'::text,p.extra,v.extra)) c(name, old, new)
          WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new) AS changed
   FROM syncer.instance_patch_states v
     LEFT JOIN LATERAL ( SELECT p_1.valid_to,
            p_1.baseline_id,
            p_1.patch_group,
            p_1.owner_information,
            p_1.operation_type,
            p_1.operation_started_at,
            p_1.operation_ended_at,
            p_1.missing_count,
            p_1.installed_count,
            p_1.installed_other_count,
            p_1.installed_pending_reboot_count,
            p_1.installed_rejected_count,
            p_1.failed_count,
            p_1.extra
           FROM syncer.instance_patch_states p_1
          WHERE p_1.account_id = v.account_id AND p_1.region_id = v.region_id AND p_1.instance_id = v.instance_id AND p_1.valid_to <= v.valid_from
          ORDER BY p_1.valid_to DESC
         LIMIT 1) p ON true
  WHERE v.valid_from >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings))
UNION ALL
 SELECT v.valid_to AS at,
    'instance_patch_states'::text AS source,
    v.account_id,
    v.region_id,
    v.instance_id COLLATE "C" AS key,
    'ended'::text AS kind,
    NULL::jsonb AS changed
   FROM syncer.instance_patch_states v
  WHERE v.valid_to < 'infinity'::timestamp with time zone AND v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND NOT (EXISTS ( SELECT
           FROM syncer.instance_patch_states n
          WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.instance_id = v.instance_id AND n.valid_from = v.valid_to));
COMMENT ON VIEW syncer.instance_patch_states_changes IS 'Part of alicloud.changes. Read that one.';

CREATE UNLOGGED TABLE syncer.locks (
    name text COLLATE "C" NOT NULL,
    CONSTRAINT locks_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE syncer.locks IS 'What only one may do at a time: its row is locked meanwhile. Rows come as they are needed.';

CREATE TABLE syncer.merging (
    account_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    merge_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    not_before timestamp with time zone NOT NULL,
    pid bigint NOT NULL,
    CONSTRAINT merging_pkey PRIMARY KEY (account_id, merge_id)
);
COMMENT ON TABLE syncer.merging IS 'Merges under way. A row is committed before the merge reads its moment, and deleted by the merge itself: whoever does not see what the merge wrote sees the row.';
COMMENT ON COLUMN syncer.merging.not_before IS 'The moment of the merge is not before this one.';
COMMENT ON COLUMN syncer.merging.pid IS 'Session that merges. It holds a lock on this table, ROW EXCLUSIVE, while the merge lasts.';

CREATE TABLE syncer.notifications (
    notification_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    target text NOT NULL,
    event_key text NOT NULL,
    message jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    attempts bigint NOT NULL DEFAULT 0,
    next_attempt_at timestamp with time zone NOT NULL DEFAULT now(),
    delivered_at timestamp with time zone,
    given_up_at timestamp with time zone,
    last_error text,
    CONSTRAINT notifications_event_key UNIQUE (target, event_key),
    CONSTRAINT notifications_pkey PRIMARY KEY (notification_id)
);
CREATE INDEX notifications_due_idx ON syncer.notifications USING btree (target, next_attempt_at) WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL));

CREATE TABLE syncer.operation_processes (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    task_type text,
    status_code bigint,
    total_count bigint,
    finish_count bigint,
    detail_task_total_count bigint,
    detail_task_ready_count bigint,
    created_at timestamp with time zone,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    task_source text,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT operation_processes_pkey PRIMARY KEY (account_id, region_id, task_id, valid_to),
    CONSTRAINT operation_processes_valid_check CHECK ((valid_from < valid_to))
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.operation_processes_default PARTITION OF syncer.operation_processes DEFAULT;
CREATE TABLE syncer.operation_processes_standing PARTITION OF syncer.operation_processes FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX operation_processes_valid_from_idx ON ONLY syncer.operation_processes USING brin (valid_from) WITH (pages_per_range='32', autosummarize='on');
COMMENT ON TABLE syncer.operation_processes IS 'Versions behind alicloud.operation_processes and alicloud.operation_processes_history. Read those.';
COMMENT ON COLUMN syncer.operation_processes.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.operation_processes.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

CREATE VIEW syncer.operation_processes_changes AS
 SELECT v.valid_from AS at,
    'operation_processes'::text AS source,
    v.account_id,
    v.region_id,
    v.task_id COLLATE "C" AS key,
        CASE
            WHEN p.valid_to IS NULL THEN 'opened'::text
            WHEN p.valid_to = v.valid_from THEN 'changed'::text
            ELSE 'returned'::text
        END AS kind,
    ( SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new)) AS jsonb_object_agg
           FROM ( VALUES ('task_type'::text,to_jsonb(p.task_type),to_jsonb(v.task_type)), ('status_code'::text,to_jsonb(p.status_code),to_jsonb(v.status_code)), ('total_count'::text,to_jsonb(p.total_count),to_jsonb(v.total_count)), ('finish_count'::text,to_jsonb(p.finish_count),to_jsonb(v.finish_count)), ('detail_task_total_count'::text,to_jsonb(p.detail_task_total_count),to_jsonb(v.detail_task_total_count)), ('detail_task_ready_count'::text,to_jsonb(p.detail_task_ready_count),to_jsonb(v.detail_task_ready_count)), ('created_at'::text,to_jsonb(p.created_at),to_jsonb(v.created_at)), ('started_at'::text,to_jsonb(p.started_at),to_jsonb(v.started_at)), ('ended_at'::text,to_jsonb(p.ended_at),to_jsonb(v.ended_at)), ('task_source'::text,to_jsonb(p.task_source),to_jsonb(v.task_source)), ('extra'::text,p.extra,v.extra)) c(name, old, new)
          WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new) AS changed
   FROM syncer.operation_processes v
     LEFT JOIN LATERAL ( SELECT p_1.valid_to,
            p_1.task_type,
            p_1.status_code,
            p_1.total_count,
            p_1.finish_count,
            p_1.detail_task_total_count,
            p_1.detail_task_ready_count,
            p_1.created_at,
            p_1.started_at,
            p_1.ended_at,
            p_1.task_source,
            p_1.extra
           FROM syncer.operation_processes p_1
          WHERE p_1.account_id = v.account_id AND p_1.region_id = v.region_id AND p_1.task_id = v.task_id AND p_1.valid_to <= v.valid_from
          ORDER BY p_1.valid_to DESC
         LIMIT 1) p ON true
  WHERE v.valid_from >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings))
UNION ALL
 SELECT v.valid_to AS at,
    'operation_processes'::text AS source,
    v.account_id,
    v.region_id,
    v.task_id COLLATE "C" AS key,
    'ended'::text AS kind,
    NULL::jsonb AS changed
   FROM syncer.operation_processes v
  WHERE v.valid_to < 'infinity'::timestamp with time zone AND v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND NOT (EXISTS ( SELECT
           FROM syncer.operation_processes n
          WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.task_id = v.task_id AND n.valid_from = v.valid_to));
COMMENT ON VIEW syncer.operation_processes_changes IS 'Part of alicloud.changes. Read that one.';

CREATE TABLE syncer.operation_processes_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    task_type text,
    status_code bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    processes bigint NOT NULL DEFAULT 0,
    total_count numeric NOT NULL DEFAULT 0,
    finish_count numeric NOT NULL DEFAULT 0,
    CONSTRAINT operation_processes_daily_day_check CHECK ((from_day < to_day)),
    CONSTRAINT operation_processes_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series)
);
COMMENT ON TABLE syncer.operation_processes_daily IS 'Rollup behind alicloud.operation_processes_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';

CREATE TABLE syncer.partitions (
    account_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    generation bigint NOT NULL DEFAULT 0,
    merged_at timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
    first_merged_at timestamp with time zone,
    configured_at timestamp with time zone NOT NULL DEFAULT now(),
    retired_at timestamp with time zone,
    forgotten_at timestamp with time zone,
    parent_generation bigint,
    on_demand boolean NOT NULL DEFAULT false,
    CONSTRAINT partitions_pkey PRIMARY KEY (account_id, source, region_id)
);
COMMENT ON TABLE syncer.partitions IS 'One row per source, account and region that was ever synced.';
COMMENT ON COLUMN syncer.partitions.generation IS 'Counts the merges that wrote something. A merge prepared against another generation starts again.';
COMMENT ON COLUMN syncer.partitions.merged_at IS 'Moment of the last merge that wrote something. The next one is later, whatever the clock says.';
COMMENT ON COLUMN syncer.partitions.first_merged_at IS 'Moment of the first merge: trends begin on its day.';
COMMENT ON COLUMN syncer.partitions.configured_at IS 'When it was synced first, or first again after it had been retired.';
COMMENT ON COLUMN syncer.partitions.retired_at IS 'Since when no configuration has it, as syncer run, or a sync, has found; NULL: it is configured.';
COMMENT ON COLUMN syncer.partitions.forgotten_at IS 'When its rows were ended by syncer forget: what was synced before counts no more. NULL: never.';
COMMENT ON COLUMN syncer.partitions.parent_generation IS 'Generation that the partition of the rows that these hang on had when both were last compared. NULL: to be compared.';
COMMENT ON COLUMN syncer.partitions.on_demand IS 'Whether its source is disabled, and synced only where a source that is enabled reads its table: then it has no schedule, and is never late.';

CREATE TABLE syncer.patch_compliance_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL,
    instances bigint NOT NULL DEFAULT 0,
    compliant bigint NOT NULL DEFAULT 0,
    missing_instances bigint NOT NULL DEFAULT 0,
    failed_instances bigint NOT NULL DEFAULT 0,
    pending_reboot_instances bigint NOT NULL DEFAULT 0,
    missing_patches numeric NOT NULL DEFAULT 0,
    CONSTRAINT patch_compliance_daily_day_check CHECK ((from_day < to_day)),
    CONSTRAINT patch_compliance_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series)
);
COMMENT ON TABLE syncer.patch_compliance_daily IS 'Rollup behind alicloud.patch_compliance_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';

CREATE TABLE syncer.publish_batches (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    batch_id bigint NOT NULL,
    batch_name text,
    status bigint,
    batch_process bigint,
    batch_no bigint,
    batch_total bigint,
    batch_interval_hours bigint,
    operation_base bigint,
    extra jsonb,
    version_hash bigint NOT NULL,
    row_hash bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT publish_batches_pkey PRIMARY KEY (account_id, region_id, version, batch_id, valid_to),
    CONSTRAINT publish_batches_valid_check CHECK ((valid_from < valid_to))
) PARTITION BY RANGE (valid_to);
CREATE TABLE syncer.publish_batches_default PARTITION OF syncer.publish_batches DEFAULT;
CREATE TABLE syncer.publish_batches_standing PARTITION OF syncer.publish_batches FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE INDEX publish_batches_valid_from_idx ON ONLY syncer.publish_batches USING brin (valid_from) WITH (pages_per_range='32', autosummarize='on');
COMMENT ON TABLE syncer.publish_batches IS 'Versions behind alicloud.publish_batches and alicloud.publish_batches_history. Read those.';
COMMENT ON COLUMN syncer.publish_batches.version_hash IS 'Hash of the tracked columns: another hash is another version.';
COMMENT ON COLUMN syncer.publish_batches.row_hash IS 'Hash of all columns, volatile ones included, when the version was opened.';

CREATE VIEW syncer.publish_batches_changes AS
 SELECT v.valid_from AS at,
    'publish_batches'::text AS source,
    v.account_id,
    v.region_id,
    ((v.version || '/'::text) || v.batch_id::text) COLLATE "C" AS key,
        CASE
            WHEN p.valid_to IS NULL THEN 'opened'::text
            WHEN p.valid_to = v.valid_from THEN 'changed'::text
            ELSE 'returned'::text
        END AS kind,
    ( SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new)) AS jsonb_object_agg
           FROM ( VALUES ('batch_name'::text,to_jsonb(p.batch_name),to_jsonb(v.batch_name)), ('status'::text,to_jsonb(p.status),to_jsonb(v.status)), ('batch_process'::text,to_jsonb(p.batch_process),to_jsonb(v.batch_process)), ('batch_no'::text,to_jsonb(p.batch_no),to_jsonb(v.batch_no)), ('batch_total'::text,to_jsonb(p.batch_total),to_jsonb(v.batch_total)), ('batch_interval_hours'::text,to_jsonb(p.batch_interval_hours),to_jsonb(v.batch_interval_hours)), ('operation_base'::text,to_jsonb(p.operation_base),to_jsonb(v.operation_base)), ('extra'::text,p.extra,v.extra)) c(name, old, new)
          WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new) AS changed
   FROM syncer.publish_batches v
     LEFT JOIN LATERAL ( SELECT p_1.valid_to,
            p_1.batch_name,
            p_1.status,
            p_1.batch_process,
            p_1.batch_no,
            p_1.batch_total,
            p_1.batch_interval_hours,
            p_1.operation_base,
            p_1.extra
           FROM syncer.publish_batches p_1
          WHERE p_1.account_id = v.account_id AND p_1.region_id = v.region_id AND p_1.version = v.version AND p_1.batch_id = v.batch_id AND p_1.valid_to <= v.valid_from
          ORDER BY p_1.valid_to DESC
         LIMIT 1) p ON true
  WHERE v.valid_from >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings))
UNION ALL
 SELECT v.valid_to AS at,
    'publish_batches'::text AS source,
    v.account_id,
    v.region_id,
    ((v.version || '/'::text) || v.batch_id::text) COLLATE "C" AS key,
    'ended'::text AS kind,
    NULL::jsonb AS changed
   FROM syncer.publish_batches v
  WHERE v.valid_to < 'infinity'::timestamp with time zone AND v.valid_to >= (( SELECT COALESCE(settings.horizon_at, '-infinity'::timestamp with time zone) AS "coalesce"
           FROM syncer.settings)) AND NOT (EXISTS ( SELECT
           FROM syncer.publish_batches n
          WHERE n.account_id = v.account_id AND n.region_id = v.region_id AND n.version = v.version AND n.batch_id = v.batch_id AND n.valid_from = v.valid_to));
COMMENT ON VIEW syncer.publish_batches_changes IS 'Part of alicloud.changes. Read that one.';

CREATE TABLE syncer.publish_progress_daily (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    version text,
    batch_id bigint,
    from_day date NOT NULL,
    to_day date NOT NULL,
    status bigint,
    upgraded_servers numeric NOT NULL DEFAULT 0,
    CONSTRAINT publish_progress_daily_day_check CHECK ((from_day < to_day)),
    CONSTRAINT publish_progress_daily_pkey PRIMARY KEY (account_id, region_id, to_day, series)
);
COMMENT ON TABLE syncer.publish_progress_daily IS 'Rollup behind alicloud.publish_progress_daily: the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.';

CREATE TABLE syncer.settings (
    only_row boolean NOT NULL DEFAULT true,
    timezone text,
    horizon_at timestamp with time zone,
    CONSTRAINT settings_only_row_check CHECK (only_row),
    CONSTRAINT settings_pkey PRIMARY KEY (only_row)
);
COMMENT ON COLUMN syncer.settings.timezone IS 'Of the days in the rollups; NULL: they were never made.';
COMMENT ON COLUMN syncer.settings.horizon_at IS 'Of what was before, nothing can be told: versions that ended before are gone, or are about to go. NULL: all are kept.';

CREATE TABLE syncer.swept (
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    swept_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT swept_pkey PRIMARY KEY (account_id, region_id, source, value)
);
COMMENT ON TABLE syncer.swept IS 'One row per value that a full sweep has asked a source for while nothing was to change any more, such as a main task with all its subtasks finished.';
COMMENT ON COLUMN syncer.swept.value IS 'What was asked for: the task_id of the main task.';
COMMENT ON COLUMN syncer.swept.swept_at IS 'Moment of the merge of what was found. The row that the value was read from must be as old.';
COMMENT ON COLUMN syncer.swept.due_at IS 'When a full sweep asks for it again.';

CREATE TABLE syncer.sync_runs (
    account_id text COLLATE "C" NOT NULL,
    run_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    account_name text NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    trigger text NOT NULL,
    slot_at timestamp with time zone,
    next_due_at timestamp with time zone,
    full_sweep boolean NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    calls bigint NOT NULL,
    retries bigint NOT NULL,
    throttled bigint NOT NULL,
    pages bigint NOT NULL,
    rows_fetched bigint NOT NULL,
    rows_opened bigint NOT NULL,
    rows_changed bigint NOT NULL,
    rows_ended bigint NOT NULL,
    rows_unchanged bigint NOT NULL,
    rows_repeated bigint NOT NULL,
    unknown_fields jsonb,
    refused_fields jsonb,
    error_code text,
    error_message text,
    error_request_id text,
    worker text NOT NULL,
    held_digest bigint,
    unseen_since timestamp with time zone,
    CONSTRAINT sync_runs_pkey PRIMARY KEY (account_id, run_id),
    CONSTRAINT sync_runs_status_check CHECK ((status = ANY (ARRAY['ok'::text, 'incomplete'::text, 'held'::text, 'failed'::text]))),
    CONSTRAINT sync_runs_trigger_check CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text, 'dependency'::text, 'forget'::text]))) NOT VALID
);
CREATE INDEX sync_runs_finished_idx ON syncer.sync_runs USING btree (finished_at);
CREATE INDEX sync_runs_full_idx ON syncer.sync_runs USING btree (account_id, source, region_id, run_id DESC) WHERE (full_sweep AND (status <> 'failed'::text));
CREATE INDEX sync_runs_good_idx ON syncer.sync_runs USING btree (account_id, source, region_id, finished_at, run_id) WHERE (status = 'ok'::text);
CREATE INDEX sync_runs_merged_idx ON syncer.sync_runs USING btree (account_id, source, region_id, run_id DESC) WHERE (status <> 'failed'::text);
CREATE INDEX sync_runs_ok_idx ON syncer.sync_runs USING btree (account_id, source, region_id, run_id DESC) WHERE (status = 'ok'::text);
CREATE INDEX sync_runs_partition_idx ON syncer.sync_runs USING btree (account_id, source, region_id, run_id DESC);
CREATE INDEX sync_runs_unseen_idx ON syncer.sync_runs USING btree (account_id, source, region_id, started_at) WHERE (unseen_since IS NOT NULL);
COMMENT ON COLUMN syncer.sync_runs.held_digest IS 'Hash of the keys that were held: runs that miss the same rows have the same.';
COMMENT ON COLUMN syncer.sync_runs.unseen_since IS 'Of a run that was ok: when it was due by the last one that was ok before, if it began too late: more than five minutes, and more than twice what that one took, after that. Nobody looked from then until it began. NULL: it was in time.';

CREATE TABLE syncer.watch_cursors (
    name text NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT watch_cursors_pkey PRIMARY KEY (name, account_id, region_id)
);
COMMENT ON TABLE syncer.watch_cursors IS 'Up to which merge of a partition a rule has seen the changes.';

CREATE TABLE syncer.watches (
    name text NOT NULL,
    started_at timestamp with time zone NOT NULL DEFAULT now(),
    watched_at timestamp with time zone NOT NULL DEFAULT now(),
    told_at timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
    CONSTRAINT watches_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE syncer.watches IS 'One row per rule on changes, by its text, and one with no name for the watch itself.';
COMMENT ON COLUMN syncer.watches.started_at IS 'What happened before is not told.';
