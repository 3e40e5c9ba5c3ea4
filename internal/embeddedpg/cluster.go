package embeddedpg

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// confFile includes the cluster's postgresql.conf and then has our settings. It is written
// at every start. It is beside the cluster, because the cluster may belong to another user.
// postgresql.auto.conf, to which ALTER SYSTEM writes, is read after it and takes
// precedence.
const confFile = "syncer.conf"

// maxSocketPath is the longest path of a Unix socket on all systems (Linux allows 107
// bytes, macOS 103).
const maxSocketPath = 103

// initCluster creates the cluster if there is none, and returns the superuser's password.
func (h *home) initCluster(ctx context.Context, bin binaries) (password string, err error) {
	text, err := h.read(h.path(passwordFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	password = strings.TrimSpace(string(text))
	known := password != ""
	if !known {
		password = rand.Text()
	}

	major, err := h.major()
	if err != nil {
		return "", err
	}
	switch {
	case major == 0:
		h.logger.Info("making a private PostgreSQL", "data_dir", h.dir, "version", bin.version)
		err = h.createCluster(ctx, bin, password)
	case !known:
		// The file was lost, or the program died after it created the cluster and before it
		// wrote the file.
		err = h.singleUser(ctx, bin, h.cluster(), "ALTER ROLE "+user+" PASSWORD '"+password+"'")
	default:
		return password, nil
	}
	if err != nil {
		return "", err
	}
	// This comes last, so that a password in the file is always the cluster's.
	return password, WriteFile(h.path(passwordFile), []byte(password+"\n"), 0o600)
}

// createCluster works in a directory with another name and renames it at the end. So a
// directory with the cluster's name is always complete.
func (h *home) createCluster(ctx context.Context, bin binaries, password string) error {
	draft := h.cluster() + ".new"
	if err := removeDir(ctx, draft); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	pwfile := h.path(passwordFile) + ".initdb"
	defer func() { _ = os.Remove(pwfile) }()
	if err := WriteFile(pwfile, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	if err := h.giveAway(pwfile); err != nil {
		return err
	}
	if err := h.initdb(ctx, bin, draft, pwfile); err != nil {
		return err
	}
	if err := h.singleUser(ctx, bin, draft, "CREATE DATABASE "+database); err != nil {
		return err
	}
	if err := os.Rename(draft, h.cluster()); err != nil {
		return fmt.Errorf("put the new cluster in place: %w; "+
			"is there something else in %s? move it away", err, h.cluster())
	}
	return nil
}

// initdb sorts text by bytes, because an update of the system's locales would change
// another order under existing indexes. If the system has C.UTF-8, upper and lower case
// work for all languages.
func (h *home) initdb(ctx context.Context, bin binaries, dir, pwfile string) error {
	args := []string{
		"--pgdata=" + dir, "--username=" + user, "--pwfile=" + pwfile, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C",
	}
	if h.noSync {
		args = append(args, "--no-sync")
	}
	run := func(args ...string) ([]byte, error) {
		if err := h.mkdir(dir); err != nil {
			return nil, err
		}
		return h.command(ctx, bin.path("initdb"), args...).CombinedOutput()
	}
	out, err := run(append(args, "--lc-ctype=C.UTF-8")...)
	if err != nil && bytes.Contains(out, []byte("invalid locale")) {
		out, err = run(args...)
	}
	if err != nil {
		return fmt.Errorf("initdb: %w%s", err, lastLines(out))
	}
	return nil
}

// singleUser runs one statement in single-user mode, without a server.
func (h *home) singleUser(ctx context.Context, bin binaries, dir, statement string) error {
	args := []string{"--single", "-D", dir}
	if h.noSync {
		args = append(args, "-c", "fsync=off")
	}
	cmd := h.command(ctx, bin.postgres(), append(args, "postgres")...)
	cmd.Stdin = strings.NewReader(statement + "\n")
	out, err := cmd.CombinedOutput()
	if err == nil && bytes.Contains(out, []byte("ERROR:")) {
		err = errors.New("refused") // the exit status does not show it
	}
	if err != nil {
		verb, _, _ := strings.Cut(statement, " ") // the rest may contain a password
		return fmt.Errorf("run %s in single-user mode: %w%s", verb, err, lastLines(out))
	}
	return nil
}

// configure writes the server's settings.
func (h *home) configure(ctx context.Context, bin binaries, opts Options) error {
	settings := map[string]string{ // #nosec G101 -- password_encryption names a method
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"password_encryption":     "scram-sha-256",
		"max_connections":         "100",
		"shared_buffers":          "128MB",
		"max_wal_size":            "4GB",
		"wal_compression":         "on",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_line_prefix":         "%m [%p] ",
		"jit":                     "off",
		"log_checkpoints":         "off", // over years they would fill the disk
	}
	if h.accepts(ctx, bin, "wal_compression", "lz4") {
		settings["wal_compression"] = "lz4"
	}
	if h.noSync {
		settings["fsync"] = "off"
		settings["synchronous_commit"] = "off"
	}
	// Programs use TCP; the socket is for people with psql.
	if dir := h.path(socketDir); len(dir)+len("/.s.PGSQL.65535") <= maxSocketPath {
		if err := h.mkdir(dir); err != nil {
			return err
		}
		settings["unix_socket_directories"] = `"` + strings.ReplaceAll(dir, `"`, `""`) + `"`
	}
	maps.Copy(settings, opts.Settings)
	var b strings.Builder
	b.WriteString("# Written by syncer at every start. To change a setting: ALTER SYSTEM SET ...\n")
	b.WriteString("include '" + clusterDir + "/postgresql.conf'\n")
	quote := strings.NewReplacer(`'`, `''`, `\`, `\\`)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, quote.Replace(settings[name]))
	}
	// The server's user must read it.
	if err := WriteFile(h.path(confFile), []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write the server's settings: %w", err)
	}
	return nil
}

// accepts reports whether these programs were built with a value of a setting.
func (h *home) accepts(ctx context.Context, bin binaries, name, value string) bool {
	return h.command(ctx, bin.postgres(), "-D", h.cluster(), "-c", name+"="+value, "-C", name).Run() == nil
}
