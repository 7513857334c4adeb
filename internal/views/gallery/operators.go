package gallery

import (
	"fmt"
	"time"

	"tandem/internal/views"
)

// ago is a moment before the time of all pages.
func ago(p *views.Page, d time.Duration) views.Moment { return p.Moment(noon.Add(-d)) }

// verb is an action of an instance as its page offers it.
func verb(p *views.Page, name, icon string, reason, danger bool) views.Confirm {
	key := "instance." + name
	return views.Confirm{ID: name, Label: p.T(key), Icon: icon, Text: p.T(key + "_text"), Button: p.T(key + "_button"), Action: "#", Reason: true, ReasonRequired: reason, Danger: danger}
}

// instanceSays is what an instance's page says in each state.
var instanceSays = map[string][]string{
	"pending":   {"Starts on 4 March 2026, 08:00:00 UTC."},
	"running":   {"Working on “Pay out” for 5 min, attempt 2 (40 % · page 2 of 5)."},
	"retrying":  {"“Pay out” failed and is tried again in 12 s, on 2 March 2026, 12:00:12 UTC: attempt 3 of 5. Last error: payment refused: card expired"},
	"no-worker": {"“Pay out” waits for a worker for 2 h. No worker is there: the topic payments was last asked for 3 h ago."},
	"waiting":   {"Waits for Mia for 2 days: “Finance approves”.", "“Inform”: 27 items are open."},
	"paused":    {"Paused by Olga: The invoice is being clarified", "Nothing moves until somebody resumes it."},
	"failed":    {"Failed at “Pay out”: POST https://bank.example/pay answered 422 Unprocessable Entity: the IBAN does not pass its check digits", "Nothing moves until somebody retries or cancels it."},
	"completed": {"Completed after 2 d 4 h."},
	"canceled":  {"Canceled by Olga: Ordered twice"},
}

// shownInstance makes of an instance what it looks like in a state.
func shownInstance(p *views.Page, v *views.InstanceView, state string) {
	v.Title, v.Short, v.ID, v.Version = "Expense approval", "8f29723c", "019a0000-0000-7000-8000-00008f29723c", "1.2.0"
	v.State, v.Why, v.CreatedBy, v.Started = state, instanceSays[state], "Otto", ago(p, 52*time.Hour)
	v.Parent, v.CorrelationID, v.Finished = "", "R-2026-0118", views.Moment{}
	v.Advice, v.First, v.Links, v.Actions = "", nil, nil, nil
	v.ExecutionsNote, v.TasksNote = "", ""
	pay, finance := "", "succeeded" // the states of two steps
	switch state {
	case "pending":
		finance, v.Started = "", views.Moment{}
	case "running":
		pay, v.Parent, v.ParentHref = "running", "project_setup 119e7477", "#"
	case "retrying":
		pay, v.State = "retrying", "running"
	case "no-worker":
		pay, v.State = "scheduled", "running"
	case "waiting", "paused", "canceled":
		finance = state
	case "failed":
		pay, v.Advice = "failed", "The other side refused what was sent (status 422). Edit the data, then retry."
		v.First = &views.ActionLink{Label: "Edit data", Icon: "pencil", Href: "#"}
		v.Links = []views.ActionLink{{Label: "Retry from a step", Icon: "rotate-ccw", Href: "#"}}
		v.Actions = append(v.Actions, verb(p, "retry", "rotate-ccw", false, false), verb(p, "force-complete", "check", true, true))
	case "completed":
		pay = "succeeded"
	}
	switch state {
	case "completed", "canceled":
		v.Finished = ago(p, time.Hour)
	case "paused":
		v.Actions = append(v.Actions, verb(p, "resume", "play", false, false), verb(p, "cancel", "ban", false, true))
	default:
		v.Actions = append(v.Actions, verb(p, "pause", "pause", false, false), verb(p, "cancel", "ban", false, true))
	}
	v.Graph = instanceGraph(finance, pay)
	v.Executions, v.Tasks = executions(p, finance, pay), tasks(p, finance)
	v.Timeline = timeline(finance, pay)
	v.History = views.InstanceHistory{AllHref: "#", Lines: history(p, state)}
}

