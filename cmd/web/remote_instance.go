package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// instance is what the commands read of an instance.
type instance struct {
	ID            string     `json:"id"`
	Definition    string     `json:"definition_name"`
	Version       string     `json:"definition_version"`
	Status        string     `json:"status"`
	CurrentSteps  []string   `json:"current_steps"`
	WaitingFor    []waiting  `json:"waiting_for"`
	StartedAt     *time.Time `json:"started_at"`
	CompletedAt   *time.Time `json:"completed_at"`
	CreatedBy     string     `json:"created_by"`
	CorrelationID *string    `json:"correlation_id"`
	Error         *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Step    string `json:"step"`
	} `json:"error"`
	Data  json.RawMessage `json:"context_data"`
	Steps []struct {
		Name        string     `json:"step_name"`
		Type        string     `json:"step_type"`
		Status      string     `json:"status"`
		StartedAt   *time.Time `json:"started_at"`
		CompletedAt *time.Time `json:"completed_at"`
		CompletedBy *string    `json:"completed_by"`
	} `json:"step_history"`
}

type waiting struct {
	Step   string   `json:"step"`
	Kind   string   `json:"kind"`
	Users  []string `json:"users"`
	Groups []string `json:"groups"`
	TaskID *string  `json:"task_id"`
}

// String tells what is waited for: "finance (human: finance)".
func (w waiting) String() string {
	who := strings.Join(append(append([]string{}, w.Users...), w.Groups...), ", ")
	if who == "" {
		return w.Step + " (" + w.Kind + ")"
	}
	return w.Step + " (" + w.Kind + ": " + who + ")"
}

// where tells at which step an instance is.
func (i *instance) where() string {
	var all []string
	for _, w := range i.WaitingFor {
		all = append(all, w.String())
	}
	if i.Error != nil && i.Status == "failed" {
		return i.Error.Step + ": " + i.Error.Message
	}
	return cmp.Or(strings.Join(all, "; "), strings.Join(i.CurrentSteps, ", "), "-")
}

// waits are the flags of commands that can wait for the end of an instance.
type waits struct {
	Wait    bool          `help:"Wait until the instance has completed, failed or was canceled, and show on standard error how it goes."`
	Timeout time.Duration `help:"How long --wait waits at most." default:"10m" placeholder:"TIME"`
}

// Pauses between looks at an instance that is waited for.
const (
	shortPause = 100 * time.Millisecond
	longPause  = 2 * time.Second
)

