package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"tandem/internal/judge"
	"tandem/internal/story"
)

// Config says how long and how wild a run is.
type Config struct {
	Node     func() *exec.Cmd // a process that calls RunNode
	Seed     uint64
	Pairs    int           // of processes, side by side; default 1
	Stories  int           // documents a pair; default 30
	Duration time.Duration // of the violence; default 30 s
	Settle   time.Duration // without any progress after which what is open counts as stuck; default 30 s
	Pace     time.Duration // between two starts; default 40 ms
	Dir      string        // where databases, effects and logs go
	Out      io.Writer     // what happens, as text
}

func (c Config) withDefaults() Config {
	c.Pairs = max(c.Pairs, 1)
	if c.Stories == 0 {
		c.Stories = 30
	}
	if c.Duration == 0 {
		c.Duration = 30 * time.Second
	}
	if c.Settle == 0 {
		c.Settle = 30 * time.Second
	}
	if c.Pace == 0 {
		c.Pace = 40 * time.Millisecond
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	return c
}

// Report is what a run came to.
type Report struct {
	Kills, Stops, Ends, Cuts, Restarts int // Restarts are the database's, Ends those that a node is asked for
	Instances, Races, Events           int
	Unfinished                         int
	Blackouts                          int // when no node ran for a while
	Findings                           []judge.Finding
	Judged                             map[string]int
	Uses                               map[string]int // what the stories were made of
}

func (r *Report) add(other Report) {
	r.Kills += other.Kills
	r.Stops += other.Stops
	r.Ends += other.Ends
	r.Cuts += other.Cuts
	r.Restarts += other.Restarts
	r.Instances += other.Instances
	r.Races += other.Races
	r.Events += other.Events
	r.Unfinished += other.Unfinished
	r.Blackouts += other.Blackouts
	r.Findings = append(r.Findings, other.Findings...)
	for rule, n := range other.Judged {
		r.Judged[rule] += n
	}
	for part, n := range other.Uses {
		r.Uses[part] += n
	}
}

// Print writes the report for people.
func (r Report) Print(w io.Writer) {
	fmt.Fprintf(w, "%d instances, %d events, %d raced decisions; %d kills, %d stops, %d orderly ends, %d cut connections, %d blackouts, %d database restarts; %d unfinished\n",
		r.Instances, r.Events, r.Races, r.Kills, r.Stops, r.Ends, r.Cuts, r.Blackouts, r.Restarts, r.Unfinished)
	fmt.Fprintf(w, "stories: %s\n", counts(r.Uses))
	fmt.Fprintf(w, "judged: %s\n", counts(r.Judged))
	for _, f := range r.Findings {
		fmt.Fprintf(w, "FINDING %s\n", f)
	}
	fmt.Fprintf(w, "%d findings\n", len(r.Findings))
}

func counts(m map[string]int) string {
	var words []string
	for key, n := range m {
		words = append(words, fmt.Sprintf("%s %d", key, n))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// Run starts the pairs, lets them work and be hurt, waits until they have ended
// what they began, and has everything judged.
func Run(ctx context.Context, c Config) (Report, error) {
	c = c.withDefaults()
	total := Report{Judged: map[string]int{}, Uses: map[string]int{}}
	house, err := startHouse(ctx, c.Dir)
	if err != nil {
		return total, err
	}
	defer house.stop()
	pairs := make([]*pair, c.Pairs)
	for i := range pairs {
		if pairs[i], err = newPair(ctx, c, house, i); err != nil {
			return total, err
		}
		defer pairs[i].stop()
	}
	var wg sync.WaitGroup
	reports, errs := make([]Report, len(pairs)), make([]error, len(pairs))
	violence, calm := context.WithTimeout(ctx, c.Duration)
	defer calm()
	wg.Go(func() { total.Restarts = house.restartOften(violence, c) })
	for i, p := range pairs {
		wg.Go(func() { reports[i], errs[i] = p.run(ctx, violence) })
	}
	wg.Wait()
	for _, r := range reports {
		total.add(r)
	}
	return total, errors.Join(errs...)
}

// stories draws what a pair runs, of the parts that the engine knows.
func stories(c Config, pair int, known func(document []byte) bool) []story.Story {
	cast := story.Cast{Action: Action}
	for _, part := range story.Parts() {
		if known(story.Probe(part)) {
			cast.Parts = append(cast.Parts, part)
		}
	}
	list := make([]story.Story, c.Stories)
	for i := range list {
		list[i] = cast.Tell(c.Seed + uint64(pair*c.Stories+i))
	}
	return list
}

// fileIn makes a file of the run's directory.
func fileIn(dir, name string) (*os.File, error) {
	return os.OpenFile(dir+"/"+name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}