// instanceGraph is the graph of an instance in which two steps have these states.
func instanceGraph(finance, pay string) views.GraphView {
	g := Graph()
	g.Live = true
	reached := map[string]string{"Amount router": "succeeded", "Manager approves": "succeeded", "Finance approves": finance, "Pay out": pay}
	for i := range g.Steps {
		s := &g.Steps[i]
		if s.State = reached[s.Label]; finance == "" {
			s.State = ""
		}
		s.Visits, s.Count, s.Items = 0, "", ""
		if s.State != "" {
			s.Visits = 1
		}
		switch {
		case s.State == "":
		case s.Label == "Finance approves":
			s.Visits, s.Count = 2, "2×"
		case s.Label == "Pay out":
			s.Items, s.Count = "13 of 40 items", "13/40"
		}
	}
	for i := range g.Ways {
		g.Ways[i].Taken = finance != "" && i%2 == 1
	}
	return g
}

func executions(p *views.Page, finance, pay string) []views.InstanceExecution {
	if finance == "" {
		return nil
	}
	rows := []views.InstanceExecution{
		{ID: "x1", Step: "Amount router", Type: "gateway", State: "succeeded", Visit: "1", Attempt: "1", Began: ago(p, 52*time.Hour), Took: "< 1 ms"},
		{ID: "x2", Step: "Manager approves", Type: "human", State: "succeeded", Visit: "1", Attempt: "1", Began: ago(p, 52*time.Hour), Took: "3 h 12 min", Result: "Mia: Approve"},
		{ID: "x3", Step: "Finance approves", Type: "human", State: finance, Visit: "2", Attempt: "1", Began: ago(p, 48*time.Hour)},
	}
	if pay == "" {
		return rows
	}
	row := views.InstanceExecution{ID: "x4", Step: "Pay out", Type: "machine", State: pay, Visit: "1", Attempt: "2", Began: ago(p, 5*time.Minute), Items: "Done 13 · Running 2 · Ready 25"}
	switch pay {
	case "running":
		row.Progress, row.Child, row.ChildHref = "40 % · page 2 of 5", "Its instance: a8a58f29", "#"
	case "failed", "retrying":
		row.Error = "POST https://bank.example/pay answered 422 Unprocessable Entity: the IBAN does not pass its check digits"
		row.Attempts = []string{"Attempt 1, ended 2 March 2026, 11:55:00 UTC: bank closed", "Attempt 2, ended 2 March 2026, 11:59:00 UTC: card expired"}
	}
	if pay == "retrying" {
		row.Next, row.NextWords = p.Moment(noon.Add(12*time.Second)), p.T("instance.next_attempt", 3, 5)
	}
	return append(rows, row,
		views.InstanceExecution{ID: "x5", Level: 1, Step: "Item 1", Type: "machine", State: "succeeded", Visit: "1", Attempt: "1", Began: ago(p, 5*time.Minute), Took: "35 ms"},
		views.InstanceExecution{ID: "x6", Level: 1, More: "and 39 more items"})
}

func tasks(p *views.Page, finance string) []views.InstanceTask {
	if finance == "" {
		return nil
	}
	list := []views.InstanceTask{
		{ID: "t1", Title: "Approve 6,000 EUR: Desk for the new room", Href: "#", State: "completed", Who: "Mia", Result: "Approve", Answer: "Cost centre: CC-7"},
		{ID: "t2", Title: "Check 6,000 EUR: Desk for the new room", Href: "#", State: finance, Who: "somebody of finance", Due: ago(p, 2*time.Hour)},
	}
	switch finance {
	case "waiting":
		list[1].State = "overdue"
	case "succeeded":
		list[1].State, list[1].Who, list[1].Result, list[1].Due = "completed", "Finn", "Approve", views.Moment{}
	}
	return list
}

