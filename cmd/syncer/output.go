package main

import (
	"io"
	"os"
)

// A resultWriter is where results are printed. It remembers its first error, so that a
// command whose result did not arrive does not end as if it had.
type resultWriter struct {
	io.Writer
	err error
}

func (o *resultWriter) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.Writer.Write(b)
	o.err = err
	return n, err
}

// file is the file behind a writer; nil: there is none.
func file(w io.Writer) *os.File {
	if o, ok := w.(*resultWriter); ok {
		w = o.Writer
	}
	f, _ := w.(*os.File)
	return f
}
