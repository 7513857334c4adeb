package auth

import (
	"testing"

	"tandem/internal/workflow"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		scopes   []string
		resource string
		write    bool
		want     bool
	}{
		{"no scopes reach all", nil, "tasks", true, true},
		{"an empty list reaches nothing", []string{}, "tasks", false, false},
		{"a resource means both verbs", []string{"tasks"}, "tasks", true, true},
		{"reading does not write", []string{"tasks:read"}, "tasks", true, false},
		{"reading reads", []string{"tasks:read"}, "tasks", false, true},
		{"writing reads", []string{"tasks:write"}, "tasks", false, true},
		{"another resource", []string{"tasks", "events:read"}, "instances", false, false},
		{"the second of two", []string{"tasks:read", "tasks:write"}, "tasks", true, true},
		{"no prefixes", []string{"task"}, "tasks", false, false},
	} {
		if got := Allows(workflow.Actor{Scopes: tt.scopes}, tt.resource, tt.write); got != tt.want {
			t.Errorf("%s: Allows = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCheckScopes(t *testing.T) {
	t.Parallel()
	for scope, ok := range map[string]bool{
		"tasks": true, "tasks:read": true, "users:write": true,
		"": false, "task": false, "tasks:": false, "tasks:delete": false, "tasks:read:write": false, "Tasks": false, "*": false,
	} {
		if got := checkScopes([]string{"tasks", scope}) == nil; got != ok {
			t.Errorf("scope %q accepted: %v, want %v", scope, got, ok)
		}
	}
}
