package store

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// IsCode reports whether an error is one of the server's with one of these SQLSTATEs.
func IsCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(codes, e.Code)
}

// isInUse: a lock was not to be had in time, or only by undoing this transaction.
func isInUse(err error) bool {
	return IsCode(err, pgerrcode.LockNotAvailable, pgerrcode.DeadlockDetected)
}

// isPartitionMissed: a version fits none of the partitions that the statement was
// planned with. A constraint of the table itself has the same SQLSTATE, and another text.
func isPartitionMissed(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == pgerrcode.CheckViolation && strings.Contains(e.Message, "partition constraint")
}
