package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	accounts := `
server: {listen: "0.0.0.0:8080", token: "${SYNCER_TOKEN}"}
notify: {targets: [{name: ops, type: dingtalk, url: "${WEBHOOK}", secret: "${WEBHOOK_SECRET}"}]}
accounts:
  - name: production
    credentials: {type: access_key, access_key_id: "${KEY}", access_key_secret: "${SECRET}"}
    assume_role: acs:ram::1234567890123456:role/reader
  - name: staging
    credentials: {type: ram_role_arn, access_key_id: k, access_key_secret: s, role_arn: "acs:ram::6543210987654321:role/first"}
    assume_role: acs:ram::6543210987654321:role/second
  - {name: directory, members: {role: reader}, oos_regions: all}
  - name: oidc
    credentials: {type: oidc, role_arn: "acs:ram::1:role/r", oidc_provider_arn: "acs:ram::1:oidc-provider/p", oidc_token_file: /token}
sources:
`
	for _, s := range source.All {
		if s.Name != source.PublishBatches.Name && s.Name != source.InstancePatchStates.Name {
			accounts += "  " + s.Name + ": {enabled: false}\n"
		}
	}
	read := source.Statement{
		Effect:   "Allow",
		Action:   []string{"oos:ListInstancePatchStates", "yundun-sas:GetCurrentVersionPublish", "yundun-sas:ListPublishBatch"},
		Resource: "*",
	}
	listing := source.Statement{
		Effect: "Allow",
		Action: []string{
			"oos:DescribeRegions", "oos:ListInstancePatchStates",
			"yundun-sas:GetCurrentVersionPublish", "yundun-sas:ListAccountsInResourceDirectory", "yundun-sas:ListPublishBatch",
		},
		Resource: "*",
	}
	assume := func(roles ...any) source.Statement {
		return source.Statement{Effect: "Allow", Action: []string{"sts:AssumeRole"}, Resource: roles}
	}
	for name, c := range map[string]struct {
		args []string
		want []source.Statement
	}{
		"all accounts": {nil, []source.Statement{listing, assume(
			"acs:ram::*:role/reader", "acs:ram::1234567890123456:role/reader", "acs:ram::6543210987654321:role/first", "acs:ram::6543210987654321:role/second")}},
		"one account": {[]string{"--account", "production"}, []source.Statement{read, assume("acs:ram::1234567890123456:role/reader")}},
		"a directory": {[]string{"--account", "directory"}, []source.Statement{listing, assume("acs:ram::*:role/reader")}},
		"no role":     {[]string{"--account", "oidc"}, []source.Statement{read}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := call(t, t.Context(), nil, append([]string{"policy", "--config", configFile(t, "%s", accounts)}, c.args...)...)
			require.Zero(t, code, stderr)
			var got source.Policy
			require.NoError(t, json.Unmarshal([]byte(stdout), &got))
			require.Equal(t, source.Policy{Version: "1", Statement: c.want}, got)
		})
	}
}

// TestPolicyWithoutConfiguration covers all sources: one reads it before
// anything is configured.
func TestPolicyWithoutConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := call(t, t.Context(), nil, "policy")
	require.Zero(t, code, stderr)
	for _, s := range source.All {
		require.Contains(t, stdout, `"`+s.API.RAMAction+`"`)
	}
	require.NotContains(t, stdout, "sts:AssumeRole")
}

func TestPolicyRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, config string
		args         []string
		says         string
	}{
		{"a file that was named", "", []string{"--config", "nowhere.yaml"}, "nowhere.yaml"},
		{"an account that does not exist", "timezone: UTC\n", []string{"--account", "nobody"}, "there is no account nobody"},
		{"a wrong configuration", "timezon: UTC\n", nil, "did you mean timezone?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"policy"}, c.args...)
			if c.config != "" {
				args = append(args, "--config", configFile(t, "%s", c.config))
			}
			code, stdout, stderr := call(t, t.Context(), nil, args...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, c.says)
		})
	}
}
