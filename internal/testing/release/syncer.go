package release

import (
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"

	"syncer/fetch"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// Client returns a client for a release's recorded cloud.
func Client(endpoints map[string]string) (*fetch.Client, error) {
	return fetch.NewClient(fetch.Account{
		Name:        "production",
		Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: "key", AccessKeySecret: "secret"},
		Endpoints:   endpoints,
	}, fetch.Options{CallsPerSecond: 1e6, MaxAttempts: 2, BaseWait: time.Millisecond})
}

// Syncer returns a syncer for everything in a release's database.
func Syncer(s *store.Store, client *fetch.Client, clock func() time.Time) *worker.Syncer {
	c := worker.Config{Accounts: []*worker.Account{{
		Name: "production", Client: client,
		SecurityCenterRegions: []string{"cn-hangzhou", "ap-southeast-1"}, OOSRegions: []string{"cn-hangzhou", "cn-shanghai"},
	}}}
	for _, src := range source.All {
		settings := &worker.Settings{Source: src, Schedule: cron.Every(17 * time.Hour)}
		if src == &source.InstancePatchStates {
			settings.PageSize = 50 // all releases up to v0.1.0 asked for 50
		}
		c.Sources = append(c.Sources, settings)
	}
	y := &worker.Syncer{Store: s, Worker: "release", Logger: slog.New(slog.DiscardHandler)}
	y.Configure(c)
	return y
}
