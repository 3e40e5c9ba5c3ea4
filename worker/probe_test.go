package worker_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/fetch"
	"syncer/sim"
	"syncer/source"
	"syncer/worker"
)

// TestProbe: one call a partition, though sources read each other's answers, and
// no database.
func TestProbe(t *testing.T) {
	t.Parallel()
	cloud := sim.New(sim.Options{
		Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: 500}), FullPages: true,
	})
	s := newSyncer(t, nil, cloud, source.All...)
	id, err := s.Config().Accounts[0].Identify(t.Context())
	require.NoError(t, err)
	require.Equal(t, worker.Identity{AccountID: accountID, ARN: "acs:ram::" + accountID + ":user/production"}, id)

	jobs := s.Jobs()
	before := cloud.Calls()
	probes := s.Probe(t.Context(), jobs)
	require.EqualValues(t, len(jobs), cloud.Calls()-before)
	for i, p := range probes {
		require.Equal(t, jobs[i], p.Job)
		require.NoError(t, p.Err)
		require.Empty(t, p.Lacks)
		if _, told := p.Job.Source.Pager.(source.PageNumber); told {
			require.Positive(t, p.Rows, p.Job)
		}
	}
}

// TestProbeAsksInVain: without a row of another source there is nothing to ask for.
func TestProbeAsksInVain(t *testing.T) {
	t.Parallel()
	refused := simAccount
	refused.Deny = []string{"DescribeCloudCenterInstances"}
	s := newSyncer(t, nil, sim.New(sim.Options{Accounts: []sim.Account{refused}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}),
		&source.CloudCenterInstances, &source.AgentInstallStatuses)
	probes := s.Probe(t.Context(), s.Jobs())
	require.ErrorIs(t, probes[0].Err, fetch.ErrRefused)
	require.Equal(t, "an answer of cloud_center_instances", probes[1].Lacks)
	_, remedy := worker.Explain(probes[0].Err)
	require.Contains(t, remedy, source.CloudCenterInstances.API.RAMAction)
}

// TestProbeOfItself: what asks for its own rows has none to ask for yet.
func TestProbeOfItself(t *testing.T) {
	t.Parallel()
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	for _, name := range []string{"", "tree"} {
		tree := source.InstancePatchStates
		tree.Name = "tree"
		tree.Sweeps = []source.Sweep{{Name: "branches", Absent: source.Ends, Each: &source.Each{
			Param: "InstanceId", Column: "instance_id", From: []source.Values{{Source: name, Columns: []string{"instance_id"}}},
		}}}
		s := newSyncer(t, nil, cloud, &tree)
		for _, p := range s.Probe(t.Context(), s.Jobs()) {
			require.NoError(t, p.Err)
			require.Equal(t, "a row of tree", p.Lacks)
		}
	}
}

func TestQueueIsCurrent(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	current, err := worker.QueueIsCurrent(t.Context(), s.Pool())
	require.NoError(t, err)
	require.True(t, current)
	require.NoError(t, worker.DropQueue(t.Context(), s.Pool()))
	current, err = worker.QueueIsCurrent(t.Context(), s.Pool())
	require.NoError(t, err)
	require.False(t, current)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	answer := func(status int, code string) *fetch.Error {
		return &fetch.Error{Status: status, Code: code, Message: "Why.", RequestID: "R", RAMAction: "oos:Do"}
	}
	skewed := answer(400, "InvalidTimeStamp.Expired")
	skewed.Ahead = -time.Hour
	assume := answer(403, "NoPermission")
	assume.Action = "AssumeRole"
	for _, c := range []struct {
		err          error
		what, remedy string
	}{
		{fmt.Errorf("sweep: %w", answer(403, "Forbidden.RAM")), "Forbidden.RAM: Why (RequestId R)", "grant the user or role oos:Do"},
		{assume, "NoPermission: Why (RequestId R)", "grant the user or role of the key sts:AssumeRole"},
		{answer(404, "InvalidAccessKeyId.NotFound"), "InvalidAccessKeyId.NotFound: ", "give an access key that exists"},
		{answer(403, "InvalidAccessKeyId.Inactive"), "InvalidAccessKeyId.Inactive: ", "enable the access key"},
		{answer(400, "SignatureDoesNotMatch"), "SignatureDoesNotMatch: ", "give the access key secret"},
		{answer(403, "InvalidSecurityToken.Expired"), "InvalidSecurityToken.Expired: ", "give new credentials"},
		{answer(400, "Throttling.User"), "Throttling.User: ", "lower calls_per_second"},
		{skewed, "InvalidTimeStamp.Expired: ", "it is 1h0m0s behind"},
		{answer(404, "InvalidRegionId"), "InvalidRegionId: ", "take the region out"},
		{answer(404, "InvalidAction.NotFound"), "InvalidAction.NotFound: ", "this one serves another product"},
		{answer(http.StatusBadGateway, "Bad Gateway"), "Bad Gateway: ", "try again later"},
		{answer(400, "Odd"), "Odd: ", "support"},
		{&net.DNSError{Err: "no such host", Name: "oos.cn-nowhere.aliyuncs.com", IsNotFound: true}, "there is no host oos.cn-nowhere.aliyuncs.com", "check the region"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}, "dial tcp: no route to host", "check the network"},
		{&tls.CertificateVerificationError{Err: errors.New("unknown authority")}, "tls: failed to verify certificate", "let this machine trust"},
		{errors.New("odd"), "odd", ""},
	} {
		what, remedy := worker.Explain(c.err)
		require.Contains(t, what, c.what)
		require.Contains(t, remedy, c.remedy)
		require.Equal(t, c.remedy == "", remedy == "", what)
	}

	// No keys at all: the text says itself where to look.
	t.Run("no credentials", func(t *testing.T) {
		t.Parallel()
		client, err := fetch.NewClient(fetch.Account{Name: "a", Credentials: fetch.Credentials{Type: "uri", URI: "http://127.0.0.1:1"}},
			fetch.Options{MaxAttempts: 1})
		require.NoError(t, err)
		_, err = (&worker.Account{Name: "a", Client: client}).Identify(context.Background())
		what, remedy := worker.Explain(err)
		require.Regexp(t, "^no credentials of type uri: [^;]*$", what)
		require.Regexp(t, "^check that the URI answers", remedy)
	})
}
