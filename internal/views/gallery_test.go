package views_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/views/gallery"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func samplePage() views.Page {
	return views.Page{
		Title: "Expense 6,000 EUR", Lang: "en", Current: "/instances/42?tab=data", Nav: views.NavInstances, InboxCount: func() int { return 7 }, Now: noon,
		User: &views.UserBox{Login: "ada", Name: "Ada Lovelace", Initials: views.Initials("Ada Lovelace"), Roles: []string{"Admin"}, Admin: true},
	}
}

var allStates = strings.Fields("pending scheduled running waiting paused completed succeeded failed canceled skipped overdue")

func sampleFields() []form.Field { return gallery.Fields() }

func sampleGraph(live bool) views.GraphView {
	g := gallery.Graph()
	g.Live = live
	return g
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
