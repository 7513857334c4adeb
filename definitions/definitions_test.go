package definitions_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/definitions"
	"tandem/internal/action"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/workflow"
)

// A house runs the demo workflows on the memory store. Calls of the provider of
// machines are answered by provider.
type house struct {
	*testing.T
	*engine.Engine
	store    *memory.Store
	provider func(ctx context.Context, call action.Call) (json.RawMessage, error)
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, store: memory.New(memory.Options{})}
	actions := action.BuiltIn()
	actions["http.request"] = action.Func(func(ctx context.Context, call action.Call) (json.RawMessage, error) { return h.provider(ctx, call) })
	h.Engine = engine.New(engine.Config{
		Store: h.store, Log: slog.New(slog.DiscardHandler), Actions: actions, HookKey: []byte("key"),
		HookURL: func(token string) string { return "http://tandem.example/hooks/" + token },
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Engine.Run(ctx, time.Second) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	entries, err := fs.ReadDir(definitions.FS, ".")
	if err != nil || len(entries) != 8 {
		t.Fatalf("%d demo workflows, %v; want 8", len(entries), err)
	}
	for _, entry := range entries {
		source, err := fs.ReadFile(definitions.FS, entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := h.SaveDefinition(t.Context(), workflow.SystemActor(workflow.DefaultTenant, "test"), source); err != nil {
			t.Fatalf("%s: %v %+v", entry.Name(), err, err.(*workflow.Error).Fields)
		}
	}
	return h
}

var people = map[string]workflow.Actor{}

func init() {
	for login, groups := range map[string][]string{
		"otto": {"staff"}, "mia": {"managers"}, "finn": {"finance"}, "cleo": {"executives"},
		"tess": {"technical", "qa", "it"}, "edda": {"editorial", "hr", "product"},
	} {
		people[login] = workflow.Actor{ID: login, Tenant: workflow.DefaultTenant, Groups: groups}
	}
}

var auditor = workflow.Actor{ID: "ada", Tenant: workflow.DefaultTenant, Roles: []workflow.Role{workflow.RoleAdmin}}

// story is one instance on its way.
type story struct {
	*house
	id uuid.UUID
}

func (h *house) begin(name, input string) *story {
	h.Helper()
	in, err := h.Start(h.Context(), people["otto"], engine.StartInput{Definition: name, Input: json.RawMessage(input)})
	if err != nil {
		h.Fatalf("start %s: %v", name, err)
	}
	s := &story{house: h, id: in.ID}
	s.settled()
	return s
}

// settled waits until nothing runs and gives the instance.
func (s *story) settled() workflow.Instance {
	s.Helper()
	in, err := s.store.Instance(s.Context(), auditor, s.id)
	if err == nil {
		in, err = s.Wait(s.Context(), in, 10*time.Second)
	}
	if err != nil || in.Status == workflow.StatusRunning {
		s.Fatalf("instance %+v, %v", in, err)
	}
	return in
}

// decide decides the open task of a step that the person may decide. step may
// be followed by the output as JSON after a blank.
func (s *story) decide(who, step, outcome string) {
	s.Helper()
	if err := s.try(who, step, outcome); err != nil {
		s.Fatalf("%s decides %s: %v", who, step, err)
	}
	s.settled()
}

func (s *story) try(who, step, outcome string) error {
	s.Helper()
	step, output, _ := strings.Cut(step, " ")
	tasks, err := s.store.InstanceTasks(s.Context(), auditor, s.id, 200)
	if err != nil {
		s.Fatal(err)
	}
	mine := func(t workflow.Task) bool {
		return t.Step == step && t.Status == workflow.TaskPending && (!t.Item || t.Assignee == who)
	}
	i := slices.IndexFunc(tasks, mine)
	if i < 0 {
		s.Fatalf("no open task of %s for %s; the instance is %+v", step, who, s.settled())
	}
	_, err = s.CompleteTask(s.Context(), people[who], tasks[i].ID, engine.Completion{Outcome: outcome, Output: json.RawMessage(output)})
	return err
}

// ends checks that the instance is completed and what its data say.
func (s *story) ends(key, want string) {
	s.Helper()
	in := s.settled()
	var data map[string]json.RawMessage
	if err := json.Unmarshal(in.Data, &data); err != nil {
		s.Fatal(err)
	}
	if in.Status != workflow.StatusCompleted || key != "" && string(data[key]) != want {
		s.Errorf("the instance is %s (%v), %s = %s, want %s", in.Status, in.Error, key, data[key], want)
	}
}

// passed reports whether a step has succeeded.
func (s *story) passed(step string) bool {
	s.Helper()
	list, err := s.store.Executions(s.Context(), auditor, s.id, 500)
	if err != nil {
		s.Fatal(err)
	}
	return slices.ContainsFunc(list, func(e workflow.Execution) bool { return e.Step == step && e.Status == workflow.StepSucceeded })
}

func (s *story) went(steps ...string) {
	s.Helper()
	for _, step := range steps {
		if name, not := strings.CutPrefix(step, "!"); s.passed(name) == not {
			s.Errorf("passed %s: %v", name, !not)
		}
	}
}

func TestOrderProcessing(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.begin("order_processing", `{"order_id": "A-1", "items": ["Chair"]}`)
	s.ends("payment_id", `"PAY-A-1"`)
	s.ends("tracking_number", `"TRACK-A-1"`)
	s = h.begin("order_processing", `{"order_id": "A-2", "items": []}`)
	if in := s.settled(); in.Status != workflow.StatusFailed || in.Error.Code != "no_items" {
		t.Errorf("an order without items is %s, %v", in.Status, in.Error)
	}
	s.went("!process_payment")
}

func TestDocumentApproval(t *testing.T) {
	t.Parallel()
	h := open(t)
	for outcome, want := range map[string]string{"approve": `"approved"`, "reject": `"rejected"`, "request_changes": `"changes_requested"`} {
		s := h.begin("document_approval", `{"title": "T", "text": "x"}`)
		s.decide("mia", "review", outcome)
		s.ends("decision", want)
		s.went("notify_submitter")
	}
}

func TestExpenseApproval(t *testing.T) {
	t.Parallel()
	h := open(t)
	expense := func(amount string) *story {
		return h.begin("expense_approval", `{"purpose": "Train", "category": "travel", "amount": `+amount+`}`)
	}
	expense("999").ends("", "")
	for amount, one := range map[string][2]string{"1000": {"mia", "manager"}, "5000": {"finn", "finance"}, "10000": {"cleo", "cfo"}} {
		s := expense(amount)
		s.decide(one[0], one[1]+` {"cost_centre": "C1"}`, "approve")
		s.ends("", "")
		s = expense(amount)
		s.decide(one[0], one[1], "reject")
		s.ends("", "")
		s = expense(amount)
		s.decide(one[0], one[1], "request_changes")
		s.decide("otto", `revise {"amount": 10}`, "resubmit")
		s.ends("", "")
	}
	s := expense("1000")
	s.decide("mia", "manager", "request_changes")
	s.decide("otto", "revise", "withdraw")
	s.ends("", "")
	_, err := h.Start(t.Context(), people["otto"], engine.StartInput{Definition: "expense_approval", Input: json.RawMessage(`{"purpose": "Train", "category": "travel", "amount": 0}`)})
	if workflow.KindOf(err) != workflow.KindInvalid {
		t.Errorf("an expense of nothing gives %v", err)
	}
}

func TestTravelExpenses(t *testing.T) {
	t.Parallel()
	h := open(t)
	trip := `{"purpose": "A fair", "from": "2026-03-01", "to": "2026-03-02", "destination": "eu",
		"lines": [{"what": "Train ticket", "day": "2026-03-01", "amount": 89.90}], "payout": {"by": "salary"}}`
	s := h.begin("travel_expenses", trip)
	s.decide("finn", `check {"cost_centre": "C1"}`, "approve")
	s.ends("", "")
	s.went("pay")
	s = h.begin("travel_expenses", trip)
	s.decide("finn", `check {"comment": "No receipt"}`, "reject")
	s.ends("", "")
	s.went("!pay")
	abroad := strings.Replace(trip, `"eu"`, `"world"`, 1)
	_, err := h.Start(t.Context(), people["otto"], engine.StartInput{Definition: "travel_expenses", Input: json.RawMessage(abroad)})
	if workflow.KindOf(err) != workflow.KindInvalid {
		t.Errorf("a trip abroad without its currency gives %v", err)
	}
}

func TestDocumentReview(t *testing.T) {
	t.Parallel()
	h := open(t)
	begin := func() *story { return h.begin("document_review", `{"title": "T", "text": "x"}`) }
	findings := ` {"findings": [{"place": "p. 1", "finding": "wrong", "severity": "major"}]}`
	both := func(s *story, technical, editorial string) {
		t.Helper()
		s.decide("tess", "review.technical"+findings, technical)
		s.decide("edda", "review.editorial", editorial)
	}
	s := begin()
	both(s, "approve", "approve")
	s.ends("decision", `"published"`)
	s = begin()
	both(s, "request_changes", "reject")
	s.ends("decision", `"rejected"`)
	s = begin()
	for range 3 {
		both(s, "approve", "request_changes")
		s.decide("otto", `revise {"text": "better", "changes": [{"finding": "wrong", "change": "right"}]}`, "resubmit")
	}
	both(s, "request_changes", "approve")
	s.ends("decision", `"rejected"`) // a fourth revision is one too many
	s = begin()
	both(s, "request_changes", "request_changes")
	s.decide("otto", `revise {"text": "better"}`, "resubmit")
	both(s, "approve", "approve")
	s.ends("decision", `"published"`)
	s.ends("text", `"better"`)
	s = begin()
	both(s, "request_changes", "approve")
	s.decide("otto", "revise", "withdraw")
	s.ends("decision", `"rejected"`)
	if err := begin().try("otto", "review.technical", "approve"); workflow.KindOf(err) != workflow.KindForbidden {
		t.Errorf("the author reviews: %v", err)
	}
}

func TestEmployeeOnboarding(t *testing.T) {
	t.Parallel()
	h := open(t)
	prepare := func(s *story, it string) {
		t.Helper()
		s.decide("tess", `it_setup {"equipment": [{"item": "Laptop", "serial": "1"}]}`, it)
		s.decide("edda", "hr_paperwork", "done")
		s.decide("mia", "manager_preparation", "done")
	}
	s := h.begin("employee_onboarding", `{"employee": "Nia", "manager": "mia"}`)
	prepare(s, "done")
	s.decide("mia", "orientation", "")
	s.ends("onboarded", `true`)
	s.went("!reminder", "!escalate")
	s = h.begin("employee_onboarding", `{"employee": "Nia", "manager": "mia", "deadline": "10ms"}`)
	for !s.passed("reminder") {
		changed, stop := h.Watch(s.id)
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond):
		}
		stop()
	}
	prepare(s, "problem")
	s.decide("cleo", "escalate", "proceed")
	s.decide("mia", "orientation", "")
	s.ends("onboarded", `true`)
	s = h.begin("employee_onboarding", `{"employee": "Nia", "manager": "mia"}`)
	prepare(s, "problem")
	s.decide("cleo", "escalate", "stop")
	s.ends("onboarded", `false`)
}

