// Package auth knows people: who they are, how they prove it, and which rights
// a proof carries.
//
// It owns accounts, groups, passwords, API tokens and their scopes, and turns
// each credential into a workflow.Actor. It imports workflow alone; the store
// behind it is whatever implements [Store]. It knows nothing of HTTP: cookies
// and headers are read in internal/web/session.
//
// Who may do a thing to a task or an instance is decided in workflow, from the
// Actor; who may change people is decided here.
package auth
