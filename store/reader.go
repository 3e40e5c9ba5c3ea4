package store

import (
	"context"
	"fmt"
)

// grantReader gives the role syncer_reader, which BI tools log in with, all of
// schema alicloud, and makes the role where it is missing and may be made.
//
// Migration 1 does so too, for what was there by then and for what its user makes
// later. This holds whoever migrates, whenever the role came (it belongs to the
// server, so that no dump of a database holds it), and whatever rights PUBLIC has.
func (s *Store) grantReader(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `DO $$
BEGIN
    -- Two who change one object's rights at once would both fail.
    LOCK TABLE syncer.goose_db_version IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regnamespace('alicloud') IS NULL THEN
        RETURN; -- taken down meanwhile
    END IF;
    BEGIN
        IF to_regrole('syncer_reader') IS NULL THEN
            CREATE ROLE syncer_reader NOLOGIN;
        END IF;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL; -- by another database's migration, just now
    END;
    GRANT USAGE ON SCHEMA alicloud TO syncer_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA alicloud TO syncer_reader;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA alicloud TO syncer_reader;
EXCEPTION
    WHEN insufficient_privilege THEN NULL; -- without the role syncer does its work: docs/bi.md says how an administrator makes it
END
$$`)
	if err != nil {
		return fmt.Errorf("give syncer_reader its rights: %w", err)
	}
	return nil
}
