-- +goose Up
CREATE TABLE syncer.merging (
    account_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    region_id text COLLATE "C" NOT NULL,
    merge_id bigint GENERATED ALWAYS AS IDENTITY (CYCLE),
    not_before timestamptz NOT NULL,
    pid bigint NOT NULL,
    CONSTRAINT merging_pkey PRIMARY KEY (account_id, merge_id)
);
COMMENT ON TABLE syncer.merging IS 'Merges under way. A row is committed before the merge reads its moment, and deleted by the merge itself: whoever does not see what the merge wrote sees the row.';
COMMENT ON COLUMN syncer.merging.pid IS 'Session that merges. It holds a lock on this table, ROW EXCLUSIVE, while the merge lasts.';
COMMENT ON COLUMN syncer.merging.not_before IS 'The moment of the merge is not before this one.';

-- +goose StatementBegin
CREATE FUNCTION alicloud.settled_at()
RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION alicloud.settled_at() IS 'Moment before which nothing will change any more: now, or a little earlier while syncs are being written; on a standby the end of the last sync that it shows. Read changes and as-of up to it, not including it, and go on from it.';

-- +goose Down
DROP FUNCTION alicloud.settled_at();
DROP TABLE syncer.merging;
