package fetch

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"syncer/source"

	"github.com/tidwall/gjson"
)

// patchPage is a page of 100 patch states.
func patchPage() string {
	body, err := os.ReadFile("testdata/ListInstancePatchStates.json")
	if err != nil {
		panic(err)
	}
	item := gjson.GetBytes(body, "InstancePatchStates.0").Raw
	return `{"InstancePatchStates":[` + strings.Repeat(item+",", 99) + item + `]}`
}

func BenchmarkDecode(b *testing.B) {
	body := patchPage()
	d := newDecoder(Request{Source: &source.InstancePatchStates, Sweep: &source.InstancePatchStates.Sweeps[0]})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if rows := d.page(gjson.Get(body, "InstancePatchStates")); len(rows) != 100 {
			b.Fatal(len(rows))
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkEncodingJSON is what BenchmarkDecode is compared with: the same page
// into structs of strings, without making numbers and times of them.
func BenchmarkEncodingJSON(b *testing.B) {
	body := []byte(patchPage())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var page struct {
			InstancePatchStates []struct {
				InstanceId, BaselineId, PatchGroup, OwnerInformation, OperationType, OperationStartTime, OperationEndTime string
				MissingCount, InstalledCount, InstalledOtherCount, InstalledPendingRebootCount                            string
				InstalledRejectedCount, FailedCount                                                                       string
			}
		}
		if err := json.Unmarshal(body, &page); err != nil || len(page.InstancePatchStates) != 100 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
