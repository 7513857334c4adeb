package main

import (
	"context"
	"encoding/json"

	"tandem"
)

type benchCmd struct {
	JSON      bool   `help:"Print the figures as JSON." name:"json"`
	Instances int    `help:"How many instances the throughput is measured with." default:"6000"`
	Scale     int    `help:"Instead time pages and lists, with 10,000 and with N instances, which are made first; with --data-dir they stay and are not made again." placeholder:"N"`
	Pages     int    `help:"Instead open N live pages, time how soon an update reaches them, and what they cost the engine." placeholder:"N"`
	Profile   string `help:"Write a CPU profile of W3 in process to FILE, for go tool pprof." type:"path" placeholder:"FILE"`
}

// Run measures on a private Postgres that is made for it and thrown away, or on
// an own database of the server that --database-url names.
func (c *benchCmd) Run(ctx context.Context, s *Settings, io std) error {
	config := tandem.BenchConfig{
		DatabaseURL: s.DatabaseURL, Instances: c.Instances, Log: s.logger(io.err), Progress: io.err, Profile: c.Profile,
	}
	if c.Scale > 0 {
		config.DataDir = s.DataDir
		return c.runScale(ctx, config, io)
	}
	if c.Pages > 0 {
		return c.runPages(ctx, config, io)
	}
	report, err := tandem.Bench(ctx, config)
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

func (c *benchCmd) runPages(ctx context.Context, config tandem.BenchConfig, io std) error {
	report, err := tandem.BenchPages(ctx, config, c.Pages)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(io.out).Encode(report)
	}
	report.Print(io.out)
	return nil
}

func (c *benchCmd) runScale(ctx context.Context, config tandem.BenchConfig, io std) error {
	report, err := tandem.BenchScale(ctx, config, c.Scale)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(io.out).Encode(report)
	}
	report.Print(io.out)
	return nil
}
