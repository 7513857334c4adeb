package gallery

import (
	"fmt"

	"tandem/internal/form"
	"tandem/internal/views"
)

// Fields is a form with a control of many kinds, some with errors.
func Fields() []form.Field {
	option := func(id, value, label string, on bool) form.Option {
		return form.Option{ID: id, Value: value, Label: label, Selected: on}
	}
	return []form.Field{
		{Kind: form.Text, Name: "title", ID: "f-title", Label: "Title", Required: true, Value: `Train & "hotel"`, MaxLength: 80, MinLength: -1},
		{Kind: form.Number, Name: "amount", ID: "f-amount", Label: "Amount in EUR", Required: true, Value: "-5", Min: "0", Step: "any",
			InputMode: "decimal", Description: "What you paid, with tax.", HelpID: "f-amount-help", ErrorID: "f-amount-error",
			DescribedBy: "f-amount-help f-amount-error", Errors: []string{"Amount in EUR must be more than 0"}},
		{Kind: form.Date, Name: "day", ID: "f-day", Label: "Day", Value: "2026-03-01"},
		{Kind: form.DateTimeLocal, Name: "due", ID: "f-due", Label: "Back by", Zone: "Europe/Berlin", Value: "2026-03-09T18:00"},
		{Kind: form.Select, Name: "category", ID: "f-category", Label: "Category", Required: true,
			Options: []form.Option{option("c-0", "0", "Travel", true), option("c-1", "1", "Meals", false)}},
		{Kind: form.Radio, Name: "paid", ID: "r-0", Label: "Paid by", Required: true, Inline: true,
			Options: []form.Option{option("r-0", "0", "Own money", true), option("r-1", "1", "Company card", false)}},
		{Kind: form.Checkboxes, Name: "with", ID: "w-0", Label: "Attached", ErrorID: "w-error", DescribedBy: "w-error",
			Errors:  []string{"Attached must have at least one entry"},
			Options: []form.Option{option("w-0", "0", "Receipt", false), option("w-1", "1", "Invoice", false)}},
		{Kind: form.Checkbox, Name: "urgent", ID: "f-urgent", Label: "This is urgent", Checked: true},
		{Kind: form.Textarea, Name: "why", ID: "f-why", Label: "Why", Rows: 4, Value: "Fair in Leipzig\n</textarea><b>"},
		{Kind: form.Group, Name: "address", ID: "f-address", Label: "Address", Children: []form.Field{
			{Kind: form.Text, Name: "address.street", ID: "f-street", Label: "Street", Required: true, ErrorID: "f-street-error",
				DescribedBy: "f-street-error", Errors: []string{"Street is required"}},
			{Kind: form.Static, ID: "f-country", Label: "Country", Value: "Germany", ReadOnly: true},
		}},
		{Kind: form.JSON, Name: "extra", ID: "f-extra", Label: "Extra", Value: "{}", Rows: 3},
	}
}

// Source is the graph of Graph as internal/mermaid draws it.
const Source = `flowchart LR
  start0@{shape: sm-circ, label: " "}
  n0{"Amount router"}
  n1["Auto approve"]
  n2("Manager approves")
  n3("Finance approves")
  n4("CFO approves")
  n5["Pay out"]
  n6{{"Reminder"}}
  n7["Rejected"]
  start0 --> n0
  n0 e0@-->|"amount ‹ 1000"| n1
  n0 e1@-->|"amount ≥ 1000"| n2
  n2 e2@--> n3
  n3 e3@--> n4
  n4 e4@--> n5
  n1 e5@--> n5
  n3 e6@-->|"outcome == 'reject'"| n7
  n3 e7@--> n6
  n6 e8@-.-> n0
  classDef terminal stroke-width:3px
  class n5,n7 terminal
`

