package main

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestServer_limits: nothing that a client does slowly has no end, and large
// headers are refused.
func TestServer_limits(t *testing.T) {
	t.Parallel()
	s := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for name, limit := range map[string]time.Duration{
		"header": s.ReadHeaderTimeout, "request": s.ReadTimeout, "answer": s.WriteTimeout, "idle": s.IdleTimeout,
	} {
		if limit <= 0 || limit > 5*time.Minute {
			t.Errorf("the limit of the %s is %s", name, limit)
		}
	}
	dial := func(patience time.Duration, text string) *bufio.Reader {
		t.Helper()
		s := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
		s.ReadHeaderTimeout = patience
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go s.Serve(listener)
		t.Cleanup(func() { s.Close() })
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return bufio.NewReader(c)
	}
	if _, err := dial(50*time.Millisecond, "GET / HTTP/1.1\r\nHost: x\r\n").ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("half a header keeps the connection: %v", err)
	}
	line, err := dial(readHeaderTimeout, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: "+strings.Repeat("a", 2*maxHeaderBytes)+"\r\n\r\n").ReadString('\n')
	if err != nil || !strings.Contains(line, "431") {
		t.Errorf("a header of 128 KiB: %q, %v, want 431", line, err)
	}
}
