package browser

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// Tab is a page and what the browser said about it.
type Tab struct {
	ctx context.Context

	mu       sync.Mutex
	faults   []string
	requests []string
}

// hear keeps errors of the console and the browser's log, among them what the
// page's policy refused, and every address that was asked for.
func (t *Tab) hear(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			t.faults = append(t.faults, fmt.Sprintf("console.%s: %s", e.Type, words(e.Args)))
		}
	case *runtime.EventExceptionThrown:
		t.faults = append(t.faults, "exception: "+exception(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			t.faults = append(t.faults, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		t.requests = append(t.requests, e.Request.URL)
	}
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

func words(args []*runtime.RemoteObject) string {
	var b strings.Builder
	for _, a := range args {
		fmt.Fprintf(&b, "%s%s ", a.Value, a.Description)
	}
	return strings.TrimSpace(b.String())
}

// Faults takes what was wrong since the last call, with requests to other
// origins than the one given; data: and blob: addresses leave nobody's origin.
func (t *Tab) Faults(origin string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	faults := slices.Clone(t.faults)
	for _, address := range t.requests {
		u, err := url.Parse(address)
		if err == nil && (u.Scheme == "data" || u.Scheme == "blob" || u.Scheme+"://"+u.Host == origin) {
			continue
		}
		faults = append(faults, "request to another origin: "+address)
	}
	t.faults, t.requests = nil, nil
	return faults
}
