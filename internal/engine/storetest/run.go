package storetest

import (
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Run tries every promise on stores that open gives. Each subtest opens one of
// its own and runs in parallel with others; open must give an empty store that
// shares nothing with those of other calls, due rows and processes included,
// and end it with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) (engine.Store, engine.Reader)) {
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"Load", loadTests}, {"Apply", applyTests}, {"Moved", movedTests}, {"Operations", operationTests}, {"Starts", startTests}, {"Messages", messageTests}, {"Drafts", draftTests}, {"Attachments", attachmentTests},
		{"Schedules", scheduleTests}, {"Due", dueTests}, {"Items", itemTests},
		{"Sends", sendTests}, {"Feed", feedTests}, {"Lease", leaseTests}, {"Offers", offerTests},
		{"Jobs", jobTests}, {"Expire", expireTests},
		{"Definition", definitionTests}, {"Versions", versionTests}, {"Instances", instanceTests}, {"Tasks", taskTests},
		{"Paging", pagingTests}, {"Visibility", visibilityTests}, {"Stats", statsTests}, {"Search", searchTests}, {"Audit", auditTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, one := range group.tests {
				t.Run(one.name, func(t *testing.T) {
					t.Parallel()
					store, reader := open(t)
					one.run(setup(t, store, reader))
				})
			}
		})
	}
}

// test is one promise.
type test struct {
	name string
	run  func(*bench)
}

// bench is a store under test with what the tests build on.
type bench struct {
	*testing.T
	engine.Store
	read  engine.Reader
	base  time.Time // a little before the test began, at microsecond precision
	known *keeping
	made  int // rows so far: each is created a millisecond after the one before
}

// on gives the bench to a subtest.
func (b *bench) on(t *testing.T) *bench {
	sub := *b
	sub.T = t
	return &sub
}

// demo is a definition that every bench has in the default tenant.
var demo = workflow.Ref{Name: "demo", Version: "1.0.0"}

func setup(t *testing.T, store engine.Store, reader engine.Reader) *bench {
	b := &bench{T: t, Store: store, read: reader, known: newKeeping(), base: time.Now().UTC().Add(-time.Hour).Truncate(time.Microsecond)}
	b.define(workflow.DefaultTenant, demo)
	return b
}

// admin sees everything of the default tenant.
var admin = workflow.Actor{ID: "ada", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}

// person is a member of the default tenant with the role user.
func person(id string, groups ...string) workflow.Actor {
	return workflow.Actor{ID: id, Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleUser}, Groups: groups}
}
