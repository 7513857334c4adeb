package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tandem/internal/engine"
)

// Pages is many live pages to open on a running Tandem. They are open all the
// time: half of them show one instance, the others in equal parts the list of
// instances and the dashboard.
type Pages struct {
	BaseURL  string
	Password string
	Logins   []string // whose pages they are, in turn
	Count    int
}

// PagesReport holds the figures of open pages.
type PagesReport struct {
	Pages   int     `json:"pages"`
	People  int     `json:"people"`
	Median  float64 `json:"median_ms"`       // from a decision until half of the pages have been told
	Last    float64 `json:"last_ms"`         // until all have been told, the worst of the rounds
	Alone   float64 `json:"w3_per_s"`        // with no page open, the mean of before and after
	Beside  float64 `json:"w3_beside_per_s"` // with all of them open
	Loss    float64 `json:"w3_loss_percent"`
	Renewed int     `json:"renewed"` // pages that were told something while W3 ran
}

// Limits of the measurement.
const (
	pageRounds  = 3
	pageQuiet   = 2 * time.Second  // in which nothing arrives before something is decided
	pagePatient = 60 * time.Second // for pages to open, to be quiet, and to be told
)

// Open measures how soon an update reaches many open pages, and what they cost
// the engine.
func (p Pages) Open(ctx context.Context, t Target) (PagesReport, error) {
	report := PagesReport{Pages: p.Count, People: len(p.Logins)}
	if _, _, _, err := t.Engine.SaveDefinition(ctx, actor, []byte(documentH1)); err != nil {
		return report, fmt.Errorf("save definition: %w", err)
	}
	cookies, err := p.cookies(ctx)
	if err != nil {
		return report, err
	}
	before, err := Throughput(ctx, t)
	if err != nil {
		return report, err
	}
	for range pageRounds {
		if err := p.round(ctx, t, cookies, &report); err != nil {
			return report, err
		}
	}
	if err := p.beside(ctx, t, cookies, &report); err != nil {
		return report, err
	}
	after, err := Throughput(ctx, t)
	report.Alone = (before.InstancesPerSecond + after.InstancesPerSecond) / 2
	report.Loss = 100 * (1 - report.Beside/report.Alone)
	return report, err
}

// cookies signs everybody in.
func (p Pages) cookies(ctx context.Context) ([]string, error) {
	base, err := url.Parse(p.BaseURL)
	if err != nil {
		return nil, err
	}
	scale := Scale{BaseURL: p.BaseURL, Password: p.Password}
	var all []string
	for _, login := range p.Logins {
		client, err := scale.signIn(ctx, ScalePerson{Login: login})
		if err != nil {
			return nil, err
		}
		var pairs []string
		for _, c := range client.Jar.Cookies(base) {
			pairs = append(pairs, c.String())
		}
		if len(pairs) == 0 {
			return nil, fmt.Errorf("%s could not sign in", login)
		}
		all = append(all, strings.Join(pairs, "; "))
	}
	return all, nil
}

// round opens all pages, decides what half of them show, and times when each is
// told.
func (p Pages) round(ctx context.Context, t Target, cookies []string, report *PagesReport) error {
	in, err := t.start(ctx, "bench_h1")
	if err != nil {
		return err
	}
	tasks, err := t.Read.InstanceTasks(ctx, actor, in.ID, 1)
	if err != nil || len(tasks) == 0 {
		return fmt.Errorf("no task: %w", err)
	}
	pages, err := p.open(ctx, cookies, in.ID.String())
	if err != nil {
		return err
	}
	defer pages.close()
	if err := pages.quiet(ctx); err != nil {
		return err
	}
	begin := time.Now()
	if _, err := t.Engine.CompleteTask(ctx, actor, tasks[0].ID, engine.Completion{}); err != nil {
		return err
	}
	took, err := pages.told(ctx, begin)
	if err != nil {
		return err
	}
	report.Median = max(report.Median, ms(took[len(took)/2]))
	report.Last = max(report.Last, ms(took[len(took)-1]))
	fmt.Fprintf(t.Progress, "%d pages: half told after %.0f ms, all after %.0f ms\n", len(took), ms(took[len(took)/2]), ms(took[len(took)-1]))
	return nil
}

