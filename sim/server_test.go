package sim

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// TestCentresByEndpoint: whom a call asks is told by the host alone. Alibaba's
// maintained SDK sends no RegionId to Security Center, and gets the rows of the
// centre that it asked.
func TestCentresByEndpoint(t *testing.T) {
	t.Parallel()
	world := NewFleet(FleetOptions{Seed: 1, Servers: 60})
	cloud, plain := setup(t, Options{World: world})
	server, err := Serve("127.0.0.1:0", cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	uuids := func(body map[string]any) (list []string) {
		for _, item := range body["Instances"].([]any) {
			list = append(list, item.(map[string]any)["Uuid"].(string))
		}
		return list
	}
	for _, region := range centres {
		var want []string
		for _, item := range ask(t, world, "DescribeCloudCenterInstances", region, noon) {
			want = append(want, member(item, "Uuid"))
		}
		sdk := newSDK(t, server.Centres[region], first.AccessKeyID, first.AccessKeySecret, "")
		if got := uuids(sdkV2Call(t, sdk, http.MethodPost, "DescribeCloudCenterInstances", "PageSize", "100")); len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s answers %d servers, want its own %d", region, len(got), len(want))
		}
	}
	// One machine for all host names is China's centre, and OOS of the region that is
	// named.
	sdk := newSDK(t, plain.URL, first.AccessKeyID, first.AccessKeySecret, "")
	if got, want := uuids(sdkV2Call(t, sdk, http.MethodGet, "DescribeCloudCenterInstances", "PageSize", "100")), len(ask(t, world, "DescribeCloudCenterInstances", "cn-hangzhou", noon)); len(got) != want {
		t.Errorf("without a region: %d servers, want %d", len(got), want)
	}
}

func TestEndpointOf(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"tds.cn-shanghai.aliyuncs.com":        "cn-hangzhou",
		"tds.ap-southeast-1.aliyuncs.com:443": "ap-southeast-1",
		"oos.cn-shanghai.aliyuncs.com":        "cn-shanghai",
		"oos-vpc.me-central-1.aliyuncs.com":   "me-central-1",
		"sts.aliyuncs.com":                    "",
		"127.0.0.1:18080":                     "",
		"localhost":                           "",
	} {
		r := httptest.NewRequest(http.MethodPost, "http://"+host+"/", http.NoBody)
		if got := EndpointOf(r); got != want {
			t.Errorf("%s is of %q, want %q", host, got, want)
		}
	}
	// Security Center has no centre there.
	cloud, _ := setup(t, Options{})
	server := httptest.NewServer(Endpoint("cn-shanghai", cloud))
	t.Cleanup(server.Close)
	if a := call(t, server, "ListAgentlessTask"); a.status != http.StatusNotFound || a.Code != "InvalidRegionId" {
		t.Errorf("another region's endpoint: %d %s", a.status, a.Code)
	}
	if a := call(t, server, "ListInstancePatchStates", "RegionId", ""); a.status != http.StatusOK || len(a.items(t)) == 0 {
		t.Errorf("OOS of that endpoint: %d %s", a.status, a.Code)
	}
}
