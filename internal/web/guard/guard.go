// Package guard names who may use a route. Every route has one: what is left to
// decide after it (this instance, that task) the engine decides.
package guard

import (
	"tandem/internal/workflow"
)

// Guard is the rule of a route.
type Guard int

// The guards. The zero value is none of them, so that a route without a rule is
// seen.
const (
	None      Guard = iota
	Public          // everyone, signed in or not
	SignedIn        // everyone who is signed in
	Authors         // who holds the role author
	Operators       // who holds the role operator
	Admins          // who holds the role admin
	Auditors        // who holds the role auditor
	Servers         // admins of the tenant that every server has
)

var roles = map[Guard]workflow.Role{
	Authors:   workflow.RoleAuthor,
	Operators: workflow.RoleOperator,
	Admins:    workflow.RoleAdmin,
	Auditors:  workflow.RoleAuditor,
}

var names = map[Guard]string{Public: "public", SignedIn: "signed in", Authors: "authors", Operators: "operators", Admins: "admins", Auditors: "auditors", Servers: "server admins"}

// String names the guard in lists of routes; "none" for no rule.
func (g Guard) String() string {
	if name, ok := names[g]; ok {
		return name
	}
	return "none"
}

// Check refuses an actor whom the guard does not let in.
func (g Guard) Check(actor workflow.Actor, signedIn bool) error {
	if g == Public {
		return nil
	}
	if !signedIn {
		return workflow.ErrUnauthorized
	}
	role, restricted := roles[g]
	switch {
	case g == SignedIn:
		return nil
	case restricted && actor.Is(role), g == Servers && actor.Serves():
		return nil
	case g == Servers:
		return workflow.Errorf(workflow.KindForbidden, "forbidden", "This is for administrators of the server, who belong to its tenant %s.", workflow.DefaultTenant)
	case restricted:
		return workflow.Errorf(workflow.KindForbidden, "forbidden", "This needs the role %s. Ask an admin for it.", role)
	}
	return workflow.Errorf(workflow.KindInternal, "no_rule", "This address has no rule.")
}