// beside measures W3 while all pages are open.
func (p Pages) beside(ctx context.Context, t Target, cookies []string, report *PagesReport) error {
	in, err := t.start(ctx, "bench_h1")
	if err != nil {
		return err
	}
	pages, err := p.open(ctx, cookies, in.ID.String())
	if err != nil {
		return err
	}
	defer pages.close()
	if err := pages.quiet(ctx); err != nil {
		return err
	}
	begin := time.Now().UnixNano()
	w3, err := Throughput(ctx, t)
	report.Beside = w3.InstancesPerSecond
	for _, page := range pages.all {
		if page.first.Load() >= begin || page.last.Load() >= begin {
			report.Renewed++
		}
	}
	return err
}

// openPages are streams as browsers hold them.
type openPages struct {
	all    []*openPage
	client *http.Client
	stop   context.CancelFunc
	done   sync.WaitGroup
	failed atomic.Pointer[error]
}

// openPage is one of them, with the times, in nanoseconds since 1970, of the
// first message since it was last asked about and of the latest one; 0 = none.
type openPage struct{ first, last atomic.Int64 }

// open opens all pages and waits until each has been told what it shows.
func (p Pages) open(ctx context.Context, cookies []string, instance string) (*openPages, error) {
	ctx, stop := context.WithCancel(ctx)
	pages := &openPages{stop: stop, client: &http.Client{Transport: &http.Transport{DisableCompression: true}}}
	topics := []string{"/live/instances/" + instance, "/live/instances", "/live/instances/" + instance, "/live/dashboard"}
	for i := range p.Count {
		page := &openPage{}
		pages.all = append(pages.all, page)
		address := p.BaseURL + "/live?" + url.Values{"on": {topics[i%len(topics)]}}.Encode()
		cookie := cookies[i/len(topics)%len(cookies)]
		pages.done.Go(func() {
			if err := page.read(ctx, pages.client, address, cookie); err != nil && ctx.Err() == nil {
				pages.failed.CompareAndSwap(nil, &err)
			}
		})
	}
	_, err := pages.told(ctx, time.Time{})
	if err != nil {
		pages.close()
	}
	return pages, err
}

func (o *openPages) close() {
	o.stop()
	o.done.Wait()
	o.client.CloseIdleConnections()
}

// read follows a stream and notes when something arrives.
func (page *openPage) read(ctx context.Context, client *http.Client, address, cookie string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Cookie", cookie)
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, answer.Status)
	}
	for lines := bufio.NewReader(answer.Body); ; {
		line, err := lines.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return io.ErrUnexpectedEOF
		}
		if strings.HasPrefix(string(line), "event: ") {
			now := time.Now().UnixNano()
			page.first.CompareAndSwap(0, now)
			page.last.Store(now)
		}
	}
}

// told waits until every page was told something after a moment and gives how
// long each took, the fastest first.
func (o *openPages) told(ctx context.Context, since time.Time) ([]time.Duration, error) {
	took := make([]time.Duration, 0, len(o.all))
	err := o.until(ctx, "be told", func() bool {
		took = took[:0]
		for _, page := range o.all {
			at := page.first.Load()
			if at == 0 {
				return false
			}
			took = append(took, time.Unix(0, at).Sub(since))
		}
		return true
	})
	slices.Sort(took)
	return took, err
}

// quiet waits until nothing has arrived for a while, and forgets what had.
func (o *openPages) quiet(ctx context.Context) error {
	err := o.until(ctx, "be quiet", func() bool {
		latest := slices.MaxFunc(o.all, func(a, b *openPage) int { return int(a.last.Load() - b.last.Load()) })
		return time.Since(time.Unix(0, latest.last.Load())) > pageQuiet
	})
	for _, page := range o.all {
		page.first.Store(0)
	}
	return err
}

// until asks again and again, at most for a minute.
func (o *openPages) until(ctx context.Context, what string, ready func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(pagePatient)
	for !ready() {
		if err := o.failed.Load(); err != nil {
			return *err
		}
		select {
		case <-tick.C:
		case <-late:
			return fmt.Errorf("after %s not all pages could %s", pagePatient, what)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Print writes the figures as a table.
func (r PagesReport) Print(w io.Writer) {
	row := func(name, format string, v float64) { fmt.Fprintf(w, "%-52s %10s\n", name, fmt.Sprintf(format, v)) }
	row("live pages open at once", "%.0f", float64(r.Pages))
	row("people they belong to", "%.0f", float64(r.People))
	row("a decision reaches half of them, ms", "%.0f", r.Median)
	row("a decision reaches all of them, ms", "%.0f", r.Last)
	row("W3 with no page open, instances/s", "%.0f", r.Alone)
	row("W3 with all of them open, instances/s", "%.0f", r.Beside)
	row("W3 loses, %", "%.1f", r.Loss)
	row("pages that were told something meanwhile", "%.0f", float64(r.Renewed))
}