func TestReleasePipeline(t *testing.T) {
	t.Parallel()
	h := open(t)
	begin := func(reviewers string) *story {
		return h.begin("release_pipeline", `{"release": "1.2.3", "reviewers": [`+reviewers+`]}`)
	}
	s := begin(`"mia", "tess", "edda"`)
	s.decide("mia", "team", "approve")
	s.decide("tess", "team", "approve")
	if err := s.try("tess", "qa", "approve"); workflow.KindOf(err) != workflow.KindForbidden {
		t.Errorf("tess signs twice: %v", err)
	}
	s = begin(`"mia", "finn", "cleo"`)
	s.decide("mia", "team", "approve")
	s.decide("finn", "team", "reject")
	s.decide("cleo", "team", "approve")
	s.decide("tess", "qa", "approve")
	s.decide("edda", "product", "approve")
	s.ends("state", `"released"`)
	s.ends("signed", `["mia","finn","cleo","tess","edda"]`)
	s = begin(`"mia", "finn", "cleo"`)
	s.decide("mia", "team", "reject")
	s.decide("cleo", "team", "reject")
	s.ends("state", `"stopped"`)
	s.went("!qa")
	for _, stage := range []string{"qa", "product"} {
		s = begin(`"mia", "finn", "cleo"`)
		s.decide("mia", "team", "approve")
		s.decide("finn", "team", "approve")
		if stage == "product" {
			s.decide("tess", "qa", "approve")
		}
		s.decide(map[string]string{"qa": "tess", "product": "edda"}[stage], stage, "reject")
		s.ends("state", `"stopped"`)
	}
	s = begin(`"otto", "finn", "cleo"`)
	if in := s.settled(); in.Status != workflow.StatusFailed || !strings.Contains(in.Error.Message, "nobody") {
		t.Errorf("the author among the reviewers: %s, %v", in.Status, in.Error)
	}
}

