package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/store"
)

// Erase takes away what was told, or is to be told, of what is erased of an account. A
// message that waits and tells of others, too, loses what it says of it.
func Erase(ctx context.Context, tx pgx.Tx, e *store.Erasure) (err error) {
	defer wrap(&err, "erase the messages of account %s", e.AccountID)
	for _, p := range e.Partitions {
		if _, err := tx.Exec(ctx, "DELETE FROM syncer.alerts WHERE account_name = ANY ($1::text[]) AND source = $2 AND region_id = $3", e.Names, p.Source.Name, p.RegionID); err != nil {
			return err
		}
	}
	if e.Whole {
		if _, err := tx.Exec(ctx, "DELETE FROM syncer.alerts WHERE account_name = ANY ($1::text[])", e.Names); err != nil {
			return err
		}
	}
	rows, err := tx.Query(ctx, `SELECT n.notification_id, n.message, n.delivered_at IS NULL AND n.given_up_at IS NULL
FROM syncer.notifications AS n
WHERE EXISTS (SELECT FROM jsonb_array_elements(n.message -> 'about') AS a WHERE a ->> 'account' = ANY ($1::text[]))
FOR UPDATE OF n`, e.Names)
	if err != nil {
		return err
	}
	type message struct {
		ID      int64
		Content json.RawMessage
		Waits   bool
	}
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[message])
	if err != nil {
		return err
	}
	for _, m := range messages {
		var k kept
		if err := json.Unmarshal(m.Content, &k); err != nil {
			return fmt.Errorf("message %d: %w", m.ID, err)
		}
		before := len(k.About)
		switch k.without(e); {
		case len(k.About) == before:
			continue
		case m.Waits && len(k.About) > 0:
			content, err := json.Marshal(k)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "UPDATE syncer.notifications SET message = $2 WHERE notification_id = $1", m.ID, content)
			if err != nil {
				return err
			}
		default:
			if _, err := tx.Exec(ctx, "DELETE FROM syncer.notifications WHERE notification_id = $1", m.ID); err != nil {
				return err
			}
		}
	}
	if !e.Whole {
		return nil
	}
	// Others' messages may quote the ID: the refusal of a role in it, say.
	_, err = tx.Exec(ctx, `UPDATE syncer.notifications
SET message = regexp_replace(message::text, $1, '…', 'g')::jsonb, last_error = regexp_replace(last_error, $1, '…', 'g')
WHERE message::text ~ $1 OR last_error ~ $1`, e.IDPattern())
	return err
}

// without takes the parts about what is erased out of a message.
func (k *kept) without(e *store.Erasure) {
	erased := func(s subject) bool {
		return slices.Contains(e.Names, s.Account) && (e.Whole || slices.ContainsFunc(e.Partitions, func(p store.Partition) bool {
			return p.Source.Name == s.Source && p.RegionID == s.Region
		}))
	}
	about := slices.DeleteFunc(slices.Clone(k.About), erased)
	if len(about) == len(k.About) {
		return
	}
	var lines []string
	named := 0
	for i, line := range k.Lines {
		if i < k.Named && erased(k.About[i]) {
			continue
		}
		if i < k.Named {
			named++
		}
		lines = append(lines, line)
	}
	if len(about) > 0 { // the title may name the first, and how many more there are
		k.Title = strings.Replace(k.Title, k.About[0].name(), about[0].name(), 1)
		k.Title = strings.Replace(k.Title, andMore(len(k.About)-1)+":", strings.TrimSuffix(andMore(len(about)-1)+":", andMore(0)+":"), 1)
	}
	if i := slices.Index(lines, strings.TrimSpace(andMore(len(k.About)-k.Named))); i >= 0 {
		if lines[i] = strings.TrimSpace(andMore(len(about) - named)); len(about) == named {
			lines = slices.Delete(lines, i, i+1)
		}
	}
	k.Lines, k.About, k.Named = lines, about, named
}
