package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"tandem"
)

// life is what the people of the demo did before the pictures are taken.
type life struct {
	waiting string // path of an instance that waits for finance
	failed  string // path of an instance that failed
	task    string // path of finance's task
	moment  string // path of the waiting instance as it once was

	paused, canceled, completed string // paths of instances of those states
	operation                   string // path of a verb for many
}

// live lets the people of the demo work.
func (h *house) live(ctx context.Context) (life, error) {
	otto, mia, finn := h.person(ctx, "otto"), h.person(ctx, "mia"), h.person(ctx, "finn")
	cleo, olga := h.person(ctx, "cleo"), h.person(ctx, "olga")

	for i, items := range []string{`["Chair"]`, `["Desk", "Lamp"]`, `["Shelf"]`} {
		otto.order(fmt.Sprintf("A-%d", 1041+i), "Krause & Söhne", items)
	}
	var l life
	l.failed = otto.order("A-1044", "Blume GmbH", `[]`)
	otto.expense("Taxi to the fair", "46", "travel")
	otto.expense("Second screen", "389.90", "equipment")
	otto.expense("Course on Go", "2400", "training")
	mia.decide("Course on Go", "approve", "CC-7")
	otto.expense("Trade fair in Leipzig", "7200", "travel")
	finn.decide("Trade fair in Leipzig", "request_changes", "")
	otto.expense("Coffee machine", "5200", "other")
	finn.decide("Coffee machine", "reject", "")
	l.completed = otto.expense("Server room", "48000", "equipment")
	cleo.decide("Server room", "approve", "CC-1")
	otto.expense("Company car", "31500", "travel")
	otto.expense("Workbenches", "8150", "equipment")
	l.paused = otto.expense("Training in Lisbon", "5900", "training")
	olga.post(l.paused+"/pause", url.Values{"reason": {"The invoice is being clarified"}})
	l.canceled = otto.expense("Desk for the old room", "5400", "equipment")
	olga.post(l.canceled+"/cancel", url.Values{"reason": {"Ordered twice"}})
	otto.start("document_approval", url.Values{"title": {"Travel policy 2027"}, "text": {"Second class by train, economy by air."}})
	otto.expense("Course on negotiation", "1890", "training")
	l.waiting = otto.expense("Desk for the new room", "6000", "equipment")
	l.task = finn.find("Desk for the new room")
	l.operation = olga.post("/instances/bulk", url.Values{
		"action": {"retry"}, "which": {"chosen"}, "id": {strings.TrimPrefix(l.failed, "/instances/"), strings.TrimPrefix(l.canceled, "/instances/")},
		"reason": {"The supplier delivers again"}, "_once": {"retry"},
	})
	if moments := momentLink.FindAllStringSubmatch(olga.get(l.waiting+"/history"), -1); len(moments) > 1 {
		l.moment = l.waiting + "?at=" + moments[len(moments)/2][1]
	}
	for _, p := range []*person{otto, mia, finn, cleo, olga} {
		if p.err != nil {
			return l, fmt.Errorf("%s: %w", p.login, p.err)
		}
	}
	return l, nil
}

// person uses the pages without a browser. The first error is kept, and nothing
// is done after it.
type person struct {
	ctx    context.Context
	login  string
	house  string
	client *http.Client
	err    error
}

func (h *house) person(ctx context.Context, login string) *person {
	jar, err := cookiejar.New(nil)
	p := &person{ctx: ctx, login: login, house: h.url, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}, err: err}
	p.post("/login", url.Values{"login": {login}, "password": {tandem.DemoPassword}})
	return p
}

// maxPage bounds what is read of a page, in bytes.
const maxPage = 4 << 20

// send returns the page that an address leads to, and its path.
func (p *person) send(method, path string, form url.Values) (page, at string) {
	if p.err != nil {
		return "", ""
	}
	req, err := http.NewRequestWithContext(p.ctx, method, p.house+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.err = err
		return "", ""
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(req)
	if err != nil {
		p.err = err
		return "", ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, body)
	}
	p.err = err
	return string(body), resp.Request.URL.Path
}

func (p *person) get(path string) (page string) {
	page, _ = p.send(http.MethodGet, path, nil)
	return page
}

func (p *person) post(path string, form url.Values) (at string) {
	_, at = p.send(http.MethodPost, path, form)
	return at
}

// start starts a workflow and returns the instance's path.
func (p *person) start(definition string, form url.Values) string {
	return p.post("/definitions/"+definition+"/start", form)
}

func (p *person) order(id, customer, items string) string {
	return p.start("order_processing", url.Values{"order_id": {id}, "customer": {customer}, "items": {items}})
}

// categories are the options of an expense's category, in the schema's order.
var categories = map[string]string{"travel": "0", "equipment": "1", "training": "2", "other": "3"}

func (p *person) expense(purpose, amount, category string) string {
	return p.start("expense_approval", url.Values{"purpose": {purpose}, "amount": {amount}, "category": {categories[category]}})
}

var (
	taskLink   = regexp.MustCompile(`href="(/tasks/[0-9a-f-]{36})[^>]*>([^<]*)<`)
	momentLink = regexp.MustCompile(`\?at=([^"&]+)"`)
	version    = regexp.MustCompile(`name="_version" value="([^"]*)"`)
)

// find returns the path of the task of a title that the person's groups have,
// as soon as it is there.
func (p *person) find(title string) string {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); p.err == nil && time.Now().Before(end); <-tick.C {
		for _, m := range taskLink.FindAllStringSubmatch(p.get("/tasks?view=groups"), -1) {
			if strings.Contains(m[2], title) {
				return m[1]
			}
		}
	}
	if p.err == nil {
		p.err = fmt.Errorf("no task %q", title)
	}
	return ""
}

func (p *person) decide(title, outcome, costCentre string) {
	task := p.find(title)
	found := version.FindStringSubmatch(p.get(task))
	if p.err == nil && found == nil {
		p.err = fmt.Errorf("task %q has no form", title)
	}
	if p.err != nil {
		return
	}
	p.post(task+"/complete", url.Values{"_version": {found[1]}, "_outcome": {outcome}, "cost_centre": {costCentre}})
}
