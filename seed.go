package tandem

import (
	"context"
	"fmt"
	"io"
	"time"

	"tandem/internal/auth"
	"tandem/internal/seed"
	"tandem/internal/workflow"
)

// SeedConfig says how much to make.
type SeedConfig struct {
	Instances int // at most 10,000,000
	Tasks     int // how many of them have an open task; 0 = a tenth
	Progress  io.Writer
}

// Seed makes many instances of six workflows, started by twenty people over the
// last ninety days, as copies of what the engine wrote of one of each kind. It
// runs the engine meanwhile; servers on the same database need not be stopped.
func (t *Tandem) Seed(ctx context.Context, c SeedConfig) error {
	if c.Tasks == 0 {
		c.Tasks = c.Instances / 10
	}
	if c.Instances < 1 || c.Instances > seed.MaxInstances || c.Tasks < 0 || c.Tasks > c.Instances {
		return fmt.Errorf("make 1 to %d instances, and at most as many tasks", seed.MaxInstances)
	}
	if err := t.LoadDemo(ctx); err != nil {
		return err
	}
	setup := workflow.SystemActor(workflow.DefaultTenant, "seed")
	for n := range seed.Clerks {
		clerk := auth.NewUser{Login: seed.Clerk(n), Name: fmt.Sprintf("Clerk %d", n+1), Groups: []string{"staff"}}
		people := []auth.NewUser{clerk}
		for _, group := range seed.Groups() {
			people = append(people, auth.NewUser{Login: seed.Member(group, n), Name: fmt.Sprintf("%s %d", group, n+1), Groups: []string{group, "staff"}})
		}
		for _, person := range people {
			if _, err := t.people.EnsureUser(ctx, setup, person); err != nil {
				return err
			}
		}
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- t.engine.Run(running, time.Second) }()
	defer func() { stop(); <-ended }()
	return seed.Run(ctx, seed.Target{
		Engine: t.engine, Read: t.db, Pool: t.db.Pool(), Recount: t.db.Recount, Instances: c.Instances, Tasks: c.Tasks, Progress: c.Progress,
	})
}
