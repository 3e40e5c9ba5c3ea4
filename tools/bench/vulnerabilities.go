package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"syncer/source"
	"syncer/store"
)

// vulnerabilitiesFound are how many vulnerabilities the simulated cloud finds on each
// server, on average.
const vulnerabilitiesFound = 8.2

// vulnerabilities loads the largest of the further sources: those of 10,000 servers are a
// million rows in one partition.
func vulnerabilities(ctx context.Context, report func(figure)) error {
	src, ok := source.ByName(source.Catalogue, "vulnerabilities")
	if !ok {
		return errors.New("the catalogue has no vulnerabilities")
	}
	s, p, done, err := setting(ctx, store.Options{Sources: append(append([]*source.Source{}, source.All...), src)})
	if err != nil {
		return err
	}
	defer done()
	list := vulnerabilityRows(src, *rows)
	yardstick, err := yardstick(ctx, s, src, list)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		limit float64
	}{{"vulnerabilities_first_load_vs_copy", 1}, {"vulnerabilities_resync_vs_copy", 0.35}} {
		took, _, c, err := syncRows(ctx, s, src, list)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s %s %+v\n", f.name, took, c)
		report(figure{Name: f.name, Value: took.Seconds() / yardstick.Seconds(), Unit: "copy", Limit: f.limit})
	}

	accounts, stop, err := p.cloud(ctx, "--accounts", "1", "--rate", "0", "--servers", fmt.Sprint(int(float64(*rows)/vulnerabilitiesFound)))
	if err != nil {
		return err
	}
	defer stop()
	config, err := p.configure(accounts, "cn-hangzhou", "sources: {vulnerabilities: {enabled: true, page_size: 100, calls_per_second: 1000000}}\n")
	if err != nil {
		return err
	}
	u, err := p.run(ctx, s.Pool().Config().ConnString(), "sync", "vulnerabilities", "--config", config, "--output", "json")
	if err != nil {
		return err
	}
	var reports []struct {
		Opened int64 `json:"rows_opened"`
	}
	if err := json.Unmarshal(u.stdout, &reports); err != nil {
		return err
	}
	var found int64
	for _, r := range reports {
		found += r.Opened
	}
	fmt.Fprintf(os.Stderr, "vulnerabilities end to end: %d rows, %s, %s of CPU, %d MB\n", found, u.took, u.cpu, u.rss>>20)
	per := u.took.Seconds() / float64(found) / (yardstick.Seconds() / float64(len(list)))
	report(figure{Name: "vulnerabilities_end_to_end_vs_copy", Value: per, Unit: "copy", Limit: 2})
	report(figure{Name: "vulnerabilities_peak_rss_mb", Value: float64(u.rss) / (1 << 20), Unit: "MB", Limit: 128})
	return nil
}

// vulnerabilityRows are vulnerabilities in random order of their keys, a hundred on each
// server.
func vulnerabilityRows(src *source.Source, n int) []source.Row {
	list := make([]source.Row, n)
	width := len(src.Columns) + 1
	values := make([]source.Value, n*width)
	for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		row := source.Row(values[i*width : (i+1)*width])
		set := func(name string, v source.Value) { row[src.Index(name)] = v }
		server := at / 100
		cve := fmt.Sprintf("CVE-%d-%d", 2019+at%7, 1000+at*7919%48000)
		day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(at%86400) * time.Second)
		set("primary_id", source.IntValue(int64(uint64(at)*0x9e3779b97f4a7c15>>11)))
		for name, text := range map[string]string{
			"alias_name": cve + " security update", "name": "SCA:" + cve, "related": cve, "tag": "oval",
			"type": "cve", "necessity": []string{"asap", "later", "nntf"}[at%3],
			"uuid": fmt.Sprintf("%08x-1234-4f00-9d00-%012x", server, server*7919), "instance_id": fmt.Sprintf("i-bp1%017x", server),
			"instance_name": fmt.Sprintf("prod-web-hz-%04d", server), "intranet_ip": fmt.Sprintf("10.0.%d.%d", server/256%256, server%256),
			"instance_region_id": "cn-hangzhou", "os_name": "Alibaba Cloud Linux 3.2104 LTS 64-bit", "os_version": "linux",
		} {
			set(name, source.TextValue(text))
		}
		set("status", source.IntValue(1))
		set("online", source.BoolValue(true))
		set("real_risk", source.BoolValue(at%10 == 0))
		for _, name := range []string{"first_found_at", "last_found_at", "modified_at"} {
			set(name, source.TimeValue(day))
		}
		list[i] = row
	}
	return list
}
