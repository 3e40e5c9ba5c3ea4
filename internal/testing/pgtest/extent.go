package pgtest

import (
	"os"
	"testing"
)

// All reports whether all tests run, also the slow ones: SYNCER_TEST_ALL is 1.
func All() bool { return os.Getenv("SYNCER_TEST_ALL") == "1" }

// Few returns how often a test does something: the full number if all tests run, otherwise
// fewer.
func Few(less, all int) int {
	if All() {
		return all
	}
	return less
}

// Slow skips a test that takes much longer than most, unless all run or SYNCER_TEST_SLOW is 1.
func Slow(t testing.TB) {
	t.Helper()
	if !All() && os.Getenv("SYNCER_TEST_SLOW") != "1" {
		t.Skip("it is slow: SYNCER_TEST_ALL=1 runs it")
	}
}

// Lacks skips a test because a program is missing. If SYNCER_TEST_TOOLS is 1, as where all
// programs are installed, it fails the test instead.
func Lacks(t testing.TB, what any) {
	t.Helper()
	if os.Getenv("SYNCER_TEST_TOOLS") == "1" {
		t.Fatal("SYNCER_TEST_TOOLS=1 skips no test: ", what)
	}
	t.Skip(what)
}
