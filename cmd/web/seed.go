package main

import (
	"context"
	"fmt"
	"time"

	"tandem"
)

type seedCmd struct {
	Instances int `help:"How many instances to make." default:"10000"`
	Tasks     int `help:"How many of them have an open task; a tenth when absent." placeholder:"N"`
}

// Run makes many instances to try and measure with.
func (c *seedCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	begin := time.Now()
	if err := app.Seed(ctx, tandem.SeedConfig{Instances: c.Instances, Tasks: c.Tasks, Progress: io.err}); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%d instances were made in %s.\n", c.Instances, time.Since(begin).Round(time.Second))
	return nil
}
