package gallery

import (
	"net/http"
	"slices"

	"tandem/internal/form"
	"tandem/internal/views"
)

// instanceStates are the states of an instance, and what may be amiss in one.
var instanceStates = []string{"pending", "running", "retrying", "no-worker", "waiting", "paused", "failed", "completed", "canceled"}

func instanceStories() []Story {
	var states []state[views.InstanceView]
	for _, name := range instanceStates {
		states = append(states, state[views.InstanceView]{name, func(p *views.Page, v *views.InstanceView) { shownInstance(p, v, name) }})
	}
	states = append(states, state[views.InstanceView]{"of-somebody-else", func(p *views.Page, v *views.InstanceView) {
		shownInstance(p, v, "waiting")
		v.Actions, v.Links, v.First = nil, nil, nil
	}})
	all := page("instance", "Expense approval", views.InstancePage, states...)
	all = append(all, page("instances", "Instances", views.InstancesPage,
		state[views.InstanceListView]{"too-broad", func(_ *views.Page, v *views.InstanceListView) { v.TooBroad, v.Rows = true, nil }},
		state[views.InstanceListView]{"nothing-fits", func(_ *views.Page, v *views.InstanceListView) { v.Filtered, v.TooBroad, v.Rows = true, false, nil }},
	)...)
	all = append(all, mendStories()...)
	all = append(all, bulkStories()...)
	all = append(all, page("replay", "Replay", views.ReplayPage, state[views.ReplayView]{"the-first", func(p *views.Page, v *views.ReplayView) {
		v.Position, v.State, v.First, v.Previous, v.Graph = "Entry 1 of 12, on 28 February 2026, 08:00:00 UTC", "running", "", "", instanceGraph("", "")
		v.Event, v.Around = history(p, "running")[1], history(p, "running")
	}})...)
	all = append(all, page("history", "History", views.HistoryPage,
		state[views.HistoryPageView]{"read", func(p *views.Page, v *views.HistoryPageView) { v.Lines = history(p, "failed") }},
		state[views.HistoryPageView]{"nothing-fits", func(_ *views.Page, v *views.HistoryPageView) { v.Lines = nil }})...)
	return append(all, page("timeline", "Timeline", views.TimelinePage,
		state[views.TimelinePageView]{"steps", func(_ *views.Page, v *views.TimelinePageView) {
			v.List, v.Jump, v.Timeline.Rows, v.Timeline.Ticks = "", nil, timeline("succeeded", "failed").Rows, timeline("succeeded", "failed").Ticks
		}})...)
}

// mendStories are the pages that mend one instance.
func mendStories() []Story {
	wrong := func(id, text string) views.Problems {
		return views.Problems{Items: []views.ProblemItem{{Text: text, Href: "#" + id}}}
	}
	all := page("retry", "Retry", views.RetryPage,
		state[views.RetryView]{"to-choose", func(_ *views.Page, v *views.RetryView) { v.Cancels = nil }},
		state[views.RetryView]{"asks-first", func(_ *views.Page, v *views.RetryView) {
			v.Cancels = []string{"Finance approves, waiting for Mia", "Reminder, due in 2 h"}
		}})
	all = append(all, page("edit-data", "Edit the data", views.EditPage,
		state[views.EditView]{"as-it-is", func(_ *views.Page, v *views.EditView) { v.Text, v.Reason = v.Data.Source, "" }},
		state[views.EditView]{"with-problems", func(p *views.Page, v *views.EditView) {
			p.Problem, v.Text, v.Problems = true, "{\n  \"amount\":\n}", wrong("mend-data", "Line 3, column 1: a value is expected here")
		}})...)
	return append(all, page("migrate", "Migrate", views.MigratePage,
		state[views.MigrateView]{"to-choose", func(_ *views.Page, v *views.MigrateView) {
			v.From, v.To, v.Report, v.Steps, v.CanMove = "1.0.0", "", nil, nil, false
		}},
		state[views.MigrateView]{"can-move", func(p *views.Page, v *views.MigrateView) {
			v.From, v.To, v.Report, v.Steps, v.CanMove = "1.0.0", "1.1.0", report(p, true), nil, true
		}},
		state[views.MigrateView]{"cannot-move", func(p *views.Page, v *views.MigrateView) {
			v.From, v.To, v.Report, v.CanMove = "1.0.0", "1.1.0", report(p, false), false
		}})...)
}

