package main

import (
	"context"
	"encoding/json"

	"tandem"
)

type benchCmd struct {
	JSON      bool `help:"Print the figures as JSON." name:"json"`
	Instances int  `help:"How many instances the throughput is measured with." default:"6000"`
}

// Run measures on a private Postgres that is made for it and thrown away, or on
// an own database of the server that --database-url names.
func (c *benchCmd) Run(ctx context.Context, s *Settings, io std) error {
	report, err := tandem.Bench(ctx, tandem.BenchConfig{
		DatabaseURL: s.DatabaseURL, Instances: c.Instances, Log: s.logger(io.err), Progress: io.err,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(io.out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	report.Print(io.out)
	return nil
}
