package pgtest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Standby starts a server that follows this one by streaming replication. It ends with
// the test.
func (p *Private) Standby(t testing.TB) *Private {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var programs string
	if err := conn.QueryRow(t.Context(), "SELECT setting FROM pg_config() WHERE name = 'BINDIR'").Scan(&programs); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(programs, "pg_basebackup")
	if _, err := os.Stat(backup); err != nil {
		if All() {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := Dir(t)
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the server's user must get in
		t.Fatal(err)
	}
	password, err := os.ReadFile(filepath.Join(p.dir, "password"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "password"), password, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	cluster := filepath.Join(dir, "postgres")
	out, err := exec.CommandContext(t.Context(), backup, "--dbname="+p.URL(), "--pgdata="+cluster, "--write-recovery-conf", "--checkpoint=fast", "--no-sync").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(p.dir, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	err = filepath.WalkDir(cluster, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(owner.Uid), int(owner.Gid))
	})
	if err != nil {
		t.Fatal(err)
	}
	return ServerIn(t, dir)
}
