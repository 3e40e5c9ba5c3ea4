package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"syncer/internal/embeddedpg"
	"syncer/text"
)

// tokenFile keeps the token that the first start made, in the data directory.
const tokenFile = "page-token"

// pageToken is the token of a status page for which none is configured: any user of
// this machine can connect to it, and a proxy can open it to the world. The first
// start makes it; where it cannot be kept, each start makes another.
func (p *program) pageToken(ctx context.Context, dir string) (token string, made bool) {
	token, path, err := keptToken(dir)
	if err != nil {
		token = rand.Text()
		p.log.WarnContext(ctx, "the token of the status page cannot be kept, so that each start makes another: configure server.token", "error", err)
	} else {
		p.log.InfoContext(ctx, "the status page asks for the token that is kept in a file", "file", path)
	}
	text.Hide("page", token)
	return token, true
}

func keptToken(dir string) (token, path string, err error) {
	if dir == "" {
		if dir, err = embeddedpg.DefaultDataDir(); err != nil {
			return "", "", err
		}
	}
	// As root, another user must not lead us astray: see embeddedpg.SecureDir.
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	if os.Geteuid() == 0 {
		if dir, err = embeddedpg.SecureDir(dir); err != nil {
			return "", "", err
		}
	}
	path = filepath.Join(dir, tokenFile)
	switch kept, err := os.ReadFile(path); { //nolint:gosec // the data directory is the operator's
	case err == nil && len(strings.TrimSpace(string(kept))) >= 16:
		return strings.TrimSpace(string(kept)), path, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user must get in
		return "", "", err
	}
	token = rand.Text()
	return token, path, embeddedpg.WriteFile(path, []byte(token+"\n"), 0o600)
}