// Graph is a definition with a step in every state.
func Graph() views.GraphView {
	steps := []views.GraphStep{
		{Label: "Amount router", Type: "gateway", State: "completed", Visits: 1},
		{Label: "Auto approve", Type: "machine"},
		{Label: "Manager approves", Type: "human", State: "succeeded", Visits: 1, Href: "/tasks/1"},
		{Label: "Finance approves", Type: "human", State: "waiting", Visits: 2, Href: "/tasks/2"},
		{Label: "CFO approves", Type: "human", State: "skipped"},
		{Label: "Pay out", Type: "machine", State: "failed", Visits: 1},
		{Label: "Reminder", Type: "timer", State: "running", Visits: 1},
		{Label: "Rejected", Type: "machine"},
	}
	ways := []views.GraphWay{
		{From: "0", To: "1", Condition: "amount < 1000"}, {From: "0", To: "2", Condition: "amount >= 1000", Taken: true},
		{From: "2", To: "3", Taken: true}, {From: "3", To: "4"}, {From: "4", To: "5"}, {From: "1", To: "5"},
		{From: "3", To: "7", Condition: `outcome == "reject"`}, {From: "3", To: "6", Taken: true}, {From: "6", To: "0", Taken: true},
	}
	for i := range steps {
		steps[i].Node = fmt.Sprintf("n%d", i)
	}
	for i := range ways {
		ways[i].Edge = fmt.Sprintf("e%d", i)
		ways[i].From, ways[i].To = steps[ways[i].From[0]-'0'].Label, steps[ways[i].To[0]-'0'].Label
	}
	return views.GraphView{ID: "graph", Title: "expense_approval 1.2.0", Source: Source, Steps: steps, Ways: ways}
}

// marked is a comparison with steps and lines of every kind.
func marked() views.Diff {
	d := views.Diff{From: "1.1.0", To: "1.2.0", Summary: "1.1.0 to 1.2.0: 2 lines added, 1 removed.", AllHref: "#", Graph: Graph()}
	d.Graph.Marked = true
	marks := []string{"same", "added", "changed", "removed"}
	for i := range d.Graph.Steps {
		s := &d.Graph.Steps[i]
		if s.State = marks[i%len(marks)]; s.State == "changed" {
			s.Changes = []views.KeyChange{{Key: "due", After: `"2d"`}, {Key: "retry.max_attempts", Before: "3", After: "5"}, {Key: "timeout", Before: `"1h"`}}
		}
	}
	for i := range d.Graph.Ways {
		d.Graph.Ways[i].Mark = marks[i%len(marks)]
	}
	d.Settings = []views.KeyChange{{Key: "title", Before: `"Expenses"`, After: `"Expense approval"`}}
	d.Lines = []views.DiffLine{
		{Folded: "12 lines are the same"},
		{Mark: "same", Before: "13", After: "13", Text: "  - name: manager"},
		{Mark: "removed", Sign: "−", Before: "14", Text: "    timeout: 1h"},
		{Mark: "added", Sign: "+", After: "14", Text: "    due: 2d"},
		{Mark: "added", Sign: "+", After: "15", Text: "    title: \"Approve {{ data.amount }} EUR for {{ data.requester }}, which is a line longer than a phone is wide\""},
		{Mark: "same", Before: "15", After: "16", Text: "    type: human"},
	}
	return d
}

// tried leaves of a test run one thing that waits, of a kind.
func tried(v *views.TrialView, kind string) {
	v.Asked, v.Said, v.Clock, v.State = false, "", "2 March 2026, 12:00:00 UTC", "waiting"
	v.Jump = "On 4 March 2026, 12:00:00 UTC the task Finance approves is overdue."
	v.Waits = []views.TrialWait{
		{Key: "a 1 0", Label: "Finance approves", Kind: kind, Who: "the group finance", Open: true},
		{Key: "b 1 0", Label: "Payment", Kind: "message", Who: "a message"},
	}
	c := v.Card
	c.Kind, c.Title, c.Text, c.Error, c.HasForm = kind, "Finance approves", "", "", false
	switch kind {
	case "people":
		c.Text, c.As, c.Input = "Waits for the group finance.", "finance.1", views.Data{}
		c.Outcomes = []views.TaskOutcome{{Name: "approve", Title: "Approve"}, {Name: "reject", Title: "Reject"}}
	case "system":
		c.Title, c.Text = "Pay out", "Would call another system (http.request). It is not called: you answer in its place."
		c.Answer, c.Code, c.Status, c.Message, c.Submit = `{"status":200,"headers":{},"body":{}}`, "failed", "", "", "Answer with this"
	case "failed":
		c.Title, c.Text, c.Error = "Pay out", "This step has failed, and nothing goes on until somebody mends it.", "payment refused: card expired"
	}
}
