package main

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// task is what the commands read of a task.
type task struct {
	ID         string     `json:"id"`
	Definition string     `json:"definition_name"`
	Title      string     `json:"title"`
	Assignee   *string    `json:"assignee"`
	Groups     []string   `json:"candidate_groups"`
	Users      []string   `json:"candidate_users"`
	Status     string     `json:"status"`
	DueDate    *time.Time `json:"due_date"`
	Outcomes   []struct {
		Name string `json:"name"`
	} `json:"outcomes"`
}

// who tells whose task it is: its assignee, else its candidates.
func (t *task) who() string {
	if t.Assignee != nil {
		return *t.Assignee
	}
	who := strings.Join(append(append([]string{}, t.Users...), t.Groups...), ", ")
	if who == "" {
		return "-"
	}
	return "(" + who + ")"
}

func (t *task) outcomes() string {
	names := make([]string, len(t.Outcomes))
	for i, o := range t.Outcomes {
		names[i] = o.Name
	}
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ", ")
}

type tasksCmd struct {
	remote
	paging

	Mine       bool     `help:"Only those assigned to you."`
	Claimable  bool     `help:"Only those that you may claim; with --mine either."`
	Overdue    bool     `help:"Only those that are late."`
	Definition []string `help:"Only of these workflows." placeholder:"NAME"`
	Instance   string   `help:"Only of this instance." placeholder:"ID"`
	Status     []string `help:"In these states: pending, completed, canceled." default:"pending" placeholder:"STATUS"`
}

// Run lists tasks, soonest due first.
func (c *tasksCmd) Run(ctx context.Context, io std) error {
	q := c.paging.query()
	set(q, "definition_name", c.Definition...)
	set(q, "status", c.Status...)
	set(q, "instance_id", c.Instance)
	for name, on := range map[string]bool{"mine": c.Mine, "claimable": c.Claimable, "overdue": c.Overdue} {
		if on {
			q.Set(name, strconv.FormatBool(on))
		}
	}
	var list page[task]
	if done, err := c.fetch(ctx, io.out, &list, "/tasks", q); done || err != nil {
		return err
	}
	rows := make([][]string, 0, len(list.Items))
	for _, t := range list.Items {
		rows = append(rows, []string{t.ID, t.Title, t.who(), local(t.DueDate), t.outcomes()})
	}
	if err := table(io.out, []string{"ID", "TITLE", "WHO", "DUE", "OUTCOMES"}, rows); err != nil {
		return err
	}
	list.foot(io.err)
	return nil
}

type completeCmd struct {
	remote
	waits

	ID      string `arg:"" help:"Id of the task."`
	Outcome string `help:"One of the task's outcomes, where it has any." short:"o" placeholder:"NAME"`
	Data    string `help:"What the form asks for: a JSON object, @FILE, or - for standard input." short:"d" placeholder:"JSON"`
	Comment string `help:"A comment." placeholder:"TEXT"`
	Key     string `help:"Idempotency key: a repetition with it decides nothing more." placeholder:"KEY"`
}

// Run decides a task and shows its instance.
func (c *completeCmd) Run(ctx context.Context, io std) error {
	data, err := readObject(c.Data, "--data", io.in)
	if err != nil {
		return err
	}
	body := map[string]any{}
	if data != nil {
		body["output_data"] = data
	}
	for field, value := range map[string]string{"outcome": c.Outcome, "comment": c.Comment} {
		if value != "" {
			body[field] = value
		}
	}
	return c.answered(ctx, &c.remote, io, "/tasks/"+url.PathEscape(c.ID)+"/complete", body, "Idempotency-Key", c.Key)
}
