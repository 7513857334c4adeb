package tandem

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"tandem/internal/auth"
	"tandem/internal/bench"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// ScaleReport holds how long pages and lists take with few and with many
// instances, and what the engine does beside them.
type ScaleReport struct {
	Sizes []ScaleSize `json:"sizes"`
}

// ScaleSize is the measurement at one number of instances.
type ScaleSize struct {
	Instances int              `json:"instances"`
	Rows      []bench.ScaleRow `json:"rows"`
	Steady    bench.Steady     `json:"steady"`
	W3        bench.W3         `json:"w3"`
}

// scaleBase is how many instances the many are compared with.
const scaleBase = 10_000

// BenchScale fills a database step by step up to a number of instances and
// measures at each: what is there already is not made again.
func BenchScale(ctx context.Context, c BenchConfig, instances int) (ScaleReport, error) {
	var report ScaleReport
	err := c.onPostgres(ctx, func(c BenchConfig) error {
		for _, size := range []int{min(scaleBase, instances), instances} {
			one, err := c.scale(ctx, size)
			if err != nil {
				return err
			}
			if report.Sizes = append(report.Sizes, one); size == instances {
				return nil
			}
		}
		return nil
	})
	return report, err
}

// scale measures with at least so many instances.
func (c BenchConfig) scale(ctx context.Context, size int) (ScaleSize, error) {
	one := ScaleSize{Instances: size}
	if err := c.fillTo(ctx, size); err != nil {
		return one, err
	}
	err := c.serving(ctx, func(t *Tandem, baseURL string) error {
		people, err := t.scalePeople(ctx)
		if err != nil {
			return err
		}
		scale := bench.Scale{BaseURL: baseURL, Password: DemoPassword, People: people, Progress: c.Progress}
		if one.Rows, err = scale.Run(ctx); err != nil {
			return err
		}
		if one.Steady, err = scale.Steady(ctx); err != nil {
			return err
		}
		one.W3, err = bench.Throughput(ctx, c.target(t))
		return err
	})
	return one, err
}

// scalePeople gives who asks for the pages: an admin, who sees everything;
// somebody who sees many instances by his groups; somebody who may view the
// definitions of all; and somebody who sees nothing but what he started.
func (t *Tandem) scalePeople(ctx context.Context) ([]bench.ScalePerson, error) {
	for _, u := range []auth.NewUser{
		{Login: "pat", Name: "Pat Plain", Groups: []string{"managers", "staff"}},
		{Login: "vera", Name: "Vera Viewer", Groups: []string{"auditors"}},
		{Login: "quinn", Name: "Quinn Quiet"},
	} {
		u.Password, u.AnyPassword = DemoPassword, true
		if _, err := t.people.EnsureUser(ctx, workflow.SystemActor(workflow.DefaultTenant, "bench"), u); err != nil {
			return nil, err
		}
	}
	_, err := t.engine.Start(ctx, workflow.Actor{ID: "quinn", Tenant: workflow.DefaultTenant}, engine.StartInput{
		Definition: "expense_approval", Input: json.RawMessage(`{"purpose": "A printer", "amount": 3000, "category": "equipment"}`),
	})
	if err != nil {
		return nil, err
	}
	people := []bench.ScalePerson{{Role: "admin", Login: "ada"}, {Role: "user", Login: "pat"}, {Role: "viewer", Login: "vera"}, {Role: "few", Login: "quinn"}}
	for i := range people {
		if people[i].Token, err = t.CreateToken(ctx, people[i].Login, "bench", nil); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// fillTo makes what is missing to so many instances, in a Tandem of its own:
// the one that seeds has stopped its engine when it is done.
func (c BenchConfig) fillTo(ctx context.Context, size int) error {
	t, err := New(ctx, Config{DatabaseURL: c.DatabaseURL, Log: c.Log})
	if err != nil {
		return err
	}
	defer t.Close()
	var have int
	if err := t.db.Pool().QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM instances LIMIT $1) AS few`, size).Scan(&have); err != nil {
		return err
	}
	if have >= size {
		return nil
	}
	return t.Seed(ctx, SeedConfig{Instances: size - have, Tasks: (size - have + 9) / 10, Progress: c.Progress})
}

// Print writes the figures as a table, side by side.
func (r ScaleReport) Print(w io.Writer) {
	if len(r.Sizes) == 0 {
		return
	}
	few, many := r.Sizes[0], r.Sizes[len(r.Sizes)-1]
	fmt.Fprintf(w, "%-7s %-34s %9d instances %9d instances\n", "who", "what; p50 and p99 in ms", few.Instances, many.Instances)
	for i, row := range many.Rows {
		note := ""
		switch {
		case row.Refused:
			note = "narrow it"
		case row.Other:
			note = "other"
		}
		fmt.Fprintf(w, "%-7s %-34s %9.1f %9.1f %9.1f %9.1f   %s\n", row.Who, row.What, few.Rows[i].P50, few.Rows[i].P99, row.P50, row.P99, note)
	}
	for _, s := range r.Sizes {
		fmt.Fprintf(w, "With %d instances:\n", s.Instances)
		s.Steady.Print(w)
		fmt.Fprintf(w, "W3: %.0f instances/s, %.2f ms CPU, %.0f bytes of WAL each\n", s.W3.InstancesPerSecond, s.W3.CPU, s.W3.WAL)
	}
}