// bulkStories are the pages of verbs for many instances.
func bulkStories() []Story {
	all := page("bulk", "Many instances", views.BulkPage,
		state[views.BulkView]{"to-confirm", func(p *views.Page, v *views.BulkView) {
			v.Nothing, v.Migrate, v.Verb, v.Text, v.Count, v.More = false, false, p.T("bulk.pause"), p.T("bulk.pause_text"), p.N("bulk.count", 23, "23"), p.T("bulk.more", "20")
		}},
		state[views.BulkView]{"nothing-ticked", func(_ *views.Page, v *views.BulkView) { v.Nothing, v.Rows = true, nil }})
	var states []state[views.OperationView]
	for _, one := range []struct {
		name, state   string
		done, refused int
	}{{"under-way", "running", 31, 2}, {"done", "completed", 100, 0}, {"done-with-refusals", "completed", 96, 4}, {"stopped", "canceled", 40, 0}} {
		states = append(states, state[views.OperationView]{one.name, func(p *views.Page, v *views.OperationView) {
			runningOperation(p, v, one.state, one.done, one.refused, 100)
		}})
	}
	all = append(all, page("operation", "Operation", views.OperationPage, states...)...)
	return append(all, page("operations", "Operations", views.OperationsPage)...)
}

func taskStories() []Story {
	all := page("inbox", "Inbox", views.InboxPage,
		state[views.InboxView]{"completed", func(_ *views.Page, v *views.InboxView) { v.Completed, v.Assignees = true, false }},
		state[views.InboxView]{"open", func(_ *views.Page, v *views.InboxView) {
			v.Completed, v.Rows = false, slices.Clone(v.Rows)
			for i := range v.Rows {
				v.Rows[i].Gone = ""
			}
			v.Rows[0].Gone, v.Rows[0].GoneState, v.Rows[0].Pick, v.Rows[0].Claim = "Completed by Mia", "completed", "", ""
		}},
		state[views.InboxView]{"nothing-to-do", func(_ *views.Page, v *views.InboxView) { v.Rows = nil }})
	all = append(all, page("task", "Approve 6,000 EUR", views.TaskPage,
		state[views.TaskView]{"to-decide", func(_ *views.Page, v *views.TaskView) { toDecide(v) }},
		state[views.TaskView]{"with-problems", func(p *views.Page, v *views.TaskView) {
			toDecide(v)
			p.Problem, v.Form.Form.Fields, v.Form.Problems = true, Fields(), views.SummaryOf(Fields())
		}},
		state[views.TaskView]{"of-another", func(_ *views.Page, v *views.TaskView) { toDecide(v); v.Form = nil }},
		state[views.TaskView]{"decided", func(_ *views.Page, v *views.TaskView) {
			toDecide(v)
			v.Form, v.Why, v.Facts.State = nil, "", "completed"
		}})...)
	all = append(all, page("task-conflict", "Decided meanwhile", views.TaskConflictPage)...)
	all = append(all, page("guest-task", "Approve 6,000 EUR", views.GuestTaskPage,
		state[views.TaskView]{"to-decide", func(_ *views.Page, v *views.TaskView) { toDecide(v) }})...)
	all = append(all, page("task-around", "Graph and history", views.TaskAroundPage)...)
	all = append(all, page("many-tasks", "Decide together", views.ManyTasksPage)...)
	all = append(all, page("give-tasks", "Reassign several tasks", views.GiveTasksPage)...)
	all = append(all, page("many-tasks-result", "Decided together", views.ManyTasksResultPage)...)
	return append(all, page("guest-closed", "Decided", views.GuestClosedPage)...)
}

// toDecide leaves of a task what one sees who may decide it.
func toDecide(v *views.TaskView) {
	v.Merge, v.Changed, v.Answer, v.Note, v.Facts.State = nil, views.Comparison{}, nil, "", "waiting"
	if v.Form != nil {
		v.Form.Warning, v.Form.TooLong, v.Form.Problems = "", "", views.Problems{}
	}
}

