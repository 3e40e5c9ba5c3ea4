package store

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
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

// IsAway reports whether the database could not be reached, or does not take sessions
// at the moment: trying again later can help, and nobody need change anything here.
func IsAway(err error) bool {
	if _, answered := errors.AsType[*pgconn.PgError](err); answered {
		return IsCode(err, pgerrcode.CannotConnectNow, pgerrcode.AdminShutdown, pgerrcode.CrashShutdown, pgerrcode.TooManyConnections)
	}
	if _, refused := errors.AsType[*tls.CertificateVerificationError](err); refused || errors.Is(err, context.Canceled) {
		return false
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[*net.OpError](err)
	return connecting || network || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
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

// IsUnreachable reports whether an error is that no connection to the database came about.
func IsUnreachable(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}
