package main

import (
	"context"
	"encoding/json"

	"tandem"
)

type benchCmd struct {
	JSON      bool   `help:"Print the figures as JSON." name:"json"`
	Instances int    `help:"How many instances the throughput is measured with." default:"6000"`
	Profile   string `help:"Write a CPU profile of W3 in process to FILE, for go tool pprof." type:"path" placeholder:"FILE"`
}

// Run measures on a private Postgres that is made for it and thrown away, or on
// an own database of the server that --database-url names.
func (c *benchCmd) Run(ctx context.Context, s *Settings, io std) error {
	report, err := tandem.Bench(ctx, tandem.BenchConfig{
		DatabaseURL: s.DatabaseURL, Instances: c.Instances, Log: s.logger(io.err), Progress: io.err, Profile: c.Profile,
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
