package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

var decodeRatio = regexp.MustCompile(`([0-9.]+) ratio`)

// decode runs fetch's benchmark: bytes of a page to rows on one core, compared with
// encoding/json into a struct. It runs `go test`, because the decoder is not exported.
func decode(ctx context.Context, report func(figure)) error {
	out, err := exec.CommandContext(ctx, "go", "test", "./fetch", "-run", "^$", "-bench", "Decode/indented=false", "-benchtime", "3s", "-cpu", "1").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go test -bench: %w\n%s", err, out)
	}
	found := decodeRatio.FindSubmatch(out)
	if found == nil {
		return fmt.Errorf("go test -bench reported no ratio\n%s", out)
	}
	ratio, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return err
	}
	report(figure{Name: "decode_rows_per_s_core", Value: ratio, Unit: "encoding/json", Limit: 2, atLeast: true})
	return nil
}
