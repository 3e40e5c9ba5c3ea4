package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"syncer/internal/config"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// checkAccount checks the credentials of an account, and then its sources.
func checkAccount(ctx context.Context, s *worker.Syncer, a *worker.Account, sources []*source.Source, whence string) (id string, list []finding) {
	chosen := slices.DeleteFunc(slices.Clone(s.Config().Sources), func(o *worker.Settings) bool { return !slices.Contains(sources, o.Source) })
	jobs := slices.DeleteFunc(s.Jobs(chosen...), func(j worker.Job) bool { return j.Account != a })
	f := finding{Check: "credentials", Account: a.Name, Result: resultOK}
	who, err := a.Identify(ctx)
	if err != nil {
		f.Result = resultFailed
		f.Found, f.Remedy = worker.Explain(err)
		f.Found += "; from " + whence
		skipped := finding{Check: "sources", Account: a.Name, Result: resultSkipped, Found: several(len(jobs), "call") + " not tried: the credentials come first"}
		return "", []finding{f, skipped}
	}
	f.Found = fmt.Sprintf("account %s, %s, from %s", who.AccountID, who.ARN, whence)
	list = append(list, f)
	for _, probe := range s.Probe(ctx, jobs) {
		list = append(list, sourceFinding(probe))
	}
	if regions := s.Elsewhere(ctx, a, chosen); len(regions) > 0 {
		list = append(list, finding{
			Check: "OOS regions", Account: a.Name, Result: resultOK,
			Found:  "not configured, but with rows: " + strings.Join(regions, ", "),
			Remedy: "add to oos_regions those that you want to see, or write oos_regions: all",
		})
	}
	if slices.Contains(sources, &source.CloudCenterInstances) {
		if all, byRegion, err := a.CountServers(ctx); err == nil && all != byRegion {
			list = append(list, finding{
				Check: "RegionId", Account: a.Name, Result: resultOK,
				Found: fmt.Sprintf("Security Center takes it for a filter: %s of %s with it; syncer sends none", thousands(byRegion), several(int(all), "server")),
			})
		}
	}
	return who.AccountID, list
}

func sourceFinding(p worker.Probe) finding {
	f := finding{Check: p.Job.Source.Name, Account: p.Job.Account.Name, Region: p.Job.Region, Result: resultOK}
	switch {
	case p.Err != nil:
		f.Result = resultFailed
		f.Found, f.Remedy = worker.Explain(p.Err)
	case p.Lacks != "":
		f.Result, f.Found = resultSkipped, "cannot be asked before there is "+p.Lacks
	case p.Rows < 0:
		f.Found = "answers"
	case p.Rows == 0:
		f.Found = "answers: no rows"
	case p.Rows == 1:
		f.Found = "answers: 1 row"
	default:
		f.Found = "answers: " + thousands(p.Rows) + " rows"
	}
	return f
}

// listingFinding says what came of asking for what is not named.
func listingFinding(l worker.Listing, accounts []*worker.Account) finding {
	f := finding{Check: "OOS regions", Account: l.Account.Name, Result: resultOK, Found: several(l.Count, "region") + " listed"}
	if l.Kind == store.Members {
		synced := 0
		for _, a := range accounts {
			if a.Via() == l.Account {
				synced++
			}
		}
		f.Check, f.Found = "members", fmt.Sprintf("%s of the directory listed, %d synced as members", several(l.Count, "account"), synced)
	}
	if l.Err != nil {
		f.Result = resultFailed
		f.Found, f.Remedy = worker.Explain(l.Err)
	}
	return f
}

// whenceOf says where the credentials of an account come from, or of a member of one.
func (p *program) whenceOf(c *config.Config, a *worker.Account) string {
	name, via := a.Name, a.Via()
	if via != nil {
		name = via.Name
	}
	i := slices.IndexFunc(c.Accounts, func(o config.Account) bool { return o.Name == name })
	whence := p.whence(c.Accounts[i])
	if via != nil {
		whence += ", assuming " + via.Members.Role + " in the member"
	}
	return whence
}

// whence says where an account's credentials come from.
func (p *program) whence(a config.Account) string {
	from := map[string]string{
		"default":      "the environment, OIDC, the aliyun CLI or the ECS instance's role, whichever is there first",
		"access_key":   "the configuration",
		"sts":          "the configuration (sts)",
		"ram_role_arn": "the configuration, assuming " + a.Credentials.RoleARN,
		"ecs_ram_role": "the role of the ECS instance",
		"oidc":         "OIDC, assuming " + a.Credentials.RoleARN,
		"profile":      strings.TrimSpace("the aliyun CLI's profile " + a.Credentials.Profile),
		"uri":          "a credentials URI",
	}[a.Credentials.Type]
	if a.Credentials.Type == "default" && p.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID") != "" && p.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET") != "" {
		from = "ALIBABA_CLOUD_ACCESS_KEY_ID"
	}
	if a.AssumeRole != "" {
		from += ", assuming " + a.AssumeRole
	}
	return from
}

// findTwins finds accounts of the configuration that are one in the cloud: their
// rows would be the same ones.
func findTwins(accounts []*worker.Account, ids []string, of [][]finding) {
	for i, id := range ids {
		if first := slices.Index(ids, id); id != "" && first < i {
			f := &of[i][0]
			f.Result = resultFailed
			f.Found += ": the same account as " + accounts[first].Name
			f.Remedy = "give it credentials of its own, or take it out"
		}
	}
}
