package pgtest

import (
	"os"
	"testing"
)

// All reports whether everything is tested, however long it takes: SYNCER_TEST_ALL
// is 1.
func All() bool { return os.Getenv("SYNCER_TEST_ALL") == "1" }

// Few is what a test does of something: all of it where everything is tested, else
// less, for who waits.
func Few(less, all int) int {
	if All() {
		return all
	}
	return less
}

// Lacks skips a test for want of a program, or fails it where SYNCER_TEST_TOOLS is 1,
// as where all programs are installed.
func Lacks(t testing.TB, what any) {
	t.Helper()
	if os.Getenv("SYNCER_TEST_TOOLS") == "1" {
		t.Fatal("SYNCER_TEST_TOOLS=1 skips no test: ", what)
	}
	t.Skip(what)
}
