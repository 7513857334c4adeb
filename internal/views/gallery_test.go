package views_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"tandem/internal/form"
	"tandem/internal/views"
)

var gallery = flag.String("gallery", "", "directory to write sample pages to, for looking at them")

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func samplePage() views.Page {
	return views.Page{
		Title: "Expense 6,000 EUR", Lang: "en", Current: "/instances/42?tab=data", Nav: views.NavInstances, InboxCount: 7, Now: noon,
		User: &views.UserBox{Login: "ada", Name: "Ada Lovelace", Initials: views.Initials("Ada Lovelace"), Roles: []string{"Admin"}, Admin: true},
	}
}

var allStates = strings.Fields("pending scheduled running waiting paused completed succeeded failed canceled skipped overdue")

func sampleFields() []form.Field {
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

// sampleSource is the graph of sampleGraph as internal/mermaid draws it.
const sampleSource = `flowchart LR
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

func sampleGraph(live bool) views.GraphView {
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
	return views.GraphView{ID: "graph", Title: "expense_approval 1.2.0", Source: sampleSource, Live: live, Steps: steps, Ways: ways}
}

// group renders several components one after another.
func group(components ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, c := range components {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

func raw(html string) templ.Component { return templ.Raw(html) }

// within renders content as the children of a component.
func within(outer, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, content), w)
	})
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func sampleInstance(p views.Page) templ.Component {
	confirm := views.Confirm{ID: "cancel", Label: "Cancel", Icon: "ban", Text: "All open tasks and timers end. This cannot be undone.",
		Action: p.Href("/instances/42/cancel"), Reason: true, Danger: true, Button: "Cancel the instance", Hidden: []views.Hidden{{Name: "version", Value: "3"}}}
	pause := views.Confirm{ID: "pause", Label: "Pause", Icon: "pause", Action: p.Href("/instances/42/pause"), Reason: true}
	badges := []templ.Component{raw(`<div class="flex flex-wrap gap-2">`)}
	for _, state := range allStates {
		badges = append(badges, views.StateBadge(p, state))
	}
	badges = append(badges, raw(`</div>`))
	data := p.Data("data", []byte(`{"title":"Train & hotel","amount":6000,"lines":[{"what":"Train","eur":120.50},{"what":"Hotel","eur":5879.5}],"manager":null,"tags":[]}`))
	return within(views.Layout(p), group(
		within(views.PageHead(p, "Expense 6,000 EUR", []views.Crumb{{Label: "Instances", Href: p.Href("/instances")}, {Label: "Expense 6,000 EUR"}}),
			group(views.ConfirmAction(p, pause), views.ConfirmAction(p, confirm))),
		group(badges...),
		raw(`<section class="grid gap-3"><h2>Graph</h2>`), views.Graph(p, sampleGraph(true)), raw(`</section>`),
		raw(`<section class="grid gap-3"><h2>Data</h2>`), views.DataView(p, "Data", data), raw(`</section>`),
	))
}

func sampleList(p views.Page) templ.Component {
	rows := []templ.Component{raw(`<div class="table-wrap" tabindex="0" role="region" aria-label="Instances"><table class="grid-table"><thead><tr><th scope="col">Instance</th><th scope="col">State</th><th scope="col">Waits for</th><th scope="col">Started</th><th scope="col" class="num">Amount</th></tr></thead><tbody>`)}
	for i, state := range allStates {
		rows = append(rows, raw(`<tr><th scope="row"><a class="row-link" href="#">Expense of Otto, March</a></th><td>`), views.StateBadge(p, state),
			raw(`</td><td>Finance</td><td>`), views.RelTime(p, p.Moment(noon.Add(-time.Duration(i*i*i)*time.Hour))), raw(`</td><td class="num">6,000.00</td></tr>`))
	}
	rows = append(rows, raw(`</tbody></table></div>`))
	p.Title, p.Notice = "Instances", &views.Notice{Kind: views.NoticeDone, Text: "Expense of Otto was canceled."}
	return within(views.Layout(p), group(
		within(views.PageHead(p, "Instances", nil), raw(`<a class="btn btn-primary btn-sm" href="#">Start</a>`)),
		group(rows...),
		views.Pagination(p, views.Pager{Next: p.Href("/instances?after=9"), First: p.Href("/instances"), Shown: 11, Total: "1,000+"}),
		views.EmptyState(p, views.Empty{Icon: "inbox", Title: "Nothing to do", Text: "Tasks for you or your groups appear here as soon as a workflow needs you.", Action: "See all tasks", Href: p.Href("/tasks")}),
	))
}

func sampleForm(p views.Page) templ.Component {
	p.Title, p.Nav, p.Problem = "File an expense", views.NavDefinitions, true
	return within(views.Layout(p), group(
		views.PageHead(p, "File an expense", nil),
		raw(`<form class="form" method="post" novalidate>`), views.ProblemSummary(p, views.SummaryOf(sampleFields())),
		views.FormFields(p, sampleFields()),
		raw(`<div class="form-buttons form-buttons-stay"><button class="btn btn-primary">Approve</button><button class="btn btn-quiet">Request changes</button><button class="btn btn-danger">Reject</button></div></form>`),
	))
}

func sampleLogin(p views.Page) templ.Component {
	p.Title, p.User = "Sign in", nil
	fields := []form.Field{
		{Kind: form.Text, Name: "login", ID: "login", Label: "Name", Required: true, Autocomplete: "username", Autofocus: true},
		{Kind: form.Password, Name: "password", ID: "password", Label: "Password", Required: true, Autocomplete: "current-password"},
	}
	return within(views.BarePage(p), group(raw(`<form class="form" method="post"><h1>Sign in</h1>`), views.FormFields(p, fields),
		raw(`<button class="btn btn-primary">Sign in</button></form>`)))
}

func samples(p views.Page) map[string]templ.Component {
	return map[string]templ.Component{
		"instance": sampleInstance(p), "list": sampleList(p), "form": sampleForm(p), "login": sampleLogin(p),
		"controls": sampleControls(p, form.State{}, ""), "controls-full": sampleControls(p, form.State{}, "full"), "controls-wrong": sampleControls(p, form.State{Lang: form.German}, "wrong"),
	}
}

func TestGallery(t *testing.T) {
	t.Parallel()
	for _, theme := range []views.Theme{views.ThemeLight, views.ThemeDark} {
		p := samplePage()
		p.Theme = theme
		for name, page := range samples(p) {
			html := render(t, page)
			if *gallery == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(*gallery, name+"-"+string(theme)+".html"), []byte(html), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
