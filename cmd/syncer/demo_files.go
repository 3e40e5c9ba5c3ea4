package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"syncer/internal/embeddedpg"
	"syncer/sim"
	"syncer/worker"
)

// writeDemoConfig writes the schedule.yaml that makes other commands speak of the demo,
// and returns its path. It holds the password of the demo's database, as the file
// beside it does.
func writeDemoConfig(dir, listen string, db *database, cloud *sim.Server, accounts []sim.Account, wired *worker.Config) (string, error) {
	type object = map[string]any
	sas := object{}
	for region, url := range cloud.Centres {
		sas[region] = url
	}
	var list []object
	for i, a := range wired.Accounts {
		account := object{
			"name":                    a.Name,
			"credentials":             object{"type": "access_key", "access_key_id": accounts[i].AccessKeyID, "access_key_secret": accounts[i].AccessKeySecret},
			"endpoints":               object{"sas": sas, "oos": cloud.URL, "sts": cloud.URL},
			"security_center_regions": a.SecurityCenterRegions,
			"oos_regions":             a.OOSRegions,
		}
		if a.Members != nil {
			account["members"] = object{"role": a.Members.Role}
		}
		list = append(list, account)
	}
	sources := object{}
	for _, src := range demoSources {
		sources[src.Name] = object{"schedule": demoSchedule, "enabled": true, "allow_shrink": src.Off}
	}
	text, err := yaml.Marshal(object{
		"database": object{"url": db.Pool().Config().ConnString()},
		"timezone": demoTimezone,
		"server":   object{"listen": listen},
		"accounts": list,
		"sources":  sources,
	})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "schedule.yaml")
	const head = "# Of syncer demo, for commands that look at it while it runs. Each start writes it anew.\n"
	if err := os.WriteFile(path, append([]byte(head), text...), 0o600); err != nil {
		return "", fmt.Errorf("write the demo's configuration: %w", err)
	}
	return path, nil
}

var demoDir = regexp.MustCompile(`^demo-\d+$`)

// removeDemos removes what demos of all sizes have left behind.
func (p *program) removeDemos(ctx context.Context, yes bool) error {
	dir, err := embeddedpg.DefaultDataDir()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var demos []string
	for _, e := range entries {
		if !e.IsDir() || !demoDir.MatchString(e.Name()) {
			continue
		}
		demo := filepath.Join(dir, e.Name())
		size, err := sizeOf(demo)
		if err != nil {
			return err
		}
		p.printf("%s: %d MB\n", demo, size>>20)
		demos = append(demos, demo)
	}
	if len(demos) == 0 {
		p.printf("There is no demo in %s.\n", dir)
		return nil
	}
	if !yes && !p.saysYes("To remove these, type yes: ") {
		return errors.New("called off: nothing was removed; --yes removes without asking")
	}
	for _, demo := range demos {
		err := embeddedpg.RemoveUnused(ctx, demo)
		if e, inUse := errors.AsType[*embeddedpg.InUseError](err); inUse {
			return fmt.Errorf("the demo in %s is running, as process %d: end it first", demo, e.PID)
		}
		if err != nil {
			return err
		}
		p.printf("%s is removed.\n", demo)
	}
	return nil
}

// saysYes asks a person.
func (p *program) saysYes(question string) bool {
	fmt.Fprint(p.stderr, question)
	if p.stdin == nil {
		fmt.Fprintln(p.stderr)
		return false
	}
	lines := bufio.NewScanner(p.stdin)
	lines.Scan()
	return strings.TrimSpace(lines.Text()) == "yes"
}

// sizeOf is how many bytes a directory's files have. A file that goes meanwhile has none.
func sizeOf(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
