package fetch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"syncer/source"

	"github.com/tidwall/gjson"
)

const patchRows = 100

// patchPage is a page of patch states; indented: as the API's documentation prints it.
func patchPage(indented bool) string {
	item := gjson.GetBytes(source.Page(source.InstancePatchStates.Name), "InstancePatchStates.0")
	text := item.Raw
	if !indented {
		text = item.Get("@ugly").Raw
	}
	return `{"InstancePatchStates":[` + strings.Repeat(text+",", patchRows-1) + text + `]}`
}

// BenchmarkDecode decodes pages: from the bytes of an answer, which are checked
// to be JSON, to rows. It compares this with encoding/json, which makes structs
// of strings of them, without numbers and times. Both take turns page by page,
// and medians count, so that little depends on what else the machine does.
// ratio tells how many times as many rows the decoder makes in the same time.
func BenchmarkDecode(b *testing.B) {
	for _, indented := range []bool{false, true} {
		b.Run(fmt.Sprintf("indented=%t", indented), func(b *testing.B) {
			body := patchPage(indented)
			raw := []byte(body)
			request := Request{Source: &source.InstancePatchStates, Sweep: &source.InstancePatchStates.Sweeps[0]}
			s := sweep{request: request, decoder: newDecoder(request)}
			var own, other []time.Duration
			for b.Loop() {
				start := time.Now()
				answer, ok := parseReply(body)
				s.once(1, answer, "")
				rows := s.decoder.page(answer.get("InstancePatchStates"))
				if next := answer.get("NextToken"); !ok || next.Exists() || len(rows) != patchRows {
					b.Fatal(len(rows))
				}
				own = append(own, time.Since(start))

				start = time.Now()
				var page struct {
					InstancePatchStates []struct {
						InstanceId, BaselineId, PatchGroup, OwnerInformation, OperationType, OperationStartTime, OperationEndTime string
						MissingCount, InstalledCount, InstalledOtherCount, InstalledPendingRebootCount                            string
						InstalledRejectedCount, FailedCount                                                                       string
					}
				}
				if err := json.Unmarshal(raw, &page); err != nil || len(page.InstancePatchStates) != patchRows {
					b.Fatal(err)
				}
				other = append(other, time.Since(start))
			}
			ownMedian, otherMedian := median(own).Seconds(), median(other).Seconds()
			b.ReportMetric(patchRows/ownMedian, "rows/s")
			b.ReportMetric(patchRows/otherMedian, "encoding/json-rows/s")
			b.ReportMetric(otherMedian/ownMedian, "ratio")
			b.ReportMetric(0, "ns/op") // of both together, which says nothing
		})
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
