package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"tandem"
)

type serveCmd struct {
	actionSettings
	engineSettings

	Addr       string `help:"Address to listen on; ${default} unless given. (TANDEM_ADDR)" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PublicURL  string `help:"Address under which people reach Tandem; required off loopback. (TANDEM_PUBLIC_URL)" name:"public-url" placeholder:"URL"`
	PathPrefix string `help:"Path below which everything is served. (TANDEM_PATH_PREFIX)" placeholder:"/PATH"`

	APIPathPrefix string `help:"Path of the JSON API, below the path prefix; ${default} unless given. (TANDEM_API_PATH_PREFIX)" name:"api-path-prefix" default:"/api/v1" placeholder:"/PATH"`

	SessionIdle     time.Duration `help:"Time after which an unused session ends, 1 min to 30 days. (TANDEM_SESSION_IDLE)" default:"2h" placeholder:"TIME"`
	SessionLifetime time.Duration `help:"Time after which any session ends, at most 90 days. (TANDEM_SESSION_LIFETIME)" default:"12h" placeholder:"TIME"`
	SecondFactor    []string      `help:"Roles whose people need a second factor to sign in with a password, with commas between. (TANDEM_SECOND_FACTOR)" placeholder:"ROLE"`
	OIDCFile        string        `help:"File with the identity providers by which people sign in. (TANDEM_OIDC_FILE)" name:"oidc-file" placeholder:"FILE" type:"path"`
	TrustedProxies  []string      `help:"CIDR blocks of reverse proxies whose X-Forwarded-For is believed, with commas between; none by default. (TANDEM_TRUSTED_PROXIES)" placeholder:"BLOCK"`

	MetricsAddr string   `help:"Address that serves /metrics, /healthz and /readyz to everyone who reaches it; none unless given. (TANDEM_METRICS_ADDR)" placeholder:"HOST:PORT"`
	RateLimit   int      `help:"Requests a minute that one API token may make; 0 = as many as it likes. (TANDEM_RATE_LIMIT)" default:"60000" placeholder:"NUMBER"`
	CORSOrigins []string `help:"Origins of pages elsewhere that may call the API with tokens, with commas between, or *; none by default. (TANDEM_CORS_ORIGINS)" name:"cors-origins" placeholder:"ORIGIN"`

	Demo       bool `help:"Load demo people and workflows. Their password is public: loopback only."`
	DemoPublic bool `help:"Allow --demo on an address that others can reach."`
}

// Limits of the HTTP server. Streams extend their own write deadline.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// shutdownTimeout is how long an ending waits for open requests. With the
// default of --grace for steps it stays below the ten seconds that service
// managers give.
const shutdownTimeout = 4 * time.Second

// Run serves until ctx ends, then lets requests and steps finish. To be ended
// while it starts is no error.
func (c *serveCmd) Run(ctx context.Context, s *Settings, io std) error {
	err := c.run(ctx, s, io)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *serveCmd) run(ctx context.Context, s *Settings, io std) error {
	log := s.logger(io.err)
	if err := c.check(); err != nil {
		return &exitError{exitUsage, err}
	}
	listener, err := c.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	if c.PublicURL == "" {
		c.PublicURL = "http://" + listener.Addr().String() + c.PathPrefix
	}
	database, err := s.database(ctx, log)
	if err != nil {
		return err
	}
	defer database.close()
	keys, err := s.secretsKey()
	if err != nil {
		return err
	}
	providers, err := c.identityProviders()
	if err != nil {
		return &exitError{exitUsage, err}
	}
	traces, stopTraces, err := startTraces(ctx, log)
	if err != nil {
		return err
	}
	defer stopTraces()
	app, err := tandem.New(ctx, tandem.Config{
		Traces:            traces,
		IdentityProviders: providers,
		DatabaseURL:       database.url, PublicURL: c.PublicURL, PathPrefix: c.PathPrefix, APIPath: c.APIPathPrefix, Log: log,
		Grace: c.Grace, Lease: c.Lease, Workers: c.Workers, Queues: c.Queues, RedisURL: c.RedisURL,
		HTTPAllow: c.HTTPAllow, SMTPURL: c.SMTPURL, MailFrom: c.MailFrom, SecretsKey: keys, Demo: c.Demo,
		SessionIdle: c.SessionIdle, SessionLife: c.SessionLifetime, Proxies: c.TrustedProxies,
		SecondFactor: c.secondFactor(),
		RateLimit:    c.RateLimit, CORSOrigins: c.CORSOrigins,
	})
	if err != nil {
		return err
	}
	defer app.Close()
	if err := c.loadDemo(ctx, app); err != nil {
		return err
	}
	debug.FreeOSMemory() // what starting took, most of it to hash the demo's passwords
	c.announce(io, database)
	if err := announceSetup(ctx, io, app); err != nil {
		return err
	}
	stop, err := c.serveMetrics(app, io, log)
	if err != nil {
		return err
	}
	defer stop()
	return serve(ctx, app, listener, log)
}

// check refuses what is wrong or dangerous before anything is started.
func (c *serveCmd) check() error {
	if err := checkAddr("--addr", c.Addr); err != nil {
		return err
	}
	if c.MetricsAddr != "" {
		if err := checkAddr("--metrics-addr", c.MetricsAddr); err != nil {
			return err
		}
	}
	if err := c.engineSettings.check(); err != nil {
		return err
	}
	if c.PathPrefix = strings.TrimRight(c.PathPrefix, "/"); !prefixRule.MatchString(c.PathPrefix) {
		return fmt.Errorf("--path-prefix %q is not a path such as /workflows", c.PathPrefix)
	}
	if c.APIPathPrefix = strings.TrimRight(c.APIPathPrefix, "/"); c.APIPathPrefix == "" || !prefixRule.MatchString(c.APIPathPrefix) {
		return fmt.Errorf("--api-path-prefix %q is not a path such as /api/v1", c.APIPathPrefix)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if err := checkPublicURL(c.PublicURL); err != nil {
		return err
	}
	if err := c.checkSessions(); err != nil {
		return err
	}
	if err := c.checkAPI(); err != nil {
		return err
	}
	local := loopback(c.Addr)
	if c.Demo && !c.DemoPublic && !local {
		return fmt.Errorf("the demo's passwords are public, so --demo listens on loopback only, and %s is not; add --demo-public if that is what you want", c.Addr)
	}
	if c.PublicURL == "" && !local {
		return fmt.Errorf("%s can be reached by others: say with --public-url under which address, so that links in mails and webhooks work", c.Addr)
	}
	return nil
}

// secondFactor gives the roles that need a second factor.
func (c *serveCmd) secondFactor() []tandem.Role {
	var roles []tandem.Role
	for _, name := range c.SecondFactor {
		roles = append(roles, tandem.Role(strings.TrimSpace(name)))
	}
	return roles
}

// checkAPI refuses limits and origins that mean nothing.
func (c *serveCmd) checkAPI() error {
	if c.RateLimit < 0 || c.RateLimit > 100_000_000 {
		return errors.New("--rate-limit is 0 to 100,000,000 requests a minute; 0 is no limit")
	}
	for _, origin := range c.CORSOrigins {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || origin != u.Scheme+"://"+u.Host) {
			return fmt.Errorf("--cors-origins %q is no origin; write it such as https://app.example.com, without a path", origin)
		}
	}
	return nil
}

func (c *serveCmd) checkSessions() error {
	const day = 24 * time.Hour
	if c.SessionIdle < time.Minute || c.SessionIdle > 30*day || c.SessionLifetime < c.SessionIdle || c.SessionLifetime > 90*day {
		return errors.New("--session-idle is 1m to 720h, and --session-lifetime at least as long, up to 2160h")
	}
	for _, block := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(block); err != nil {
			return fmt.Errorf("--trusted-proxies %q is no CIDR block; write it such as 10.0.0.0/8 or 192.0.2.7/32", block)
		}
	}
	return nil
}

func (c *serveCmd) identityProviders() ([]tandem.IdentityProvider, error) {
	if c.OIDCFile == "" {
		return nil, nil
	}
	return tandem.ReadIdentityProviders(c.OIDCFile)
}

// prefixRule is what a path prefix looks like: whole segments, nothing that
// would have to be escaped.
var prefixRule = regexp.MustCompile(`^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$`)

func checkAddr(flag, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return fmt.Errorf("%s %q is not an address to listen on; write host and port, such as 127.0.0.1:8080", flag, addr)
	}
	return nil
}

func checkPublicURL(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("--public-url %q is not an address of the web; write it such as https://tandem.example.com", address)
	}
	return nil
}

func (c *serveCmd) listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", c.Addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program already listens on %s: stop that one, or choose another address with --addr", c.Addr)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s, choose another address with --addr: %w", c.Addr, err)
	}
	return listener, nil
}

// loopback reports whether only this machine can reach the address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func (c *serveCmd) loadDemo(ctx context.Context, app *tandem.Tandem) error {
	if !c.Demo {
		return nil
	}
	return app.LoadDemo(ctx)
}

// announce prints what somebody who has just started Tandem needs to know.
func (c *serveCmd) announce(io std, database *database) {
	fmt.Fprintf(io.out, "Tandem is at %s\n", c.PublicURL)
	if database.dir != "" {
		fmt.Fprintf(io.out, "Data: %s\n", database.dir)
	}
	if !c.Demo {
		return
	}
	fmt.Fprintf(io.out, "\nDemo people, all with the password %q:\n", tandem.DemoPassword)
	for _, p := range tandem.DemoPeople() {
		fmt.Fprintf(io.out, "  %-6s %s\n", p.Login, p.About)
	}
	fmt.Fprintln(io.out)
}

// announceSetup prints where the first administrator is made, until there is one.
func announceSetup(ctx context.Context, io std, app *tandem.Tandem) error {
	address, err := app.SetupURL(ctx)
	if err != nil || address == "" {
		return err
	}
	fmt.Fprintf(io.out, "\nNobody can sign in yet. Make the first administrator, within a day, at\n  %s\n\n", address)
	return nil
}

// newServer returns a server that slow clients cannot keep busy.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// serve runs the engine and the HTTP server until ctx ends or one of them
// breaks off. At the end it answers 503 to what comes, until what is under way
// has ended.
func serve(ctx context.Context, app *tandem.Tandem, listener net.Listener, log *slog.Logger) error {
	open := &openRequests{next: app.Handler()}
	server := newServer(open, log)
	defer server.Close()
	engine, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- app.Run(engine) }()
	go func() { served <- server.Serve(listener) }()
	var broken error
	select {
	case <-ctx.Done():
		log.Info("shutting down")
	case broken = <-served: // the engine ends on our word alone
	}
	app.Drain()
	if !open.wait(shutdownTimeout) {
		log.Warn("some requests are cut off")
	}
	stop()
	if err := <-ran; err != nil {
		log.Warn("the engine did not end cleanly; what it left, the next start takes over", "error", err)
	}
	return broken
}