// follow shows how an instance goes on until it ends or the time is over.
func (w waits) follow(ctx context.Context, r *remote, io std, id string) error {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	shown := ""
	for pause := shortPause; ; pause = min(2*pause, longPause) {
		text, err := r.call(ctx, http.MethodGet, "/instances/"+url.PathEscape(id), nil, nil)
		if ctx.Err() != nil {
			return &exitError{exitWaiting, fmt.Errorf("%s has not ended yet; look again with: tandem show %s", id, id)}
		}
		if err != nil {
			return err
		}
		var in instance
		if err := json.Unmarshal(text, &in); err != nil {
			return fmt.Errorf("read instance %s: %w", id, err)
		}
		if line := printable(in.Status + ": " + in.where()); line != shown {
			fmt.Fprintf(io.err, "%s  %s\n", time.Now().Format("15:04:05"), line)
			shown, pause = line, shortPause
		}
		switch in.Status {
		case "completed":
			return r.print(io.out, text, &in)
		case "failed", "canceled":
			if err := r.print(io.out, text, &in); err != nil {
				return err
			}
			return &exitError{exitEnded, fmt.Errorf("%s has %s", id, map[string]string{"failed": "failed", "canceled": "been canceled"}[in.Status])}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// print shows one instance.
func (r *remote) print(out io.Writer, text json.RawMessage, in *instance) error {
	if r.JSON {
		return printJSON(out, text)
	}
	fmt.Fprintf(out, "%s  %s %s  %s\n", in.ID, in.Definition, in.Version, in.Status)
	if at := in.where(); at != "-" {
		fmt.Fprintln(out, printable("at        "+at))
	}
	fmt.Fprintf(out, "started   %s by %s\n", local(in.StartedAt), printable(in.CreatedBy))
	if in.CompletedAt != nil {
		fmt.Fprintf(out, "ended     %s\n", local(in.CompletedAt))
	}
	if in.CorrelationID != nil {
		fmt.Fprintf(out, "known as  %s\n", printable(*in.CorrelationID))
	}
	return nil
}

type startCmd struct {
	remote
	waits

	Name          string `arg:"" help:"Name of the workflow."`
	Version       string `help:"Its version; without it the latest active release." placeholder:"VERSION"`
	Input         string `help:"Start data: a JSON object, @FILE, or - for standard input." short:"i" placeholder:"JSON"`
	CorrelationID string `help:"Your own name for the instance." name:"correlation-id" placeholder:"NAME"`
	StartAt       string `help:"Start then, such as 2026-03-31T12:00:00Z." placeholder:"TIME"`
	Key           string `help:"Idempotency key: a repetition with it starts nothing more." placeholder:"KEY"`
}

// Run starts an instance.
func (c *startCmd) Run(ctx context.Context, io std) error {
	input, err := readObject(c.Input, "--input", io.in)
	if err != nil {
		return err
	}
	body := map[string]any{"definition_name": c.Name}
	if input != nil {
		body["input_data"] = input
	}
	for field, value := range map[string]string{"version": c.Version, "correlation_id": c.CorrelationID, "start_at": c.StartAt} {
		if value != "" {
			body[field] = value
		}
	}
	return c.answered(ctx, &c.remote, io, "/instances", body, "Idempotency-Key", c.Key)
}

// answered posts what is answered with an instance, and waits for its end when
// asked to.
func (w waits) answered(ctx context.Context, r *remote, io std, path string, body any, header ...string) error {
	text, err := r.call(ctx, http.MethodPost, path, nil, body, header...)
	if err != nil {
		return err
	}
	var in instance
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	if w.Wait {
		return w.follow(ctx, r, io, in.ID)
	}
	return r.print(io.out, text, &in)
}

type listCmd struct {
	remote
	paging

	Definition []string `help:"Only of these workflows." placeholder:"NAME"`
	Status     []string `help:"Only in these states: pending, running, waiting, paused, failed, completed, canceled." placeholder:"STATUS"`
	Step       []string `help:"Only with these steps under way." placeholder:"STEP"`
	Query      string   `help:"A part of the id, the correlation id or the workflow's name." short:"q" placeholder:"TEXT"`
	Data       []string `help:"What data holds, such as amount[gte]=1000." placeholder:"PATH[OP]=VALUE" sep:"none"`
}

// Run lists instances, newest first.
func (c *listCmd) Run(ctx context.Context, io std) error {
	q := c.paging.query()
	set(q, "definition_name", c.Definition...)
	set(q, "status", c.Status...)
	set(q, "step", c.Step...)
	set(q, "q", c.Query)
	for _, d := range c.Data {
		path, value, ok := strings.Cut(d, "=")
		if !ok {
			return &exitError{exitUsage, fmt.Errorf("--data %q is no filter; write it such as amount[gte]=1000", d)}
		}
		q.Add("data."+path, value)
	}
	var list page[instance]
	if done, err := c.fetch(ctx, io.out, &list, "/instances", q); done || err != nil {
		return err
	}
	rows := make([][]string, 0, len(list.Items))
	for _, in := range list.Items {
		rows = append(rows, []string{in.ID, in.Definition, in.Status, local(in.StartedAt), in.where()})
	}
	if err := table(io.out, []string{"ID", "WORKFLOW", "STATUS", "STARTED", "AT"}, rows); err != nil {
		return err
	}
	list.foot(io.err)
	return nil
}

type showCmd struct {
	remote

	ID string `arg:"" help:"Id of the instance."`
}

// Run shows an instance with its steps and data.
func (c *showCmd) Run(ctx context.Context, io std) error {
	text, err := c.call(ctx, http.MethodGet, "/instances/"+url.PathEscape(c.ID), nil, nil)
	if err != nil {
		return err
	}
	var in instance
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("read instance %s: %w", c.ID, err)
	}
	if err := c.print(io.out, text, &in); err != nil || c.JSON {
		return err
	}
	fmt.Fprintln(io.out)
	rows := make([][]string, 0, len(in.Steps))
	for _, s := range in.Steps {
		rows = append(rows, []string{s.Name, s.Type, s.Status, local(s.StartedAt), local(s.CompletedAt), orDash(s.CompletedBy)})
	}
	if err := table(io.out, []string{"STEP", "TYPE", "STATUS", "STARTED", "ENDED", "BY"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(io.out, "\ndata")
	return printJSON(io.out, in.Data)
}

type cancelCmd struct {
	remote

	ID     string `arg:"" help:"Id of the instance."`
	Reason string `help:"Why; kept in the history." placeholder:"TEXT"`
}

// Run ends an instance for good.
func (c *cancelCmd) Run(ctx context.Context, io std) error {
	body := map[string]string{}
	if c.Reason != "" {
		body["reason"] = c.Reason
	}
	return waits{}.answered(ctx, &c.remote, io, "/instances/"+url.PathEscape(c.ID)+"/cancel", body)
}
