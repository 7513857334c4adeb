// Package tandem embeds Tandem in a Go program: workflows in which people and
// machines take turns, with pages, a JSON API and an engine.
//
//	app, err := tandem.New(ctx, tandem.Config{DatabaseURL: url, PathPrefix: "/workflows", Definitions: files, Actor: whoActs})
//	go app.Run(ctx)
//	mux.Handle("/workflows/", app.Handler())
//	instance, err := app.Engine().Start(ctx, actor, tandem.StartInput{Definition: "expense_approval", Input: input})
//
// docs/embedding.md tells it whole, and examples/embed is a program to begin with.
package tandem

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"tandem/internal/action"
	"tandem/internal/audit"
	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/dispatch"
	"tandem/internal/engine"
	"tandem/internal/metrics"
	"tandem/internal/notify"
	"tandem/internal/secret"
	"tandem/internal/web"
	"tandem/internal/web/api"
	"tandem/internal/web/session"
	"tandem/internal/web/ui"
	"tandem/internal/workflow"
)

// The domain's types that a program meets.
type (
	// Actor is who acts.
	Actor = workflow.Actor
	// Role is a right that a person holds in the whole of a tenant.
	Role = workflow.Role
	// Problem is one fault of a document or of input.
	Problem = workflow.Problem
	// Instance is one run of a workflow.
	Instance = workflow.Instance
	// Action does the work of machine steps.
	Action = action.Action
	// ActionFunc adapts a function to Action.
	ActionFunc = action.Func
	// Call is one attempt of a machine step, as an Action sees it.
	Call = action.Call
	// ActionError is a failure with a code that on_failure can test.
	ActionError = action.Error
	// ActionChecker is an Action that may have nothing to do: its step is then
	// skipped.
	ActionChecker = action.Checker
	// ActionSuccessHook is an Action that is told of its success.
	ActionSuccessHook = action.SuccessHook
	// ActionFailureHook is an Action that is told why an attempt failed.
	ActionFailureHook = action.FailureHook
	// Directory tells whether people and groups exist.
	Directory = engine.Directory
	// Func is a function that expressions may call. It must not block, and must
	// give the same for the same arguments.
	Func = workflow.Func
)

// Config is what Tandem needs. One of DatabaseURL, Pool, DataDir and Memory must
// be set.
type Config struct {
	DatabaseURL       string               // a Postgres of version 15 or later; New migrates it
	Pool              *pgxpool.Pool        // whose database to use: connections are made as the pool makes them, beside its own; it is not closed
	DataDir           string               // an absolute path: a private Postgres is started there, and stopped by Close
	Memory            bool                 // forgets everything with the process; keeps neither accounts nor subscriptions, and needs Actor
	Definitions       fs.FS                // whose workflow documents (.yaml, .yml, .json) New stores
	Documents         []any                // likewise: text, or Go values that encode to a document as JSON
	PublicURL         string               // under which people reach the server; default: http://127.0.0.1:8080
	PathPrefix        string               // such as "/workflows"; default: none
	APIPath           string               // of the JSON API below PathPrefix; default: "/api/v1"
	Log               *slog.Logger         // default: nothing is logged
	Actions           map[string]Action    // beside the built-in ones
	Functions         map[string]Func      // for expressions, by the name that calls them: an identifier, or several with dots
	HTTPAllow         []string             // private targets that http.request may reach: host, host:port, address or CIDR block
	SMTPURL           string               // mail server of email.send: smtp://[user:password@]host[:port] or smtps://…; default: none
	MailFrom          string               // sender of mails, such as "Tandem <tandem@example.com>"
	SecretsKey        string               // master keys of secrets, 32 bytes each in base64: the current one, then old ones; default: no secrets
	Lease             time.Duration        // silence after which another process takes over; the same in every process; default 10 s
	Workers           int                  // machine steps at once; default 64
	Queues            []string             // whose machine steps run here; default: "default", those of steps that name no queue
	SessionIdle       time.Duration        // after which an unused session ends; default 2 h
	SessionLife       time.Duration        // after which any session ends; default 12 h
	SecondFactor      []Role               // roles whose people need a second factor beside their password; default: none
	IdentityProviders []IdentityProvider   // by which people may sign in, beside their passwords
	Proxies           []string             // CIDR blocks of reverse proxies whose X-Forwarded-For is believed; default: none
	RateLimit         int                  // requests a minute that one API token may make; 0 = as many as it likes
	CORSOrigins       []string             // origins of pages elsewhere that may call the API with tokens, or "*"; default: none
	EngineOnly        bool                 // Handler serves /healthz, /readyz and /metrics, nothing else, and to everyone
	Demo              bool                 // serves a pretended provider at /demo/vm, which http.request may reach
	RedisURL          string               // a Redis that carries steps between processes, the same in every process; default: the database does
	Traces            trace.TracerProvider // who makes spans of requests, transitions, steps and calls; default: nobody; see StartTracing
	Grace             time.Duration        // how long Run lets steps finish when it ends; default 10 s
	NoPages           bool                 // Handler serves no pages
	NoAPI             bool                 // Handler serves no JSON API; webhooks, /metrics and health stay
	Tags              []string             // of every operation in the OpenAPI document, beside its own
	Now               func() time.Time     // default: time.Now; timers on Postgres go by the database's clock
	Directory         Directory            // knows whom tasks can be given to; default: Tandem's accounts, or with Actor everyone

	// Guard, when set, stands before pages and API, inside the path prefix. It
	// does not see webhooks, whose address is their credential, health and files
	// of the pages.
	Guard func(http.Handler) http.Handler

	// Actor, when set, replaces Tandem's own login: it says who acts in a
	// request; false means nobody is signed in.
	Actor func(*http.Request) (Actor, bool)
}

