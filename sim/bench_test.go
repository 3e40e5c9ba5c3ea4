package sim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// The two benchmarks together tell what the gateway costs and what the wire and
// the client add. Read items/s.

// BenchmarkPages serves pages of 100 to a client that only reads.
func BenchmarkPages(b *testing.B) {
	for _, action := range []string{"ListInstancePatchStates", "DescribeCloudCenterInstances"} {
		for name, gzipped := range map[string]bool{"plain": false, "gzip": true} {
			b.Run(action+"/"+name, func(b *testing.B) {
				_, server := setup(b, Options{World: NewFleet(FleetOptions{Servers: 1_000_000}), FullPages: true})
				client := &http.Client{Transport: &http.Transport{DisableCompression: !gzipped}}
				defer client.CloseIdleConnections()
				for b.Loop() {
					res, err := client.Get(server.URL + "/?" + signed(first, action, params("MaxResults", "100", "PageSize", "100")).Encode())
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, res.Body); err != nil {
						b.Fatal(err)
					}
					_ = res.Body.Close()
				}
				b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "items/s")
			})
		}
	}
}

// BenchmarkGateway answers the same pages without a network.
func BenchmarkGateway(b *testing.B) {
	c := New(Options{
		Accounts: []Account{first}, World: NewFleet(FleetOptions{Servers: 1_000_000}), FullPages: true,
		Clock: func() time.Time { return noon },
	})
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/?"+signed(first, "ListInstancePatchStates", params("MaxResults", "100")).Encode(), nil)
		c.ServeHTTP(httptest.NewRecorder(), r)
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}
