package ui

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// naming gives people their names, each looked up once; know looks up many at
// once.
type naming struct {
	ui    *UI
	r     *http.Request
	known map[string]string
}

func (u *UI) naming(r *http.Request) *naming {
	a := actor(r)
	return &naming{ui: u, r: r, known: map[string]string{"": "", a.ID: a.Name}}
}

// namingOf knows who has started instances and whom they wait for.
func (u *UI) namingOf(r *http.Request, rows []engine.InstanceRow) *naming {
	var logins []string
	for _, row := range rows {
		logins = append(logins, row.CreatedBy)
		for _, w := range row.WaitingFor {
			logins = append(logins, w.Users[:min(len(w.Users), maxNamed)]...)
		}
	}
	names := u.naming(r)
	names.know(logins...)
	return names
}

// of returns the name of a login as people know it, the login itself where it
// has none.
func (n *naming) of(login string) string {
	if name, ok := n.known[login]; ok {
		return name
	}
	n.know(login)
	return n.known[login]
}

// know looks up who has logins.
func (n *naming) know(logins ...string) {
	var unknown []string
	for _, login := range logins {
		if _, ok := n.known[login]; ok {
			continue
		}
		n.known[login] = login
		if strings.HasPrefix(login, "system:") {
			n.known[login] = "Tandem"
		} else if address, ok := workflow.GuestAddress(login); ok {
			n.known[login] = address
		} else {
			unknown = append(unknown, login)
		}
	}
	if len(unknown) == 0 {
		return
	}
	names, err := n.ui.People.Names(n.r.Context(), actor(n.r).Tenant, unknown)
	if err == nil { // otherwise they are called by their logins
		maps.Copy(n.known, names)
	}
}

// assignee says who has a task.
func (n *naming) assignee(p views.Page, t workflow.Task) string {
	switch {
	case t.Assignee == "":
		return p.T("task.fact.nobody")
	case t.ClaimedAt != nil:
		return p.T("task.fact.claimed", n.of(t.Assignee))
	}
	return n.of(t.Assignee)
}

// maxNamed bounds how many candidates a sentence names.
const maxNamed = 5

// candidates says who may take a task beside its assignee, "" for nobody.
func (n *naming) candidates(p views.Page, t workflow.Task) string {
	if t.Anyone {
		return p.T("task.fact.anyone")
	}
	var names []string
	for _, group := range t.CandidateGroups {
		names = append(names, p.T("task.group", group))
	}
	for _, login := range t.CandidateUsers {
		if !slices.Contains(t.Excluded, login) {
			names = append(names, n.of(login))
		}
	}
	for _, address := range t.Guests {
		names = append(names, p.T("guest.named", address))
	}
	if len(names) > maxNamed {
		names = append(names[:maxNamed], "…")
	}
	return strings.Join(names, p.T("task.or"))
}

// waitsFor says for whom a task waits.
func (n *naming) waitsFor(p views.Page, t workflow.Task) string {
	may := n.candidates(p, t)
	switch {
	case t.Assignee == "":
		return may
	case t.ClaimedAt != nil || may == "":
		return n.of(t.Assignee)
	}
	return n.of(t.Assignee) + p.T("task.or") + may
}

// acting names who acts and, if so, in whose place.
func (n *naming) acting(p views.Page, login, actsFor string) string {
	if actsFor == "" {
		return n.of(login)
	}
	return p.T("task.fact.for", n.of(login), n.of(actsFor))
}

// maxLoad bounds how many people's work is shown.
const maxLoad = 8

// workload says how many open tasks those have who could get the task.
func (u *UI) workload(r *http.Request, p views.Page, t *openTask) []string {
	logins := slices.Clone(t.CandidateUsers)
	for _, group := range t.CandidateGroups[:min(len(t.CandidateGroups), maxNamed)] {
		members, err := u.People.Users(r.Context(), auth.UserFilter{Tenant: actor(r).Tenant, Group: group, Limit: maxLoad})
		if err != nil {
			return nil // it is only there to help
		}
		for _, m := range members {
			logins = append(logins, m.Login)
		}
	}
	slices.Sort(logins)
	logins = slices.DeleteFunc(slices.Compact(logins), func(l string) bool { return slices.Contains(t.Excluded, l) })
	logins = logins[:min(len(logins), maxLoad)]
	load, err := u.Read.Workload(r.Context(), actor(r), logins)
	if err != nil {
		return nil
	}
	var lines []string
	for _, login := range logins {
		lines = append(lines, p.T("task.workload", t.names.of(login)+" ("+login+")", p.N("task.workload_n", load[login])))
	}
	return lines
}