func timeline(finance, pay string) views.TimelineView {
	v := views.TimelineView{FullHref: "#", Ticks: []views.TimelineTick{{At: "0%", Label: "0"}, {At: "30%", Label: "+1 d"}, {At: "60%", Label: "+2 d"}}}
	bar := func(x, width, kind, state string) views.TimelineBar {
		return views.TimelineBar{X: x, Width: width, Kind: kind, State: state, Title: kind + " from " + x}
	}
	if finance == "" {
		return v
	}
	v.Rows = []views.TimelineRow{
		{ID: "1", Label: "Amount router", State: "succeeded", Bars: []views.TimelineBar{bar("0%", "0.3%", "work", "succeeded")}, Worked: "< 1 ms"},
		{ID: "2", Label: "Manager approves", State: "succeeded", Bars: []views.TimelineBar{bar("0%", "5%", "wait", "succeeded")}, Waited: "3 h 12 min"},
		{ID: "3", Label: "Finance approves", State: finance, Note: "Visit 2", Bars: []views.TimelineBar{bar("5%", "65%", "wait", finance)}, Waited: "2 d"},
	}
	if pay == "" {
		return v
	}
	row := views.TimelineRow{ID: "4", Label: "Pay out", State: pay, Note: "2 attempts", Items: "Show its 40 items", ItemHref: "#", Worked: "40 s", Waited: "4 min",
		Bars: []views.TimelineBar{bar("70.5%", "7%", "wait", pay), bar("70%", "0.5%", "failed", pay), bar("77.5%", "2%", "work", pay)}}
	if pay == "failed" {
		row.Bars[2].Kind = "failed"
	}
	v.Rows = append(v.Rows, row)
	return v
}

func history(p *views.Page, state string) []views.InstanceEvent {
	lines := []views.InstanceEvent{
		{At: ago(p, 48*time.Hour), State: "completed", Text: "Mia decided “Manager approves”: Approve", Note: "The old desk is broken.", Href: "#"},
		{At: ago(p, 52*time.Hour), State: "running", Text: "Otto started it", Href: "#"},
	}
	last := map[string]views.InstanceEvent{
		"retrying": {At: ago(p, time.Minute), State: "failed", Text: "“Pay out” failed in attempt 2 and is tried again on 2 March 2026, 12:00:12 UTC", Note: "payment refused: card expired", Href: "#"},
		"paused":   {At: ago(p, time.Hour), State: "paused", Text: "Olga paused it", Note: "The invoice is being clarified", Href: "#"},
		"failed":   {At: ago(p, time.Hour), State: "failed", Text: "Failed at “Pay out”", Note: "the IBAN does not pass its check digits", Href: "#"},
		"canceled": {At: ago(p, time.Hour), State: "canceled", Text: "Olga canceled it", Note: "Ordered twice", Href: "#"},
	}
	if one, ok := last[state]; ok {
		return append([]views.InstanceEvent{one}, lines...)
	}
	return lines
}

// runningOperation is a verb for many instances that has come so far.
func runningOperation(p *views.Page, v *views.OperationView, state string, done, refused, total int) {
	ended := done + refused
	v.Title, v.State, v.By, v.Reason, v.ToVersion, v.Note = p.T("bulk.operation", p.T("bulk.retry"), p.Count(total)), state, "Olga", "The bank answers again", "", ""
	percent := fmt.Sprint(100 * ended / total)
	v.Progress = views.Progress{Ended: fmt.Sprint(ended), Total: fmt.Sprint(total), Percent: percent, Text: p.T("bulk.of", p.Count(ended), p.Count(total))}
	v.Done, v.Failed, v.Left, v.SomeFailed = p.Count(done), p.Count(refused), p.Count(total-ended), refused > 0
	v.Began, v.Finished, v.MoreErrors = ago(p, 3*time.Minute), ago(p, time.Minute), ""
	if refused == 0 {
		v.Errors = nil
	}
	if state == "running" {
		v.Finished = views.Moment{}
		v.Stop = &views.Confirm{ID: "stop", Label: p.T("bulk.stop"), Icon: "ban", Text: p.T("bulk.stop_text"), Button: p.T("bulk.stop_button"), Action: "#", Danger: true}
	} else {
		v.Stop = nil
	}
}

