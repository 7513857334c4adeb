package ui

import (
	"net/http"
	"slices"
	"strings"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

// naming gives people their names, each looked up once.
type naming struct {
	ui    *UI
	r     *http.Request
	known map[string]string
}

func (u *UI) naming(r *http.Request) *naming {
	a := actor(r)
	return &naming{ui: u, r: r, known: map[string]string{"": "", a.ID: a.Name}}
}

// of returns the name of a login as people know it, the login itself where it
// has none.
func (n *naming) of(login string) string {
	if name, ok := n.known[login]; ok {
		return name
	}
	name := login
	if strings.HasPrefix(login, "system:") {
		name = "Tandem"
	} else if person, err := n.ui.People.User(n.r.Context(), actor(n.r).Tenant, login); err == nil {
		name = person.Name
	}
	n.known[login] = name
	return name
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
