package worker

import (
	"context"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"syncer/fetch"
	"syncer/source"
)

// Elsewhere are the regions of OOS that an account has rows in and is not asked for.
// Regions that do not answer are left out: nobody has asked for them. Of a member,
// or where all regions are asked, there are none.
func (s *Syncer) Elsewhere(ctx context.Context, a *Account, chosen []*Settings) (regions []string) {
	if a.AllOOSRegions || a.Via() != nil {
		return nil
	}
	listing, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	all, err := a.Client.OOSRegions(listing)
	if err != nil {
		all = knownOOSRegions // the permission to list them is no part of what a sync needs
	}
	var jobs []Job
	for _, src := range chosen {
		for _, region := range all {
			if src.Source.Regions == source.OOS && !slices.Contains(a.OOSRegions, region) {
				jobs = append(jobs, Job{Settings: src, Account: a, Region: region})
			}
		}
	}
	for _, p := range s.Probe(ctx, jobs) {
		if p.row != nil {
			regions = append(regions, p.Job.Region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// CountServers asks Security Center how many servers there are: by no region, as
// syncer does, and by the region of its centre, which some of its servers take for
// a filter.
func (a *Account) CountServers(ctx context.Context) (all, byRegion int64, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	count := func(params map[string]string) (int64, error) {
		answer, err := a.Client.Call(ctx, fetch.Call{
			Product: "Sas", Version: "2018-12-03", Action: "DescribeCloudCenterInstances", Region: a.centre(), Params: params,
		})
		if err != nil {
			return 0, err
		}
		total := gjson.GetBytes(answer, "PageInfo.TotalCount")
		if !total.Exists() {
			return 0, fmt.Errorf("DescribeCloudCenterInstances for account %q: the answer tells no total", a.Name)
		}
		return total.Int(), nil
	}
	if all, err = count(map[string]string{"CurrentPage": "1", "PageSize": "1"}); err != nil {
		return 0, 0, err
	}
	byRegion, err = count(map[string]string{"CurrentPage": "1", "PageSize": "1", "RegionId": a.centre()})
	return all, byRegion, err
}
