package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"tandem"
)

type storybookCmd struct {
	Addr string `help:"Address to listen on." default:"127.0.0.1:8090" placeholder:"HOST:PORT"`
}

// Run serves the storybook until the context ends.
func (c *storybookCmd) Run(ctx context.Context, io std) error {
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Every page in its states: http://%s/\n", listener.Addr())
	server := &http.Server{Handler: tandem.Storybook(), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
