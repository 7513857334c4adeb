package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"tandem"
)

type serveCmd struct {
	Addr       string `help:"Address to listen on. (TANDEM_ADDR)" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PublicURL  string `help:"Address under which people reach Tandem; required off loopback. (TANDEM_PUBLIC_URL)" name:"public-url" placeholder:"URL"`
	PathPrefix string `help:"Path below which everything is served. (TANDEM_PATH_PREFIX)" placeholder:"/PATH"`
	Demo       bool   `help:"Load demo people and workflows. Their password is public: loopback only."`
	DemoPublic bool   `help:"Allow --demo on an address that others can reach."`
}

// Limits of the HTTP server. Streams extend their own write deadline.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	shutdownTimeout   = 10 * time.Second
)

// Run serves until ctx ends, then lets requests and steps finish.
func (c *serveCmd) Run(ctx context.Context, s *Settings, io std) error {
	log := s.logger(io.err)
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
	app, err := tandem.New(ctx, tandem.Config{
		DatabaseURL: database.url, PublicURL: c.PublicURL, PathPrefix: c.PathPrefix, Log: log,
	})
	if err != nil {
		return err
	}
	defer app.Close()
	if err := c.loadDemo(ctx, app); err != nil {
		return err
	}
	c.announce(io, database)
	return serve(ctx, app, listener, log)
}

// listen opens the address, once what is dangerous has been refused.
func (c *serveCmd) listen() (net.Listener, error) {
	local := loopback(c.Addr)
	if c.Demo && !c.DemoPublic && !local {
		return nil, &exitError{exitUsage, fmt.Errorf("the demo's passwords are public, so --demo listens on loopback only, and %s is not; add --demo-public if that is what you want", c.Addr)}
	}
	if c.PublicURL == "" && !local {
		return nil, &exitError{exitUsage, fmt.Errorf("%s can be reached by others: say with --public-url under which address, so that links in mails and webhooks work", c.Addr)}
	}
	c.PathPrefix = strings.TrimRight(c.PathPrefix, "/")
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with --addr", c.Addr, err)
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

// serve runs the engine and the HTTP server until ctx ends or one of them
// breaks off.
func serve(ctx context.Context, app *tandem.Tandem, listener net.Listener, log *slog.Logger) error {
	server := &http.Server{
		Handler:           app.Handler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(app.EndStreams)
	engine, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- app.Run(engine) }()
	go func() { ended <- server.Serve(listener) }()
	var err error
	select {
	case <-ctx.Done():
		log.Info("shutting down")
	case err = <-ended:
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if closing := server.Shutdown(wait); closing != nil {
		log.Warn("some requests were cut off", "error", closing)
	}
	stop()
	if err == nil {
		<-ended
		<-ended
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
