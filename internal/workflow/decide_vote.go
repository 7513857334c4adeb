package workflow

import (
	"slices"
	"strings"
)

// notVoted refuses a second decision of one person in a for_each whose items
// ask for different people.
func (d *decider) notVoted(t Task, a Actor) error {
	if !t.Item || !d.def.Step(t.Step).Each.Distinct {
		return nil
	}
	s := d.in.State.Scopes[t.Scope]
	if s == nil {
		return nil
	}
	inPlaceOf := t.ActsFor
	if t.Assignee != a.ID || t.ClaimedAt == nil {
		inPlaceOf, _ = t.right(a)
	}
	if inPlaceOf != "" && s.Items.voted(inPlaceOf) {
		return Errorf(KindConflict, "voted_already", "%s has decided one of these tasks already, so you cannot decide another in that place.", person(inPlaceOf))
	}
	if !s.Items.voted(a.ID) {
		return nil
	}
	return Errorf(KindConflict, "voted_already", "You have decided one of these tasks already; each has to be decided by somebody else.")
}

// castVote notes who has decided an item whose list asks for different people:
// at once, also while nothing moves and the item is not counted yet.
func (d *decider) castVote(t Task, by decision) {
	if !t.Item || !d.def.Step(t.Step).Each.Distinct || strings.HasPrefix(by.by, systemPrefix) || d.in.State.Scopes[t.Scope] == nil {
		return
	}
	items := d.scope(t.Scope).Items
	items.Voters = append(items.Voters, vote(by.by, by.actsFor))
}

// vote is the entry of a vote in Items.Voters: who decided and, after a bar, in
// whose place.
func vote(by, actsFor string) string {
	if actsFor == "" {
		return by
	}
	return by + "|" + actsFor
}

// voter is who cast a vote.
func voter(vote string) string {
	by, _, _ := strings.Cut(vote, "|")
	return by
}

// voted reports whether somebody has voted, or somebody else in his place.
func (i *Items) voted(login string) bool {
	return slices.ContainsFunc(i.Voters, func(v string) bool {
		by, actsFor, _ := strings.Cut(v, "|")
		return by == login || actsFor == login
	})
}
