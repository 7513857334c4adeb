package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxEventLine = 8 << 20         // bytes
	reconnect    = 2 * time.Second // after a stream broke off
)

// event is what the command reads of an event.
type event struct {
	Type       string    `json:"type"`
	At         time.Time `json:"timestamp"`
	InstanceID string    `json:"instance_id"`
	Step       *string   `json:"step_name"`
	Actor      *string   `json:"actor"`
}

type eventsCmd struct {
	remote

	ID    string `arg:"" optional:"" help:"Id of an instance; without it the events of all that you may see."`
	After string `help:"Goes on after this event id; 0-0 begins with the oldest that is kept. Without it only what comes is shown." placeholder:"ID"`
}

// Run follows events until it is told to end. A stream that breaks off goes on
// where it was: no event is lost or shown twice.
func (c *eventsCmd) Run(ctx context.Context, io std) error {
	path := "/events"
	if c.ID != "" {
		path = "/instances/" + url.PathEscape(c.ID) + "/events"
	}
	for reached := false; ; {
		err := c.stream(ctx, io, path, &reached)
		if ctx.Err() != nil {
			return nil
		}
		var refused *problem
		if !reached || errors.As(err, &refused) && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests {
			return err
		}
		fmt.Fprintln(io.err, "The stream broke off; it goes on in a moment.")
		select {
		case <-time.After(reconnect):
		case <-ctx.Done():
			return nil
		}
	}
}

// stream follows one connection. reached is set once events can come.
func (c *eventsCmd) stream(ctx context.Context, io std, path string, reached *bool) error {
	q, err := c.request(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	if c.After != "" {
		q.Header.Set("Last-Event-ID", c.After)
	}
	a, err := c.do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	*reached = true
	lines := bufio.NewScanner(a.Body)
	lines.Buffer(nil, maxEventLine)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			c.After = value
		case "event":
			if value == "cut" {
				return &problem{Status: http.StatusGone, Detail: "The events after this id are not kept any more. Begin again with --after 0-0."}
			}
		case "data":
			if err := c.print(io, value); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func (c *eventsCmd) print(io std, data string) error {
	if c.JSON {
		_, err := fmt.Fprintln(io.out, data)
		return err
	}
	var e event
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		return fmt.Errorf("read an event: %w", err)
	}
	_, err := fmt.Fprintln(io.out, printable(fmt.Sprintf("%s  %-20s  %s  %s  %s", local(&e.At), e.Type, e.InstanceID, orDash(e.Step), orDash(e.Actor))))
	return err
}
