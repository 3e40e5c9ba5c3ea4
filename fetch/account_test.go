package fetch

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for in, want := range map[[2]string]string{
		{"Sas", "cn-hangzhou"}:    "tds.cn-shanghai.aliyuncs.com",
		{"Sas", "ap-southeast-1"}: "tds.ap-southeast-1.aliyuncs.com",
		{"oos", "cn-shanghai"}:    "oos.cn-shanghai.aliyuncs.com",
		{"Sts", "cn-hangzhou"}:    "sts.aliyuncs.com",
		{"ecs", "cn-beijing"}:     "ecs.cn-beijing.aliyuncs.com",
	} {
		got, err := new(Client).endpoint(in[0], in[1], "")
		require.NoError(t, err)
		require.Equal(t, endpoint{"https", want}, got)
	}
	for in, want := range map[[2]string]string{ // region and template
		{"cn-hangzhou", "tds.{centre}.aliyuncs.com"}:    "tds.cn-shanghai.aliyuncs.com",
		{"ap-southeast-1", "tds.{centre}.aliyuncs.com"}: "tds.ap-southeast-1.aliyuncs.com",
		{"cn-beijing", "oos.{region}.aliyuncs.com"}:     "oos.cn-beijing.aliyuncs.com",
		{"cn-hangzhou", "oos.{region}.aliyuncs.com"}:    "oos.cn-hangzhou.aliyuncs.com",
		{"cn-hangzhou", "ram.aliyuncs.com"}:             "ram.aliyuncs.com",
	} {
		got, err := new(Client).endpoint("other", in[0], in[1])
		require.NoError(t, err)
		require.Equal(t, endpoint{"https", want}, got)
	}
	_, err := new(Client).endpoint("oos", "evil.example/", "oos.{region}.aliyuncs.com")
	require.ErrorContains(t, err, "no region ID")
	_, err = productEndpoint("oos", "evil.example/")
	require.ErrorContains(t, err, "no region ID")
	for in, want := range map[string]endpoint{
		"tds-vpc.aliyuncs.com":          {"https", "tds-vpc.aliyuncs.com"},
		"127.0.0.1:18080":               {"https", "127.0.0.1:18080"},
		"http://127.0.0.1:18080/":       {"http", "127.0.0.1:18080"},
		"https://oos.aliyuncs.com":      {"https", "oos.aliyuncs.com"},
		"oos-vpc.{region}.aliyuncs.com": {"https", "oos-vpc.cn-shanghai.aliyuncs.com"},
	} {
		got, err := parseEndpoint(in, "cn-shanghai")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"ftp://x", "http://", "https://u:" + testSecret + "@x", "https://x/path", "https://x?y", "https://" + testSecret + "%zz"} {
		_, err := parseEndpoint(in, "cn-hangzhou")
		require.Error(t, err, in)
		require.NotContains(t, err.Error(), testSecret)
	}
}

// TestEndpointsOfRegions: an account may name an address for each region, as the
// centres of Security Center have inside a VPC.
func TestEndpointsOfRegions(t *testing.T) {
	t.Parallel()
	c, err := NewClient(Account{
		Credentials: Credentials{Type: "access_key", AccessKeyID: testID, AccessKeySecret: testSecret},
		Endpoints: map[string]string{
			"sas/cn-hangzhou":    "tds.vpc-proxy.aliyuncs.com",
			"sas/ap-southeast-1": "",
			"oos":                "oos-vpc.{region}.aliyuncs.com",
			"oos/cn-hangzhou":    "http://127.0.0.1:1",
		},
	}, Options{})
	require.NoError(t, err)
	for in, want := range map[[2]string]endpoint{
		{"Sas", "cn-hangzhou"}:    {"https", "tds.vpc-proxy.aliyuncs.com"},
		{"Sas", "ap-southeast-1"}: {"https", "tds.ap-southeast-1.aliyuncs.com"},
		{"oos", "cn-hangzhou"}:    {"http", "127.0.0.1:1"},
		{"oos", "me-central-1"}:   {"https", "oos-vpc.me-central-1.aliyuncs.com"},
	} {
		got, err := c.endpoint(in[0], in[1], "")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestNewClientTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		account Account
		options Options
		want    string
	}{
		{account: Account{Credentials: Credentials{Type: "password"}}, want: "unknown type"},
		{account: Account{Credentials: Credentials{Type: "ram_role_arn", AccessKeyID: "i", AccessKeySecret: "s"}}, want: "role_arn"},
		{account: Account{Endpoints: map[string]string{"sas": "ftp://x"}}, want: "endpoint of sas"},
		{options: Options{Timeout: -1}, want: "negative"},
		{account: Account{Credentials: Credentials{
			Type: "oidc", OIDCProviderARN: "a", OIDCTokenFile: "f", RoleARN: "r",
		}, Endpoints: map[string]string{"sts": "http://x"}}, want: "https only"},
	} {
		_, err := NewClient(tt.account, tt.options)
		require.ErrorContains(t, err, tt.want)
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	t.Parallel()
	a := Account{Name: "a", Credentials: Credentials{Type: "sts", AccessKeyID: testID, AccessKeySecret: testSecret, SecurityToken: testToken}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("account", "credentials", a.Credentials)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %q", a, a, a, a, a), fmt.Sprint(&a), log.String()} {
		for _, secret := range []string{testID, testSecret, testToken} {
			require.NotContains(t, text, secret)
		}
		require.Contains(t, text, "sts")
	}
}
