// Command tandem serves workflows in which people and machines take turns. It
// is built to bin/tandem.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // calendars and cron work where the system has no zones

	"github.com/alecthomas/kong"

	"tandem"
)

// The exit codes.
const (
	exitFailed  = 1 // the work was not done
	exitUsage   = 2 // the command line is wrong
	exitInvalid = 3 // a definition has errors
)

func main() {
	tuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	go giveMemoryBack(ctx)
	os.Exit(exitCode(run(ctx, os.Args[1:], os.LookupEnv, std{os.Stdin, os.Stdout, os.Stderr}), os.Stderr))
}

// std is where a command reads and writes.
type std struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// exitError is an error with the exit code that it asks for.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func exitCode(err error, out io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(out, "tandem:", tandem.Sentence(err))
	var coded *exitError
	if errors.As(err, &coded) {
		return coded.code
	}
	return exitFailed
}

// cli is the command line. Every flag can also be given in the environment, as
// TANDEM_ and the flag's name in capitals: --data-dir is TANDEM_DATA_DIR.
type cli struct {
	Settings

	Serve    serveCmd    `cmd:"" help:"Serve pages, API and engine."`
	Worker   workerCmd   `cmd:"" help:"Run the engine alone, beside servers on the same database."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database's schema up to date."`
	Validate validateCmd `cmd:"" help:"Check workflow documents; nothing is stored."`
	Apply    applyCmd    `cmd:"" help:"Store workflow documents."`
	User     struct {
		Create      userCreateCmd      `cmd:"" help:"Create a person's account."`
		ResetFactor userResetFactorCmd `cmd:"" name:"reset-factor" help:"End a second factor that was lost."`
	} `cmd:"" help:"Manage people."`
	Tenant struct {
		Create tenantCreateCmd `cmd:"" help:"Make a tenant."`
		List   tenantListCmd   `cmd:"" help:"List tenants with what they have and may have."`
		Limits tenantLimitsCmd `cmd:"" help:"Change what a tenant may have."`
	} `cmd:"" help:"Manage tenants."`
	Token struct {
		Create tokenCreateCmd `cmd:"" help:"Create an API token and print it, once and alone."`
	} `cmd:"" help:"Manage API tokens."`
	Secret struct {
		Set    secretSetCmd    `cmd:"" help:"Store a secret whose value is read from standard input."`
		List   secretListCmd   `cmd:"" help:"List secrets, without their values."`
		Delete secretDeleteCmd `cmd:"" help:"Delete a secret."`
		Rekey  secretRekeyCmd  `cmd:"" help:"Seal every secret with the current master key."`
	} `cmd:"" help:"Manage what steps need and nobody should read."`
	Audit struct {
		Verify auditVerifyCmd `cmd:"" help:"Compute the audit's chain of seals anew and tell where it does not hold."`
	} `cmd:"" help:"Check the audit."`
	Demo struct {
		Seed seedCmd `cmd:"" help:"Make many instances of demo workflows, to try and measure with."`
	} `cmd:"" help:"Fill a database for trying out."`

	Start    startCmd    `cmd:"" group:"remote" help:"Start a workflow."`
	List     listCmd     `cmd:"" group:"remote" help:"List instances."`
	Show     showCmd     `cmd:"" group:"remote" help:"Show an instance with its steps and data."`
	Tasks    tasksCmd    `cmd:"" group:"remote" help:"List tasks."`
	Complete completeCmd `cmd:"" group:"remote" help:"Decide a task."`
	Cancel   cancelCmd   `cmd:"" group:"remote" help:"End an instance for good."`
	Events   eventsCmd   `cmd:"" group:"remote" help:"Follow events as they happen."`

	Completion completionCmd `cmd:"" help:"Print a script that completes commands and flags in a shell."`

	CeleryBridge celeryBridgeCmd `cmd:"" name:"celery-bridge" help:"Have workers of Celery run steps of a server."`
	Bench        benchCmd        `cmd:"" help:"Measure the engine beside pgbench on the same database."`
	Storybook    storybookCmd    `cmd:"" help:"Serve every page in its states, with samples and without a database."`
}

// actionSettings are the flags of commands that run steps.
type actionSettings struct {
	HTTPAllow []string `help:"Private targets that http.request may reach: host, host:port, address or CIDR block, with commas between. (TANDEM_HTTP_ALLOW)" name:"http-allow" placeholder:"TARGET"`
	SMTPURL   string   `help:"Mail server of email.send: smtp://[user:password@]host[:port] with STARTTLS, or smtps://. (TANDEM_SMTP_URL)" name:"smtp-url" placeholder:"URL"`
	MailFrom  string   `help:"Sender of mails, such as Tandem <tandem@example.com>. (TANDEM_MAIL_FROM)" placeholder:"ADDRESS"`
}

// Settings are the flags that every command takes.
type Settings struct {
	DatabaseURL string `help:"Address of a Postgres database; without one Tandem runs a private Postgres of its own. (TANDEM_DATABASE_URL)" name:"database-url" placeholder:"URL"`
	DataDir     string `help:"Where the private Postgres keeps its data. (TANDEM_DATA_DIR)" type:"path" placeholder:"DIR"`
	Log         string `help:"What to log: debug, info, warn or error. (TANDEM_LOG)" enum:"debug,info,warn,error" default:"info"`
	LogFormat   string `help:"How to log: text or json. (TANDEM_LOG_FORMAT)" enum:"text,json" default:"text"`
	secretSettings
}

// run is the program: arguments, environment and streams come in, an error
// comes out.
func run(ctx context.Context, args []string, env func(string) (string, bool), io std) error {
	var c cli
	code := -1
	parser, err := kong.New(&c,
		kong.Name("tandem"),
		kong.Description("Workflows in which people and machines take turns."),
		kong.Writers(io.out, io.err),
		kong.Exit(func(n int) { code = n }),
		kong.Resolvers(fromEnvironment(env)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ExplicitGroups([]kong.Group{{Key: "remote", Title: "Commands that talk to a server (--server, TANDEM_TOKEN):"}}),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if code == 0 { // --help has been answered
		return nil
	}
	if err != nil {
		return &exitError{exitUsage, fmt.Errorf("%w; see tandem --help", err)}
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(parser.Model)
	return parsed.Run(&c.Settings, io)
}

// fromEnvironment gives flags their values from TANDEM_… variables.
func fromEnvironment(env func(string) (string, bool)) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := "TANDEM_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		if v, ok := env(name); ok && v != "" {
			return v, nil
		}
		return nil, nil
	})
}
