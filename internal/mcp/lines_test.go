package mcp

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLinesThatAreNoJSON: they are answered, and what comes after them is read.
func TestLinesThatAreNoJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	read, err := io.ReadAll(newLines(strings.NewReader("garbage\n\n"+`{"method":"notifications/initialized"}`+"\n{"), &out))
	require.NoError(t, err)
	require.Equal(t, `{"method":"notifications/initialized"}`+"\n", string(read))
	require.Equal(t, invalid+invalid, out.String())
}

// TestTheEndWaitsForAnswers: the input ends, for the library, once each call that was not
// called off has its answer.
func TestTheEndWaitsForAnswers(t *testing.T) {
	t.Parallel()
	const calls = `{"id":1,"method":"a"}
{"id":"1","method":"b"}
{"id":2,"method":"c"}
{"method":"notifications/cancelled","params":{"requestId":2}}
`
	l := newLines(strings.NewReader(calls), io.Discard)
	got := make([]byte, len(calls))
	_, err := io.ReadFull(l, got)
	require.NoError(t, err)
	require.Equal(t, calls, string(got))
	ended := make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 1))
		ended <- err
	}()
	for _, answer := range []string{`{"id":1.0,"result":{}}`, `{"id":"1","error":{}}`} {
		select {
		case err := <-ended:
			t.Fatal("it has ended before ", answer, err)
		default:
		}
		_, err := l.Write([]byte(answer + "\n"))
		require.NoError(t, err)
	}
	require.ErrorIs(t, <-ended, io.EOF)
}
