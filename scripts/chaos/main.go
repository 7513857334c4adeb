// Command chaos tries to break Tandem, and says whether it could.
//
// It starts pairs of real processes on a real Postgres of its own, has them run
// random stories, kills, stops and cuts them off, restarts the database, and
// has the judge read what they wrote. It ends with 1 when the judge has found
// something; then the seed and the whole log of the instance are printed, and
// databases and logs are kept. With -races it has decisions raced instead.
//
//	go run ./scripts/chaos -minutes 10 -pairs 2 -seeds 3
//	go run ./scripts/chaos -races 100000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"tandem"
	"tandem/internal/chaos"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		stop()
		os.Exit(1)
	}
}

// node is the argument that makes this program one of the processes that suffer.
const node = "node"

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == node {
		return chaos.RunNode(ctx)
	}
	flags := flag.NewFlagSet("chaos", flag.ExitOnError)
	minutes := flags.Float64("minutes", 2, "how long each seed is run")
	seeds := flags.Int("seeds", 1, "how many seeds, one after the other")
	seed := flags.Uint64("seed", uint64(time.Now().Unix()), "the first seed: what is drawn, not when it happens")
	pairs := flags.Int("pairs", 2, "pairs of processes, side by side")
	stories := flags.Int("stories", 60, "documents of each pair")
	races := flags.Int("races", 0, "have so many decisions raced, and nothing else")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *races > 0 {
		return race(ctx, *races)
	}
	for i := range *seeds {
		if err := one(ctx, chaos.Config{
			Seed: *seed + uint64(i*10_000), Pairs: *pairs, Stories: *stories,
			Duration: time.Duration(*minutes * float64(time.Minute)), Out: os.Stdout, Node: self,
		}); err != nil {
			return err
		}
	}
	return nil
}

// self is a process of this program that is a node.
func self() *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	return exec.Command(program, node)
}

// place makes a directory that the account of Postgres can enter.
func place() (string, error) {
	dir, err := os.MkdirTemp("/tmp", "tandem-chaos-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// one runs one seed.
func one(ctx context.Context, c chaos.Config) error {
	dir, err := place()
	if err != nil {
		return err
	}
	c.Dir = dir
	fmt.Printf("seed %d: %d pairs for %s\n", c.Seed, c.Pairs, c.Duration)
	report, err := chaos.Run(ctx, c)
	report.Print(os.Stdout)
	if err == nil && len(report.Findings) > 0 {
		err = fmt.Errorf("the judge has %d findings; databases and logs are in %s", len(report.Findings), dir)
	}
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// race has decisions raced on a Postgres that is thrown away.
func race(ctx context.Context, decisions int) error {
	dir, err := place()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	postgres, err := tandem.StartPostgres(ctx, filepath.Join(dir, "data"), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	err = tandem.Migrate(ctx, postgres.URL())
	if err == nil {
		var report chaos.RaceReport
		report, err = chaos.Race(ctx, postgres.URL(), decisions)
		fmt.Println(report)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(err, postgres.Stop(stop))
}
