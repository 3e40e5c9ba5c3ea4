package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openTerminal is both ends of a pseudo-terminal that is so many columns wide.
func openTerminal(t *testing.T, columns uint16) (screen, program *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = program.Close() })
	require.NoError(t, unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: 50}))
	return screen, program
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestChecksOnATerminal: there, lines are no longer than it is wide, and marks have
// a colour, unless the user wants none.
func TestChecksOnATerminal(t *testing.T) {
	t.Parallel()
	report := checkReport{Checks: []finding{
		{Check: "configuration", Result: resultOK, Found: "schedule.yaml: 7 sources of 1 account"},
		{Check: "instance_patch_states", Account: "production", Region: "cn-hangzhou", Result: resultFailed, Found: strings.Repeat("found ", 30), Remedy: strings.Repeat("do ", 30)},
		{Check: "sources", Account: "production", Result: resultSkipped, Found: "13 calls not tried"},
	}}
	for _, c := range []struct {
		env     map[string]string
		colours bool
	}{
		{nil, true},
		{map[string]string{"NO_COLOR": "1"}, false},
		{map[string]string{"TERM": "dumb"}, false},
	} {
		const columns = 110
		screen, terminal := openTerminal(t, columns)
		p := &program{stdout: terminal, getenv: func(k string) string { return c.env[k] }}
		p.printChecks(report)
		require.NoError(t, terminal.Close())
		shown, err := io.ReadAll(screen)
		require.ErrorIs(t, err, unix.EIO, "which is the end of a terminal")
		text := string(shown)
		require.Equal(t, c.colours, escapes.MatchString(text))
		if c.colours {
			require.Contains(t, text, "\x1b[32m✓\x1b[0m")
			require.Contains(t, text, "\x1b[31m✗\x1b[0m")
		}
		for line := range strings.Lines(escapes.ReplaceAllString(text, "")) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\r\n")), columns, line)
		}
		require.Contains(t, text, "→ do")
	}
}