func definitionStories() []Story {
	all := page("definitions", "Definitions", views.DefinitionsPage,
		state[views.DefinitionListView]{"nothing-fits", func(_ *views.Page, v *views.DefinitionListView) { v.Rows = nil }})
	all = append(all, page("definition", "Expense approval", views.DefinitionPage, state[views.DefinitionView]{"read", func(_ *views.Page, v *views.DefinitionView) {
		v.Graph = Graph()
		for i := range v.Graph.Steps {
			v.Graph.Steps[i].State = ""
		}
		for i := range v.Versions {
			v.Versions[i].Shown, v.Versions[i].Latest, v.Versions[i].Inactive = i == 0, i == 0, i == 2
		}
	}})...)
	all = append(all, page("editor", "New definition", views.EditorPage,
		state[views.EditorView]{"nothing-chosen", func(_ *views.Page, v *views.EditorView) {
			v.Check.Builder.Chosen, v.Check.Builder.Fault, v.Check.Builder.Refused, v.Check.Changed = nil, "", "", false
		}},
		state[views.EditorView]{"step-chosen", func(_ *views.Page, v *views.EditorView) {
			v.Check.Problems, v.Check.More = nil, 0
			v.Check.Builder.Fault, v.Check.Builder.Refused, v.Check.Changed = "", "", false
		}})...)
	all = append(all, page("diff", "What changed", views.DiffPage, state[views.DiffView]{"marked", func(_ *views.Page, v *views.DiffView) {
		v.Diff, v.Back = marked(), ""
	}})...)
	all = append(all, page("trial", "Test run", views.TrialPage,
		state[views.TrialView]{"to-start", func(_ *views.Page, v *views.TrialView) { v.Begun, v.Waits, v.Card, v.Jump = false, nil, nil, "" }},
		state[views.TrialView]{"a-decision", func(_ *views.Page, v *views.TrialView) { tried(v, "people") }},
		state[views.TrialView]{"a-call", func(_ *views.Page, v *views.TrialView) { tried(v, "system") }},
		state[views.TrialView]{"a-failure", func(_ *views.Page, v *views.TrialView) { tried(v, "failed"); v.State = "failed" }},
		state[views.TrialView]{"the-end", func(_ *views.Page, v *views.TrialView) {
			v.State, v.Said, v.Waits, v.Card, v.Jump, v.Next = "completed", "The workflow has completed.", nil, nil, "", false
		}})...)
	all = append(all, page("move", "Move instances", views.MovePage,
		state[views.MoveView]{"to-choose", func(_ *views.Page, v *views.MoveView) { v.From, v.To, v.Steps = "1.0.0", "", nil }},
		state[views.MoveView]{"cannot-move", func(p *views.Page, v *views.MoveView) { v.From, v.To, v.Report = "1.0.0", "1.1.0", *report(p, false) }})...)
	all = append(all, page("startable", "Start", views.StartablePage)...)
	all = append(all, page("form-preview", "Form", views.FormPreviewPage)...)
	return append(all, page("start", "File an expense", views.StartPage,
		state[views.StartView]{"with-problems", func(p *views.Page, v *views.StartView) {
			p.Problem, v.Form.Fields, v.Problems = true, Fields(), views.SummaryOf(Fields())
		}},
		state[views.StartView]{"without-fields", func(_ *views.Page, v *views.StartView) { v.Form = form.Shown{} }})...)
}

func dashboardStories() []Story {
	all := page("dashboard", "Dashboard", views.DashboardPage,
		state[views.DashboardView]{"busy", func(_ *views.Page, v *views.DashboardView) { v.Empty = false }},
		state[views.DashboardView]{"nothing-amiss", func(_ *views.Page, v *views.DashboardView) {
			v.Empty, v.Longest, v.Failures, v.SLA, v.Others = false, nil, nil, nil, ""
		}})
	all = append(all, page("system", "System", views.SystemPage,
		state[views.SystemView]{"calm", func(p *views.Page, v *views.SystemView) { systemStands(p, v, false) }},
		state[views.SystemView]{"amiss", func(p *views.Page, v *views.SystemView) { systemStands(p, v, true) }})...)
	all = append(all, page("open-tasks", "Open tasks", views.OpenTasksPage)...)
	return append(all, page("decided-tasks", "Decided with a due time", views.DecidedTasksPage)...)
}

func peopleStories() []Story {
	all := page("people", "People", views.PeoplePage)
	all = append(all, page("person", "Mia", views.PersonPage)...)
	all = append(all, page("groups", "Groups", views.GroupsPage)...)
	all = append(all, page("group", "Finance", views.GroupPage)...)
	all = append(all, page("roles", "Roles", views.RolesPage)...)
	all = append(all, page("secrets", "Secrets", views.SecretsPage)...)
	all = append(all, page("secret", "Secret", views.SecretPage)...)
	all = append(all, page("webhooks", "Webhooks", views.WebhooksPage)...)
	all = append(all, page("webhook", "Webhook", views.WebhookPage)...)
	all = append(all, page("tenants", "Tenants", views.TenantsPage)...)
	all = append(all, page("tenant", "Berlin", views.TenantPage)...)
	all = append(all, page("tokens", "Tokens", views.TokensPage)...)
	all = append(all, page("audit", "Audit", views.AuditPage)...)
	all = append(all, page("profile", "Profile", views.ProfilePage)...)
	all = append(all, page("second-factor", "Second factor", views.SetUpPage)...)
	all = append(all, page("second-factor-first", "Second factor", views.SetUpFirstPage)...)
	all = append(all, page("recovery-codes", "Recovery codes", views.CodesPage)...)
	return append(all, page("recovery-codes-first", "Recovery codes", views.CodesFirstPage)...)
}

func otherStories() []Story {
	all := page("sign-in", "Sign in", views.LoginPage)
	all = append(all, page("code", "Code", views.CodePage)...)
	all = append(all, page("identity", "Another way to sign in", views.IdentityPage)...)
	all = append(all, page("docs", "The JSON API", views.DocsPage)...)
	all = append(all, page("link", "Welcome", views.LinkPage)...)
	all = append(all, page("find", "Search", views.FindPage)...)
	var states []state[views.ErrorView]
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		states = append(states, state[views.ErrorView]{http.StatusText(status), func(_ *views.Page, v *views.ErrorView) { v.Status = status }})
	}
	return append(all, page("error", "Error", views.ErrorPage, states...)...)
}