// systemStands is the machinery, calm or with everything that can be amiss.
func systemStands(p *views.Page, v *views.SystemView, sick bool) {
	state := func(amiss bool) string {
		if amiss {
			return "failed"
		}
		return ""
	}
	figure := func(calm, amiss string) string {
		if sick {
			return amiss
		}
		return calm
	}
	v.Facts = []views.SystemFact{
		{Label: p.T("system.alive"), Value: "2"},
		{Label: p.T("system.lost"), Value: figure("0", "14"), State: state(sick)},
		{Label: p.T("system.late"), Value: figure("0", p.T("system.late_since", "3", "5 min ago")), State: state(sick)},
		{Label: p.T("system.pending"), Value: "12"},
		{Label: p.T("system.database"), Value: p.T("system.postgres", "15.18", "280", p.T("system.megabytes", "1,310"))},
	}
	v.Processes = []views.SystemProcess{
		{Name: "app-1", Kind: "serve", Version: "1.4.0", Queues: "default", Leases: "12", Started: ago(p, 50*time.Hour), Seen: ago(p, time.Second), State: "running"},
		{Name: "worker-7.internal.example", Kind: "worker", Version: "1.3.2", Queues: "default, gpu", Leases: figure("2", "14"), Started: ago(p, 200*time.Hour), Seen: ago(p, time.Second), State: "running"},
	}
	v.Waiting, v.Jobs, v.Dead = nil, nil, nil
	if sick {
		v.Processes[1].Seen, v.Processes[1].State = ago(p, 5*time.Minute), "failed"
		v.Waiting = []views.SystemWaiting{
			{What: p.T("system.queue", "gpu"), Count: "14", Since: ago(p, 5*time.Minute), Who: p.T("system.nobody"), State: "failed"},
			{What: p.T("system.topic", "payments"), Count: "3", Since: ago(p, time.Hour), Who: p.T("system.gone", "3 h ago"), State: "failed"},
			{What: p.T("system.topic", "words/count"), Count: "1", Since: ago(p, time.Minute), Who: p.T("system.asked", "just now")},
		}
		v.Jobs = []views.SystemCount{{Label: "deliveries", Note: "retryable", Count: "7"}}
		v.Dead = []views.SystemCount{{Label: "https://erp.example.com/hooks/tandem", Note: p.T("system.disabled"), Count: "42"}}
	}
	v.Tables = []views.SystemTable{{Name: "events", Size: "612 MB", Rows: "8,012,400"}, {Name: "executions", Size: "410 MB", Rows: "3,100,200"}}
}

// report is the report of a dry run.
func report(p *views.Page, can bool) *views.MigrateReport {
	r := &views.MigrateReport{Notice: views.Notice{Kind: views.NoticeDone, Text: "It can move."}, Lines: []views.MigrateLine{
		{Subject: "Finance approves", State: "waiting", To: "Finance approves", Does: []string{"the task keeps its people, claim, due time and draft; its form is that of the new version"}},
		{Subject: "Pay out", State: "failed", To: "Transfer", Does: []string{"stays failed; a retry goes by the new version"}},
	}}
	if !can {
		r.Notice = views.Notice{Kind: views.NoticeFailed, Text: "It cannot move as it is."}
		r.Problems = []string{"A step is being worked on: wait until its attempt has ended."}
		r.Lines[1].To, r.Lines[1].Does, r.Lines[1].Problem = "", nil, "The new version has no step “pay_out”. Say as which step it goes on."
	}
	return r
}