// Tandem is an open Tandem. Its methods are safe for concurrent use.
type Tandem struct {
	config   Config
	store    storage
	db       *db.DB          // nil in memory
	postgres *Postgres       // nil unless it is ours to stop
	redis    *dispatch.Redis // nil = jobs lie in the database
	engine   *engine.Engine
	people   *auth.Service
	secrets  *secret.Vault
	notify   *notify.Service
	audit    *audit.Keeper
	sessions *session.Manager // nil when EngineOnly
	handler  http.Handler
	draining atomic.Bool
	ending   context.Context
	end      context.CancelFunc
	showing  *ui.UI
	metrics  *metrics.Metrics

	// refused and refusedRequest hear of refusals; nil = nobody keeps an audit.
	refused, refusedRequest func(workflow.Record)
}

// New migrates and opens the database and puts everything together. Nothing
// runs until Run is called; Close ends it.
func New(ctx context.Context, c Config) (*Tandem, error) {
	c = c.withDefaults()
	if err := c.checkStore(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	actions, err := c.actions()
	if err != nil {
		return nil, err
	}
	keys, err := secret.ParseKeys(c.SecretsKey)
	if err != nil {
		return nil, err
	}
	if err := workflow.CheckFunctions(c.Functions); err != nil {
		return nil, fmt.Errorf("tandem: Config.Functions: %w", err)
	}
	process := uuid.Must(uuid.NewV7())
	t := &Tandem{config: c, metrics: metrics.New(buildVersion())}
	t.ending, t.end = context.WithCancel(context.Background())
	for _, step := range []func() error{
		func() error { return t.open(ctx, process, keys) },
		func() error { return t.assemble(ctx, process, actions) },
		func() error { return t.loadDefinitions(ctx) },
	} {
		if err := step(); err != nil {
			t.Close()
			return nil, err
		}
	}
	return t, nil
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = slog.New(web.LogHandler(c.Log.Handler()))
	if c.PublicURL == "" {
		c.PublicURL = "http://127.0.0.1:8080" + c.PathPrefix
	}
	c.SessionIdle, c.SessionLife = cmp.Or(c.SessionIdle, session.Idle), cmp.Or(c.SessionLife, session.Lifetime)
	c.APIPath = cmp.Or(strings.TrimRight(c.APIPath, "/"), api.DefaultPrefix)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Grace == 0 {
		c.Grace = 10 * time.Second
	}
	if public, err := url.Parse(c.PublicURL); c.Demo && err == nil {
		c.HTTPAllow = append(slices.Clone(c.HTTPAllow), public.Host)
	}
	return c
}

// actions gives the built-in actions and those of the program.
func (c Config) actions() (action.Registry, error) {
	all, err := action.New(action.Settings{HTTPAllow: c.HTTPAllow, SMTPURL: c.SMTPURL, MailFrom: c.MailFrom})
	if err != nil {
		return nil, err
	}
	maps.Copy(all, c.Actions)
	return all, nil
}

// quotas gives what limits tenants, nil where there are no tenants.
func (t *Tandem) quotas() engine.Quotas {
	if t.db == nil {
		return nil
	}
	return t.db.TenantsWithLimits
}

// assemble wires engine, people, pages and API.
func (t *Tandem) assemble(ctx context.Context, process uuid.UUID, actions action.Registry) error {
	c := t.config
	key, err := t.serverKey(ctx)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // only a name for operators
	if t.db != nil {
		t.audit = audit.NewKeeper(t.db, c.Log, c.Now)
		t.refused, t.refusedRequest = t.audit.Refused, t.audit.RefusedRequest
	}
	t.people = auth.New(t.accounts(), c.Now)
	t.people.SealWith(sealer{t.secrets})
	t.people.Require(c.SecondFactor...)
	directory := c.Directory
	if directory == nil && c.Actor == nil {
		directory = t.people
	}
	t.engine = engine.New(engine.Config{
		Dispatcher: t.dispatcher(), Tracer: c.tracer(),
		Store: t.store, Log: c.Log, Now: c.Now, Actions: actions, Process: process, Name: host, Lease: c.Lease,
		Workers: c.Workers, Queues: c.Queues, Kind: c.kind(), Version: buildVersion(),
		HookURL: func(token string) string { return c.PublicURL + "/hooks/" + token },
		HookKey: key, Directory: directory, Functions: c.Functions, Secrets: t.secrets, Refused: t.refused, Metrics: t.metrics,
		Quotas: t.quotas(),
	})
	t.watchMetrics()
	client, err := action.NewClient(c.HTTPAllow)
	if err != nil {
		return err
	}
	if t.db != nil {
		t.notify = notify.New(notify.Config{
			Store: db.NewSubscriptions(t.db.Pool()), Vault: t.secrets, Client: client, Log: c.Log, Metrics: t.metrics, Tracer: c.tracer(),
			Watch: func() (<-chan struct{}, func()) { return t.engine.Watch(uuid.Nil) },
		})
	}
	if c.EngineOnly {
		t.handler = t.health()
		return nil
	}
	return t.assembleWeb(key)
}

func (t *Tandem) assembleWeb(key []byte) error {
	c := t.config
	var pages *ui.UI
	var store session.Store // none where the program says who acts and nothing is kept
	if t.db != nil {
		store = db.NewSessions(t.db.Pool(), c.SessionIdle)
	}
	sessions, err := session.New(session.Config{
		Store: store, Now: c.Now, People: t.people, PublicURL: c.PublicURL, Prefix: c.PathPrefix,
		Secret: key, Log: c.Log, Actor: c.Actor, Idle: c.SessionIdle, Lifetime: c.SessionLife,
		Error: func(w http.ResponseWriter, r *http.Request, err error) { pages.FailEarly(w, r, err) },
	})
	if err != nil {
		return err
	}
	t.sessions = sessions
	providers, err := c.identityProviders()
	if err != nil {
		return err
	}
	operations := api.New(api.Config{
		Engine: t.engine, Read: t.store, Prefix: c.APIPath, Tags: c.Tags, People: t.people, Accounts: t.people, Sessions: sessions, Notify: t.notify, Secrets: t.secrets, PublicURL: c.PublicURL,
		RateLimit: c.RateLimit, Log: c.Log, Closing: t.ending, Now: c.Now, Refused: t.refusedRequest, Metrics: t.metrics.Handler(),
	})
	pages = ui.New(ui.Config{
		Engine: t.engine, Read: t.store, People: t.people, Sessions: sessions, Prefix: c.PathPrefix, APIPath: c.APIPath,
		Tenant: workflow.DefaultTenant, PublicURL: c.PublicURL, Providers: providers, Closing: t.ending, Log: c.Log, Now: c.Now,
		Refused: t.refusedRequest, Notify: t.notify, Secrets: t.secrets, Document: operations.Document,
	})
	t.showing = pages
	served := web.New(web.Config{
		UI: pages, Sessions: sessions, Prefix: c.PathPrefix, NoPages: c.NoPages, NoAPI: c.NoAPI, Guard: c.Guard, Ready: t.ready, Draining: t.draining.Load, TrustedProxies: c.Proxies, CORSOrigins: c.CORSOrigins, Log: c.Log, Metrics: t.metrics, Tracer: c.tracer(),
		API: operations,
	})
	t.handler = served
	if c.Demo {
		t.handler = &demoVM{
			next: served, path: c.PathPrefix + demoVMPath, hooks: c.PublicURL + "/hooks/",
			delay: demoVMDelay, ending: t.ending, log: c.Log,
		}
	}
	return nil
}

// Handler serves pages, API, webhooks and static files below the path prefix.
func (t *Tandem) Handler() http.Handler { return t.handler }

// Run runs the engine until ctx ends and its steps have finished or the grace
// period is over.
func (t *Tandem) Run(ctx context.Context) error {
	if t.db == nil {
		return t.engine.Run(ctx, t.config.Grace)
	}
	if t.sessions != nil {
		go t.sessions.Run(ctx)
	}
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	kept := make(chan struct{})
	told := make(chan struct{})
	go func() { defer close(kept); t.audit.Run(keeping) }()
	go func() { defer close(told); t.notify.Run(ctx) }()
	err := t.engine.Run(ctx, t.config.Grace)
	stop()
	<-kept
	<-told
	return err
}

// EndStreams ends the live streams, so that a server can shut down.
func (t *Tandem) EndStreams() { t.end() }

// Drain begins an ending: Handler answers 503 to whatever comes from here on,
// streams end, and machine steps that have not begun go to other processes.
// Requests that are under way are still answered, until Run's context ends.
func (t *Tandem) Drain() {
	t.draining.Store(true)
	t.end()
	t.engine.Drain()
}

// Close ends streams, closes the database's connections and stops a Postgres of
// Config.DataDir. Run must have returned.
func (t *Tandem) Close() {
	t.end()
	if t.db != nil {
		t.db.Close()
	}
	if t.redis != nil {
		_ = t.redis.Close() // what it had to say is in the log
	}
	if t.postgres != nil {
		if err := t.postgres.Stop(context.Background()); err != nil {
			t.config.Log.Warn("the private Postgres did not stop cleanly", "error", err)
		}
	}
}

// Saved tells what became of a document.
type Saved struct {
	Name     string
	Version  string
	Created  bool // false: the same content was there already
	Warnings []Problem
}

// Apply checks and stores a workflow document. Its errors' Problems tell each
// fault.
func (t *Tandem) Apply(ctx context.Context, source []byte) (Saved, error) {
	def, created, warnings, err := t.engine.SaveDefinition(ctx, workflow.SystemActor(workflow.DefaultTenant, "apply"), source)
	if err != nil {
		return Saved{Warnings: warnings}, err
	}
	return Saved{Name: def.Name, Version: def.Version, Created: created, Warnings: warnings}, nil
}

// Validate checks a workflow document, with the actions and functions of the
// Config, and stores nothing.
func (t *Tandem) Validate(source []byte) (errs, warnings []Problem) {
	_, warnings, err := t.engine.Parse(source)
	return Problems(err), warnings
}

// Migrate brings a database's schema up to date.
func Migrate(ctx context.Context, databaseURL string) error { return db.Migrate(ctx, databaseURL) }

// Recount counts anew what the dashboard shows and gives how many counters were
// wrong. Changes of instances wait meanwhile.
func Recount(ctx context.Context, databaseURL string) (wrong int, err error) {
	store, err := db.Open(ctx, databaseURL, db.Options{MaxConns: 1, EngineConns: 1})
	if err != nil {
		return 0, err
	}
	defer store.Close()
	if wrong, err = store.Miscounted(ctx, time.Now()); err != nil {
		return 0, err
	}
	return wrong, store.Recount(ctx)
}

// Validate checks a workflow document that needs the built-in actions and
// functions alone, without a database.
func Validate(source []byte) (errs, warnings []Problem) {
	_, warnings, err := workflow.Parse(source, action.BuiltIn().Options())
	return Problems(err), warnings
}

// Problems lists the faults that an error is about; none for a nil error.
func Problems(err error) []Problem {
	var e *workflow.Error
	if !errors.As(err, &e) {
		return nil
	}
	if len(e.Fields) == 0 && (e.Kind == workflow.KindInvalid || e.Kind == workflow.KindTooLarge) {
		return []Problem{{Message: e.Message, Code: e.Code, Line: 1, Column: 1}}
	}
	return e.Fields
}

// Sentence gives what an error says to people: the sentence written for them
// where there is one, with every fault that it is about, and the cause of what
// only an operator can mend. It is empty for nil.
func Sentence(err error) string {
	var e *workflow.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		return err.Error()
	}
	said := e.Message
	for _, p := range e.Fields {
		if !strings.Contains(said, p.Message) {
			said += " " + p.Message
		}
	}
	if e.Err != nil && (e.Kind == workflow.KindUnavailable || e.Kind == workflow.KindInternal) {
		said += "\nThe cause: " + e.Err.Error()
	}
	return said
}
