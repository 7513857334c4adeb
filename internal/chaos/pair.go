package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem"
	"tandem/internal/judge"
	"tandem/internal/story"
)

// pair is two nodes on one database, two that serve or one that serves and one
// that works, with those who use and hurt them.
type pair struct {
	config  Config
	number  int
	url     string
	pool    *pgxpool.Pool // to look at the database from outside
	nodes   []*process
	stories []story.Story
	people  *people
	effects string
	clocks  []judge.Clock // as they were before the nodes ran
	began   time.Time     // of the violence
	calmed  time.Time     // its end
	report  Report
}

// newPair makes a pair's database with its stories and people, and starts its
// nodes.
func newPair(ctx context.Context, c Config, h *house, number int) (*pair, error) {
	p := &pair{config: c, number: number, effects: filepath.Join(c.Dir, fmt.Sprintf("effects_%d.jsonl", number))}
	p.report = Report{Judged: map[string]int{}, Uses: map[string]int{}}
	var err error
	if p.url, err = h.database(ctx, fmt.Sprintf("pair_%d", number)); err != nil {
		return nil, err
	}
	if err := p.furnish(ctx); err != nil {
		return nil, err
	}
	if p.pool, err = pgxpool.New(ctx, p.url+"&pool_max_conns=4"); err != nil {
		return nil, err
	}
	for i := range 2 {
		log, err := fileIn(c.Dir, fmt.Sprintf("node_%d_%d.log", number, i))
		if err != nil {
			return nil, err
		}
		node := &process{command: c.Node, log: log, env: []string{envDatabase + "=" + p.url, envEffects + "=" + p.effects}}
		queues := "default"
		if i == 1 {
			queues += "," + story.Queue
		}
		node.env = append(node.env, envQueues+"="+queues)
		if (c.Seed+uint64(number))%2 == 1 && i == 1 {
			node.env, node.mute = append(node.env, envRole+"="+roleWorker), true
		}
		p.nodes = append(p.nodes, node)
		if err := node.start(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// furnish stores the stories, and makes those who act.
func (p *pair) furnish(ctx context.Context) error {
	app, err := open(ctx, tandem.Config{DatabaseURL: p.url, Actions: map[string]tandem.Action{Action: act{}}})
	if err != nil {
		return err
	}
	defer app.Close()
	p.stories = stories(p.config, p.number, func(document []byte) bool {
		errs, _ := tandem.Validate(document)
		return len(errs) == 0
	})
	for _, s := range p.stories {
		story.Merge(p.report.Uses, s)
		for _, one := range s.All() {
			for _, document := range one.Documents() {
				if _, err := app.Apply(ctx, document); err != nil {
					return fmt.Errorf("store %s: %w %+v\n%s", one.Name, err, tandem.Problems(err), document)
				}
			}
		}
	}
	if p.people, err = hire(ctx, app, p); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, p.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if err := p.sleepClocks(ctx, conn); err != nil {
		return err
	}
	return conn.QueryRow(ctx, `SELECT encode(key, 'hex') FROM server_keys`).Scan(&p.people.hookKey)
}

func (p *pair) stop() {
	for _, node := range p.nodes {
		node.kill()
		_ = node.log.Close()
	}
	p.pool.Close()
}

// run lets people work and be disturbed while violence lasts, then work on in
// peace until all has ended, and has it judged.
func (p *pair) run(ctx, violence context.Context) (Report, error) {
	p.began = time.Now()
	var wg sync.WaitGroup
	people, rest := context.WithCancel(ctx)
	defer rest()
	wg.Go(func() { p.hurt(violence) })
	wg.Go(func() { p.people.start(violence) })
	for _, work := range []func(context.Context){p.people.decide, p.people.hook, p.people.operate, p.people.work, p.people.work, p.people.handle, p.people.speak} {
		wg.Go(func() { work(people) })
	}
	<-violence.Done()
	p.calmed = time.Now()
	settled := p.settle(ctx)
	rest()
	wg.Wait()
	for _, node := range p.nodes {
		node.kill() // what is read below stands still
	}
	evidence, err := p.evidence(ctx)
	if err != nil {
		return p.report, err
	}
	evidence.Settled = settled
	p.judge(evidence)
	return p.report, nil
}

// longestSettle bounds the wait for the end of everything: nobody retries for
// ever.
const longestSettle = 30 * time.Minute

// settle waits until every instance has ended, or until nothing has happened for
// as long as the configuration says. It reports whether what is left is stuck:
// false when only the time was too short.
func (p *pair) settle(ctx context.Context) bool {
	p.people.peace()
	began := time.Now()
	moved, last := began, int64(-1)
	for time.Since(began) < longestSettle {
		p.stopClocks(ctx)
		var open, events int64
		err := p.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM instances WHERE status NOT IN ('completed', 'canceled')),
			coalesce((SELECT seq FROM events ORDER BY xid DESC, seq DESC LIMIT 1), 0)`).Scan(&open, &events)
		switch {
		case err == nil && open == 0:
			return true
		case err != nil || events != last:
			moved, last = time.Now(), events
		case time.Since(moved) > p.config.Settle:
			return true
		}
		if pause(ctx, 300*time.Millisecond) != nil {
			return false
		}
	}
	return false
}

// hurt kills, stops and cuts off the nodes until ctx ends; then both run.
func (p *pair) hurt(ctx context.Context) {
	r := rand.New(rand.NewPCG(p.config.Seed, uint64(p.number)+0x4a17))
	millis := func(least, most int) time.Duration { return time.Duration(least+r.IntN(most-least)) * time.Millisecond }
	var wg sync.WaitGroup
	dark := time.Now().Add(p.config.Duration / 3)
	for pause(ctx, millis(100, 900)) == nil {
		if p.config.Duration > 3*darkness && time.Now().After(dark) {
			wg.Wait()
			p.blackOut(ctx)
			dark = dark.Add(p.config.Duration)
		}
		node := p.nodes[r.IntN(len(p.nodes))]
		long := millis(50, 2500)
		switch r.IntN(6) {
		case 0, 1:
			if !node.up() {
				continue
			}
			p.report.Kills++
			node.kill()
			wg.Go(func() { p.revive(ctx, node, long/2) })
		case 2, 3:
			if !node.up() {
				continue
			}
			p.report.Stops++
			node.signal(syscall.SIGSTOP)
			wg.Go(func() {
				_ = pause(ctx, long)
				node.signal(syscall.SIGCONT)
			})
		case 4:
			if !node.up() {
				continue
			}
			p.report.Ends++
			node.end()
			wg.Go(func() { p.revive(ctx, node, 0) })
		default:
			p.report.Cuts += p.cut(ctx)
		}
	}
	wg.Wait()
}

// revive starts a killed node again after a while.
func (p *pair) revive(ctx context.Context, node *process, after time.Duration) {
	_ = pause(ctx, after)
	if err := node.start(); err != nil {
		fmt.Fprintln(p.config.Out, "pair", p.number, err)
	}
}

// cut breaks the nodes' connections to the database.
func (p *pair) cut(ctx context.Context) int {
	var n int
	err := p.pool.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&n)
	if err != nil {
		return 0 // the database is away
	}
	return n
}

// effectsFile opens what actions have written down.
func (p *pair) effectsFile() (*os.File, error) { return os.Open(p.effects) }
