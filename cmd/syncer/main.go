// Command syncer keeps a PostgreSQL database in step with what Alibaba Cloud says
// about a fleet's security. This package parses, wires and prints: no SQL, no
// calls to the cloud.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"syncer/internal/config"
	"syncer/store"
	"syncer/text"
)

func main() {
	// Almost all that lives is fingerprints of rows, which hold no pointers:
	// collecting often costs little, and keeps the peak near what lives.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25)
	}
	log.SetOutput(text.Writer(os.Stderr)) // libraries' own
	if err := config.SetVariables(); err != nil {
		fmt.Fprintln(os.Stderr, "syncer:", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	// A write to a pipe that nobody reads any more fails, and does not end the program:
	// what it does is done to its end. An ignored signal would be so for PostgreSQL, too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	// A second signal, while the first is being obeyed, ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(p.run(ctx, os.Args[1:]))
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it was tried, and something failed
	exitUsage  = 2 // bad usage or configuration: nothing was tried
)

// errFailed ends a command with exitFailed when what failed has been printed already.
var errFailed = errors.New("failed")

// A usageError is the user's to mend before anything can be tried.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// A program is one call of syncer, with all that it has of the world.
type program struct {
	stdin          io.Reader // nil: nothing can be asked
	stdout, stderr io.Writer
	getenv         func(string) string

	configFile string
	logLevel   string
	logFormat  string
	log        *slog.Logger

	ownsDatabase bool // the command runs the embedded database itself, and waits for whoever does
}

// run runs one command and returns its exit code.
func (p *program) run(ctx context.Context, args []string) int {
	out := &resultWriter{Writer: p.stdout}
	p.stdout = out
	code := p.execute(ctx, args, out)
	if out.err == nil {
		return code
	}
	fmt.Fprintln(p.stderr, "syncer: the output could not be written:", harmless(out.err.Error()))
	return exitFailed
}

func (p *program) execute(ctx context.Context, args []string, out *resultWriter) int {
	root := p.command() //nolint:contextcheck // each command takes cobra's context, which is this one
	root.SetArgs(args)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	var problems config.Problems
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFailed), out.err != nil && err.Error() == out.err.Error(): // that alone, which run tells
		return exitFailed
	case errors.As(err, &problems): // a line for each
		fmt.Fprintln(p.stderr, "syncer:", text.Printable(text.Scrub(err.Error())))
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintln(p.stderr, "syncer:", harmless(err.Error()))
		return exitUsage
	default:
		fmt.Fprintln(p.stderr, "syncer:", harmless(withRemedy(err)))
		return exitFailed
	}
}

// withRemedy adds to an error of the database what to do.
func withRemedy(err error) string {
	told := err.Error()
	if _, remedy := store.Advice(err); remedy != "" && !strings.Contains(told, remedy) {
		told += "; " + remedy
	}
	return told
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "syncer",
		Short: "Keep PostgreSQL in step with what Alibaba Cloud says about a fleet's security",
		Long: `syncer keeps a PostgreSQL database in step with what Alibaba Cloud says about a
fleet's security (patches, agents, agentless scans, agent releases, check runs),
with exact history. Query the views of schema alicloud.

  syncer demo     needs nothing: a private PostgreSQL, a simulated cloud, 30 days of history`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return p.setUpLog()
		},
		RunE: func(cmd *cobra.Command, args []string) error { return cmd.Help() },
		Args: cobra.NoArgs,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	flags := root.PersistentFlags()
	flags.StringVar(&p.configFile, "config", "schedule.yaml", "configuration file")
	flags.StringVar(&p.logLevel, "log-level", "", "debug, info, warn or error (default: info for run, else warn)")
	flags.StringVar(&p.logFormat, "log-format", "text", "text or json")
	root.AddCommand(p.archiveCommand(), p.changesCommand(), p.checkCommand(), p.demoCommand(), p.forgetCommand(), p.healthzCommand(), p.mcpCommand(), p.migrateCommand(), p.notifyCommand(), p.policyCommand(), p.pruneCommand(), p.runCommand(), p.simCommand(),
		p.sourcesCommand(), p.statusCommand(), p.syncCommand(), p.trendsCommand(), p.versionCommand())
	asUsage(root)
	return root
}

// asUsage makes wrong arguments usage errors, which cobra does not tell apart.
func asUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		asUsage(sub)
	}
}

func (p *program) setUpLog() error {
	level := slog.LevelWarn
	if p.logLevel != "" {
		if err := level.UnmarshalText([]byte(p.logLevel)); err != nil {
			return usageError{fmt.Errorf("--log-level %s: expected debug, info, warn or error", p.logLevel)}
		}
	}
	options := &slog.HandlerOptions{Level: level}
	w := text.Writer(p.stderr)
	switch p.logFormat {
	case "text":
		p.log = slog.New(slog.NewTextHandler(w, options))
	case "json":
		p.log = slog.New(slog.NewJSONHandler(w, options))
	default:
		return usageError{fmt.Errorf("--log-format %s: expected text or json", p.logFormat)}
	}
	return nil
}
