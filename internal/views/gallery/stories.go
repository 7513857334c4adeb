package gallery

import (
	"net/http"

	"tandem/internal/form"
	"tandem/internal/views"
)

// instanceStates are the states of an instance.
var instanceStates = []string{"pending", "running", "waiting", "paused", "failed", "completed", "canceled"}

func instanceStories() []Story {
	var states []state[views.InstanceView]
	for _, name := range instanceStates {
		states = append(states, state[views.InstanceView]{name, func(_ *views.Page, v *views.InstanceView) {
			v.State = name
			if name != "failed" {
				v.Advice, v.First = "", nil
			}
		}})
	}
	states = append(states, state[views.InstanceView]{"of-somebody-else", func(_ *views.Page, v *views.InstanceView) {
		v.State, v.Actions, v.Links, v.First = "waiting", nil, nil, nil
	}})
	all := page("instance", "Expense approval", views.InstancePage, states...)
	all = append(all, page("instances", "Instances", views.InstancesPage,
		state[views.InstanceListView]{"too-broad", func(_ *views.Page, v *views.InstanceListView) { v.TooBroad, v.Rows = true, nil }},
		state[views.InstanceListView]{"nothing-fits", func(_ *views.Page, v *views.InstanceListView) { v.Filtered, v.TooBroad, v.Rows = true, false, nil }},
	)...)
	all = append(all, page("retry", "Retry", views.RetryPage)...)
	all = append(all, page("edit-data", "Edit the data", views.EditPage)...)
	all = append(all, page("migrate", "Migrate", views.MigratePage)...)
	all = append(all, page("bulk", "Many instances", views.BulkPage)...)
	all = append(all, page("operation", "Operation", views.OperationPage)...)
	all = append(all, page("operations", "Operations", views.OperationsPage)...)
	all = append(all, page("replay", "Replay", views.ReplayPage)...)
	all = append(all, page("history", "History", views.HistoryPage)...)
	return append(all, page("timeline", "Timeline", views.TimelinePage)...)
}

func taskStories() []Story {
	all := page("inbox", "Inbox", views.InboxPage,
		state[views.InboxView]{"completed", func(_ *views.Page, v *views.InboxView) { v.Completed, v.Assignees = true, false }},
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
	all = append(all, page("definition", "Expense approval", views.DefinitionPage)...)
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
	all = append(all, page("move", "Move instances", views.MovePage)...)
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
		state[views.DashboardView]{"busy", func(_ *views.Page, v *views.DashboardView) { v.Empty = false }})
	all = append(all, page("system", "System", views.SystemPage)...)
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
