-- +goose Up
-- The outbox: what is to be told to whom. A row is written in the transaction that
-- notes what it tells as told, so that nothing is lost or told twice, and delivered
-- afterwards. Of a target, only the name is known here.
CREATE TABLE syncer.notifications (
    notification_id bigint GENERATED ALWAYS AS IDENTITY,
    target text NOT NULL,
    event_key text NOT NULL,
    message jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts bigint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    CONSTRAINT notifications_pkey PRIMARY KEY (notification_id),
    CONSTRAINT notifications_event_key UNIQUE (target, event_key)
);
CREATE INDEX notifications_due_idx ON syncer.notifications (target, next_attempt_at) WHERE delivered_at IS NULL AND given_up_at IS NULL;

CREATE TABLE syncer.alerts (
    account_name text NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    problem text NOT NULL,
    since timestamptz NOT NULL,
    told_at timestamptz,
    good_since timestamptz,
    looked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT alerts_pkey PRIMARY KEY (account_name, source, region_id)
);
COMMENT ON COLUMN syncer.alerts.looked_at IS 'When a configuration that has the partition last looked at it.';
COMMENT ON TABLE syncer.alerts IS 'Partitions in trouble, whether somebody was told, and since when they are well again.';

CREATE TABLE syncer.watches (
    name text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    watched_at timestamptz NOT NULL DEFAULT now(),
    told_at timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT watches_pkey PRIMARY KEY (name)
);
COMMENT ON COLUMN syncer.watches.started_at IS 'What happened before is not told.';
COMMENT ON TABLE syncer.watches IS 'One row per rule on changes, by its text, and one with no name for the watch itself.';

CREATE TABLE syncer.watch_cursors (
    name text NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT watch_cursors_pkey PRIMARY KEY (name, account_id, region_id)
);
COMMENT ON TABLE syncer.watch_cursors IS 'Up to which merge of a partition a rule has seen the changes.';

CREATE VIEW alicloud.notifications AS
SELECT
    created_at,
    target,
    message ->> 'event' AS event,
    message ->> 'title' AS title,
    attempts,
    CASE
        WHEN delivered_at IS NOT NULL THEN 'delivered'
        WHEN given_up_at IS NOT NULL THEN 'given up'
        ELSE 'waiting'
    END AS state,
    coalesce(delivered_at, given_up_at) AS ended_at,
    last_error
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

-- +goose Down
DROP VIEW alicloud.notifications;
DROP TABLE syncer.watch_cursors;
DROP TABLE syncer.watches;
DROP TABLE syncer.alerts;
DROP TABLE syncer.notifications;