func TestVMProvisioning(t *testing.T) {
	t.Parallel()
	h := open(t)
	var callback string
	h.provider = func(_ context.Context, call action.Call) (json.RawMessage, error) {
		var in struct {
			URL  string
			Body struct{ Callback string }
		}
		if err := json.Unmarshal(call.Input, &in); err != nil {
			return nil, err
		}
		if in.URL != "http://tandem.example/demo/vm" {
			return nil, &action.Error{Code: "wrong", Message: in.URL}
		}
		callback = in.Body.Callback
		return json.RawMessage(`{"status": 202}`), nil
	}
	begin := func() *story { return h.begin("vm_provisioning", `{"name": "web-1", "size": "small"}`) }
	s := begin()
	s.decide("mia", "approval", "approve")
	if _, err := h.ReceiveHook(t.Context(), path.Base(callback), json.RawMessage(`{"address": "web-1.example"}`)); err != nil {
		t.Fatal(err)
	}
	s.ends("machine", `{"address":"web-1.example"}`)
	s.went("ready", "notify", "!by_hand")
	s = begin()
	s.decide("mia", "approval", "reject")
	s.ends("", "")
	s.went("refused", "!create")
	h.provider = func(context.Context, action.Call) (json.RawMessage, error) {
		return nil, &action.Error{Code: "http_status", Message: "no", Status: 422}
	}
	s = begin()
	s.decide("mia", "approval", "approve")
	s.decide("tess", `by_hand {"address": "by.hand"}`, "")
	s.ends("machine", `{"address":"by.hand"}`)
	s.went("by_hand", "!ready")
}
