package auth

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// ScopeActAs lets a token act as other people, with the rights of the role user.
// No other scope includes it, and a token without scopes does not have it.
const ScopeActAs = "act-as"

// resources are what a token's scopes can name. A scope is a resource, for all
// verbs, or "resource:read" or "resource:write"; writing includes reading.
var resources = []string{
	"definitions", "instances", "tasks", "events", "stats", "messages", "worker", "subscriptions",
	"users", "groups", "tokens", "tenants", "secrets", "audit", "metrics",
}

// Resources lists what the scopes of a token can name.
func Resources() []string { return slices.Clone(resources) }

// Allows reports whether the actor's token reaches a resource, for writing or
// only for reading. Who did not come by a token with scopes reaches all. It
// says nothing about the person's own rights: those are judged as well.
func Allows(a workflow.Actor, resource string, write bool) bool {
	if a.Scopes == nil {
		return true
	}
	return slices.ContainsFunc(a.Scopes, func(scope string) bool {
		name, verb, _ := strings.Cut(scope, ":")
		return name == resource && (verb != "read" || !write)
	})
}

// checkScopes returns the fault of the first scope that means nothing, nil when
// all are known.
func checkScopes(scopes []string) *workflow.Problem {
	for _, scope := range scopes {
		name, verb, cut := strings.Cut(scope, ":")
		if scope == ScopeActAs {
			continue
		}
		if !slices.Contains(resources, name) || cut && verb != "read" && verb != "write" {
			return problem("/scopes", "unknown_scope", "There is no scope %q. Take one of %s, alone or with :read or :write, or %s.",
				scope, strings.Join(resources, ", "), ScopeActAs)
		}
	}
	return nil
}

// covers reports whether scopes reach all that other scopes reach; nil reaches
// everything but acting as others.
func covers(have, want []string) bool {
	if have == nil {
		return !slices.Contains(want, ScopeActAs)
	}
	if want == nil {
		return false
	}
	holder := workflow.Actor{Scopes: have}
	return !slices.ContainsFunc(want, func(scope string) bool {
		name, verb, _ := strings.Cut(scope, ":")
		return scope == ScopeActAs || !Allows(holder, name, verb != "read")
	})
}
