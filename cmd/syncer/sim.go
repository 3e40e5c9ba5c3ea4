package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"syncer/sim"
)

func (p *program) simCommand() *cobra.Command {
	o := simOptions{}
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "The simulated Alibaba Cloud as a server",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.sim(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:18080", "address; Security Center outside China has the next port")
	f.IntVar(&o.accounts, "accounts", 2, "accounts")
	f.IntVar(&o.servers, "servers", 1000, "servers of each account")
	f.Uint64Var(&o.seed, "seed", 1, "another seed is another fleet")
	f.IntVar(&o.rate, "rate", 10, "calls a second that each account may make of each API in each region; 0: any number")
	f.DurationVar(&o.latency, "latency", 0, "how long every answer takes at least")
	f.BoolVar(&o.fullPages, "full-pages", false, "leave out the short and empty pages that OOS may answer in the middle of a list")
	f.Float64Var(&o.speed, "speed", 1, "how many times faster than the clock the fleet lives")
	return cmd
}

type simOptions struct {
	listen   string
	accounts int
	servers  int
	seed     uint64
	rate     int
	latency  time.Duration
	speed    float64

	fullPages bool
}

// simAccounts are the accounts of every simulated cloud. Their keys open nothing else.
func simAccounts(n int) []sim.Account {
	names := []string{"production", "staging", "development"}
	var list []sim.Account
	for i := range n {
		name := fmt.Sprintf("account-%d", i+1)
		if i < len(names) {
			name = names[i]
		}
		list = append(list, sim.Account{
			ID: fmt.Sprintf("1%015d", 100000000000+i*37), Name: name,
			AccessKeyID: fmt.Sprintf("sim-key-%d", i+1), AccessKeySecret: fmt.Sprintf("sim-secret-%d", i+1),
		})
	}
	return list
}

func (p *program) sim(ctx context.Context, o simOptions) error {
	if o.accounts < 1 || o.servers < 0 || o.speed <= 0 || o.rate < 0 {
		return usageError{errors.New("--accounts and --speed must be above 0, --servers and --rate not below")}
	}
	started := time.Now()
	clock := func() time.Time {
		return started.Add(time.Duration(o.speed * float64(time.Since(started))))
	}
	accounts := simAccounts(o.accounts)
	accounts[0].Manages = true // the resource directory of all: to try members
	cloud := sim.New(sim.Options{
		Accounts: accounts, World: sim.NewFleet(sim.FleetOptions{Seed: o.seed, Servers: o.servers}),
		Clock: clock, Rate: o.rate, RetryAfter: true, Latency: o.latency, FullPages: o.fullPages,
	})
	server, err := sim.Serve(o.listen, cloud)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	fmt.Fprintf(p.stdout, "The simulated cloud listens on %s. Put this into schedule.yaml:\n\naccounts:\n", server.URL)
	for _, a := range accounts {
		fmt.Fprintf(p.stdout, `  - name: %s
    credentials: {type: access_key, access_key_id: %s, access_key_secret: %s}
    endpoints: {sas: {cn-hangzhou: "%[4]s", ap-southeast-1: "%[5]s"}, oos: "%[4]s", sts: "%[4]s"}
    oos_regions: [cn-hangzhou, cn-shanghai, ap-southeast-1]
`, a.Name, a.AccessKeyID, a.AccessKeySecret, server.URL, server.Centres["ap-southeast-1"])
	}
	fmt.Fprintln(p.stdout)
	<-ctx.Done()
	return nil
}
