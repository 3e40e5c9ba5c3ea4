package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncer/alert"
	"syncer/alert/send"
	"syncer/internal/config"
)

func (p *program) notifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Who is told of what: notify in schedule.yaml",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var output string
	test := &cobra.Command{
		Use:   "test [target…]",
		Short: "Send a message to these targets, or to all, to see whether it arrives",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.notifyTest(cmd.Context(), args, output)
		},
	}
	test.Flags().StringVar(&output, "output", "text", "text or json")
	cmd.AddCommand(test)
	return cmd
}

// A sent message is what notify test prints of one target as JSON.
type sent struct {
	Target string `json:"target"`
	Sent   bool   `json:"sent"`
	Error  string `json:"error,omitempty"`
}

func (p *program) notifyTest(ctx context.Context, names []string, output string) error {
	if err := textOrJSON(output); err != nil {
		return err
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	targets := notifyTargets(c)
	if len(targets) == 0 {
		return usageError{fmt.Errorf("%s names nobody to tell: add notify.targets", p.configFile)}
	}
	for _, name := range names {
		if !slices.ContainsFunc(targets, func(t alert.Target) bool { return t.Name == name }) {
			return usageError{fmt.Errorf("there is no target %s in the configuration", name)}
		}
	}
	m := send.Message{
		Event: "test", Title: "syncer: a test", URL: c.Server.URL, At: time.Now(),
		Lines: []string{"This is a test of notify in schedule.yaml, sent by syncer notify test. All is well."},
	}
	failed, report := false, []sent{}
	for _, t := range targets {
		if len(names) > 0 && !slices.Contains(names, t.Name) {
			continue
		}
		r, sign := sent{Target: t.Name, Sent: true}, marks[resultOK]
		told := t.Name + ": sent"
		if err := t.Send(ctx, m); err != nil {
			failed, sign = true, marks[resultFailed]
			told = strings.TrimPrefix(err.Error(), "notify ")
			r.Sent, r.Error = false, strings.TrimPrefix(told, t.Name+": ")
		}
		report = append(report, r)
		if output == "text" {
			p.printf("%s %s\n", p.colour(sign.sign, sign.colour), told)
		}
	}
	if output == "json" {
		if err := printJSON(p.stdout, report); err != nil {
			return err
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

// notifyTargets are those of the configuration.
func notifyTargets(c *config.Config) (list []alert.Target) {
	for _, t := range c.Notify.Targets {
		list = append(list, alert.Target{
			Target: &send.Target{Name: t.Name, Type: t.Type, URL: string(t.URL), Secret: string(t.Secret)}, Events: t.Events,
		})
	}
	return list
}

// notifier sends messages about what happens; nil: there is nobody to send them to.
func (p *program) notifier(c *config.Config) (*alert.Notifier, error) {
	targets := notifyTargets(c)
	if len(targets) == 0 {
		return nil, nil
	}
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, usageError{err}
	}
	n := &alert.Notifier{
		Targets: targets, Settle: time.Duration(c.Notify.Settle), URL: c.Server.URL, Location: location, Logger: p.log,
	}
	for _, r := range c.Notify.Rules {
		n.Rules = append(n.Rules, alert.Rule{Pattern: alert.Pattern(r.Rule), Name: r.When, Accounts: r.Accounts, Targets: r.Targets})
	}
	return n, nil
}

// checkTarget tries whether a target can be reached, and sends it nothing.
func checkTarget(ctx context.Context, t *send.Target) finding {
	f := finding{Check: "notify " + t.Name, Result: resultOK}
	host, err := t.Reach(ctx)
	if err != nil {
		f.Result, f.Found, f.Remedy = resultFailed, err.Error(), "correct the target's url, or let this machine reach it"
		return f
	}
	f.Found = fmt.Sprintf("%s (%s) can be reached; syncer notify test %s sends it a message", host, t.Type, t.Name)
	return f
}
