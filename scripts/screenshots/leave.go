package main

import (
	"context"
	"strings"
)

// leave is a workflow with an older version, for the pages about versions.
const leave = `# Who wants days off asks here.
format: 1
name: leave_request
title: Leave request
version: 1.0.0
input_schema:
  type: object
  required: [from, days]
  properties:
    from: {type: string, format: date, title: First day}
    days: {type: integer, minimum: 1, maximum: 30, title: Working days}
steps:
  - name: approve
    type: human
    title: Approve the leave
    candidate_groups: [managers]
    outcomes: [{name: approve, title: Approve}, {name: reject, title: Reject}]
  - name: book
    type: machine
    action: log
    with: {message: "booked"}
  - {name: refuse, type: machine, action: log, with: {message: "refused"}}
edges:
  - {source: approve, target: book, condition: 'steps.approve.outcome == "approve"'}
  - {source: approve, target: refuse, default: true}
`

// newerLeave asks who stands in before it books, and grants fewer days.
var newerLeave = strings.NewReplacer(
	"version: 1.0.0", "version: 1.1.0",
	"maximum: 30", "maximum: 25",
	"  - name: book\n", "  - name: stand_in\n    type: human\n    title: Name who stands in\n    candidate_groups: [staff]\n  - name: book\n",
	`{source: approve, target: book`, `{source: approve, target: stand_in`,
	"edges:\n", "edges:\n  - {source: stand_in, target: book}\n",
).Replace(leave)

// versions saves the workflow that has changed.
func (h *house) versions(ctx context.Context) error {
	for _, source := range []string{leave, newerLeave} {
		if _, err := h.app.Apply(ctx, []byte(source)); err != nil {
			return err
		}
	}
	return nil
}
