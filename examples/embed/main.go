// Command embed is a program with a login of its own that has Tandem under
// /workflows: its people ask for leave there, and its calendar is told.
//
//	go run . 127.0.0.1:8090
//
// Everything is forgotten when it ends; with DATABASE_URL it is kept in Postgres.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"tandem"
)

//go:embed workflows
var files embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	addr := "127.0.0.1:8090"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	listener, err := net.Listen("tcp", addr)
	if err == nil {
		fmt.Printf("http://%s/\n", listener.Addr())
		err = run(ctx, listener, os.Getenv("DATABASE_URL"), &calendar{})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, listener net.Listener, databaseURL string, calendar *calendar) error {
	people := newLogin()
	workflows, err := fs.Sub(files, "workflows")
	if err != nil {
		return err
	}
	app, err := tandem.New(ctx, tandem.Config{
		DatabaseURL: databaseURL,
		Memory:      databaseURL == "",
		PublicURL:   "http://" + listener.Addr().String() + "/workflows",
		PathPrefix:  "/workflows",
		Definitions: workflows,
		Actions:     map[string]tandem.Action{"acme.book": tandem.ActionFunc(calendar.book)},
		Functions:   map[string]tandem.Func{"acme.hours": hours},
		Actor:       people.actor,
		Guard:       people.guard,
		Log:         slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	defer app.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", people.home)
	mux.HandleFunc("POST /login", people.signIn)
	mux.Handle("/workflows/", app.Handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	engine, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- app.Run(engine) }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		app.Drain() // answers 503 from here on, and ends open pages' streams
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = server.Shutdown(ending)
	}
	stop()
	return errors.Join(err, <-ran)
}
