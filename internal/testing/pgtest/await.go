package pgtest

import (
	"fmt"
	"testing"
	"time"
)

// awaitMargin is the part of a test's time that is kept to report what it waited for, and
// to clean up.
const awaitMargin = 30 * time.Second

// Await waits until something is true. It gives up only when the test's own time is nearly
// over (go test's -timeout), because how long things take on a busy machine is not tested.
func Await(t testing.TB, isSo func() bool, why ...any) {
	t.Helper()
	end := time.Now().Add(10 * time.Minute)
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, limited := d.Deadline(); limited {
			end = deadline.Add(-awaitMargin)
		}
	}
	for !isSo() {
		if time.Now().After(end) {
			text := "it never was so"
			if len(why) > 0 {
				text = fmt.Sprint(why[0])
			}
			if len(why) > 1 {
				text = fmt.Sprintf(text, why[1:]...)
			}
			t.Fatal(text)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
