package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"tandem"
)

// serveMetrics answers on the address of the metrics until stop is called. The
// address is nobody's but the operator's, so that no token is asked for.
func (c *serveCmd) serveMetrics(app *tandem.Tandem, io std, log *slog.Logger) (stop func(), err error) {
	if c.MetricsAddr == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", c.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s, choose another address with --metrics-addr: %w", c.MetricsAddr, err)
	}
	server := &http.Server{
		Handler: app.Private(), ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	fmt.Fprintf(io.out, "Metrics: http://%s/metrics\n", listener.Addr())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); err != http.ErrServerClosed {
			log.Error("metrics are not served any more", "error", err)
		}
	}()
	return func() { _ = server.Close(); <-ended }, nil
}
