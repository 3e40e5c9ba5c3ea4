package store

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// remedies are what to do about errors of the server, by SQLSTATE or its class.
var remedies = []struct {
	is     func(code string) bool
	remedy string
}{
	{code(pgerrcode.ProtocolViolation), noPooler},       // "unsupported startup parameter"
	{code(pgerrcode.InvalidSQLStatementName), noPooler}, // a prepared statement that another session has
	{code(pgerrcode.ReadOnlySQLTransaction), "let the database take changes: syncer check says what makes it read-only"},
	{pgerrcode.IsInvalidAuthorizationSpecification, "check the user and the password in the database URL, and the server's pg_hba.conf"},
	{code(pgerrcode.InvalidCatalogName), "make the database (CREATE DATABASE), or name another in the database URL"},
	{code(pgerrcode.InsufficientPrivilege), "grant the user what it lacks, or connect as the owner of the database"},
	{code(pgerrcode.DiskFull), "the disk of the database server is full: make room on it"},
	{code(pgerrcode.TooManyConnections), "the server is out of connections: raise its max_connections, or let fewer programs connect"},
	{code(pgerrcode.LockNotAvailable), "somebody reads what must be changed: try again once that has ended (pg_stat_activity tells who)"},
	{code(pgerrcode.CannotConnectNow), "the server is starting or stopping: try again"},
}

func code(code string) func(string) bool { return func(other string) bool { return other == code } }

const noServer = "check that the server runs, that the database URL has its host and port, and that no firewall is in between"

// Advice says of an error of the database what happened, on one line, and what
// to do. An error that tells that itself has no remedy.
func Advice(err error) (what, remedy string) {
	if e, ok := errors.AsType[*connectError](err); ok {
		return e.what, e.remedy
	}
	what = strings.Join(strings.Fields(err.Error()), " ")
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		what = fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.Code)
		for _, r := range remedies {
			if r.is(e.Code) {
				return what, r.remedy
			}
		}
		return what, ""
	}
	// Only what kept from the database: a bucket or the cloud may be out of reach, too.
	tried, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return what, ""
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](tried); ok {
		return e.Error(), "name the server's certificate by sslrootcert in the database URL"
	}
	if e, ok := errors.AsType[*net.DNSError](tried); ok {
		return e.Error(), "check the host in the database URL, and the DNS of this machine"
	}
	if e, ok := errors.AsType[*net.OpError](tried); ok {
		what = e.Error()
	} else { // a line for each try: the last one
		lines := strings.Split(strings.TrimSpace(tried.Unwrap().Error()), "\n")
		what = strings.TrimSpace(lines[len(lines)-1])
	}
	if strings.Contains(what, "refused TLS") {
		return what, "let the server offer TLS (ssl = on), or say sslmode=disable in the database URL where nobody listens on the way"
	}
	return what, noServer
}
