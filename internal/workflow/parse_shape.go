package workflow

// accept is the set of JSON types that a key takes.
type accept uint

const (
	acceptText accept = 1 << iota
	acceptNumber
	acceptBool
	acceptList
	acceptObject
	acceptNull
	acceptAny = acceptText | acceptNumber | acceptBool | acceptList | acceptObject | acceptNull

	acceptScalar  = acceptText | acceptNumber | acceptBool // a bare expression
	acceptSetting = acceptText | acceptNumber              // a literal or {{ expression }}
	acceptPeople  = acceptText | acceptList                // one setting or a list of them
)

// A keySpec says what one key of the document takes.
type keySpec struct {
	name     string
	accept   accept
	shape    string   // of the object, or of each object in the list
	items    accept   // of a list; 0 = anything
	oneOf    []string // the texts it may be; nil = any
	required bool
}

// shapes holds every key of the document by the kind of object it stands in.
// Objects whose keys are free (schemas, `with`, `set`) have no shape.
var shapes = map[string][]keySpec{
	"workflow": {
		{name: "format", accept: acceptNumber},
		{name: "name", accept: acceptText, required: true},
		{name: "version", accept: acceptText | acceptNumber, required: true},
		{name: "title", accept: acceptText},
		{name: "description", accept: acceptText},
		{name: "labels", accept: acceptList, items: acceptText},
		{name: "input_schema", accept: acceptObject | acceptBool},
		{name: "start", accept: acceptObject, shape: "principals"},
		{name: "permissions", accept: acceptObject, shape: "permissions"},
		{name: "initial_step", accept: acceptText},
		{name: "terminal_steps", accept: acceptList, items: acceptText},
		{name: "steps", accept: acceptList, items: acceptObject, shape: "step", required: true},
		{name: "edges", accept: acceptList, items: acceptObject, shape: "edge"},
		{name: "timeout", accept: acceptSetting},
		{name: "unique", accept: acceptText, oneOf: []string{"running"}},
		{name: "schedules", accept: acceptList, items: acceptObject, shape: "schedule"},
		{name: "calendar", accept: acceptText | acceptObject, shape: "calendar"},
		{name: "retention", accept: acceptSetting},
		{name: "search", accept: acceptList, items: acceptText},
		{name: "start_on", accept: acceptObject, shape: "start_on"},
	},
	"principals": {
		{name: "users", accept: acceptList, items: acceptText},
		{name: "groups", accept: acceptList, items: acceptText},
	},
	"permissions": {
		{name: "view", accept: acceptObject, shape: "principals"},
		{name: "operate", accept: acceptObject, shape: "principals"},
	},
	"calendar": {
		{name: "timezone", accept: acceptText},
		{name: "working_days", accept: acceptList, items: acceptText},
		{name: "holidays", accept: acceptList, items: acceptText},
	},
	"schedule": {
		{name: "cron", accept: acceptText, required: true},
		{name: "timezone", accept: acceptText},
		{name: "input", accept: acceptAny},
		{name: "overlap", accept: acceptText, oneOf: []string{"skip", "queue", "allow"}},
		{name: "catch_up", accept: acceptBool | acceptNumber},
	},
	"start_on": {
		{name: "message", accept: acceptText, required: true},
		{name: "key", accept: acceptText},
	},
	"edge": {
		{name: "source", accept: acceptText, required: true},
		{name: "target", accept: acceptText, required: true},
		{name: "condition", accept: acceptScalar},
		{name: "default", accept: acceptBool},
		{name: "on_skip", accept: acceptBool},
		{name: "loop", accept: acceptBool},
	},
	"step": {
		{name: "name", accept: acceptText, required: true},
		{name: "type", accept: acceptText, required: true},
		{name: "title", accept: acceptText},
		{name: "description", accept: acceptText},
		{name: "when", accept: acceptScalar},
		{name: "join", accept: acceptText, oneOf: []string{"all", "any", "first"}},
		{name: "output", accept: acceptText},
		{name: "set", accept: acceptObject},
		{name: "overwrite", accept: acceptBool},
		{name: "timeout", accept: acceptSetting},
		{name: "terminate", accept: acceptBool},
		{name: "max_visits", accept: acceptNumber},
		{name: "on_failure", accept: acceptList, items: acceptObject, shape: "handler"},
	},
	"step.machine": {
		{name: "action", accept: acceptText, required: true},
		{name: "with", accept: acceptAny},
		{name: "success_when", accept: acceptScalar},
		{name: "on_lost", accept: acceptText, oneOf: []string{"retry", "fail"}},
		{name: "retry", accept: acceptObject, shape: "retry"},
		{name: "topic", accept: acceptText},
		{name: "queue", accept: acceptText},
	},
	"step.human": {
		{name: "assignee", accept: acceptSetting},
		{name: "candidate_users", accept: acceptPeople, items: acceptSetting},
		{name: "candidate_groups", accept: acceptPeople, items: acceptSetting},
		{name: "anyone", accept: acceptBool},
		{name: "exclude", accept: acceptPeople, items: acceptSetting},
		{name: "outcomes", accept: acceptList, items: acceptText | acceptObject, shape: "outcome"},
		{name: "form", accept: acceptObject, shape: "form"},
		{name: "due", accept: acceptSetting},
		{name: "remind", accept: acceptSetting},
		{name: "escalate", accept: acceptObject, shape: "escalate"},
		{name: "priority", accept: acceptSetting},
		{name: "on_timeout", accept: acceptObject, shape: "on_timeout"},
		{name: "confirm_on", accept: acceptList, items: acceptScalar},
		{name: "guests", accept: acceptPeople, items: acceptSetting},
	},
	"step.timer": {
		{name: "duration", accept: acceptSetting},
		{name: "until", accept: acceptText},
		{name: "cron", accept: acceptText},
	},
	"step.webhook": {
		{name: "schema", accept: acceptObject | acceptBool},
		{name: "verify", accept: acceptObject, shape: "verify"},
		{name: "on_timeout", accept: acceptObject, shape: "on_timeout"},
		{name: "message", accept: acceptObject, shape: "message"},
	},
	"step.gateway": {
		{name: "mode", accept: acceptText, oneOf: []string{"exclusive", "inclusive", "parallel"}},
		{name: "condition", accept: acceptScalar},
	},
	"step.workflow": {
		{name: "definition", accept: acceptText, required: true},
		{name: "version", accept: acceptText | acceptNumber},
		{name: "input", accept: acceptAny},
		{name: "correlation_id", accept: acceptSetting},
		{name: "retry", accept: acceptObject, shape: "retry"},
	},
	"step.group": {
		{name: "mode", accept: acceptText, oneOf: []string{"sequential", "parallel", "conditional", "race", "graph"}},
		{name: "steps", accept: acceptList, items: acceptObject, shape: "step"},
		{name: "edges", accept: acceptList, items: acceptObject, shape: "edge"},
		{name: "callback", accept: acceptObject, shape: "inline"},
		{name: "condition", accept: acceptScalar},
		{name: "branches", accept: acceptObject, shape: "branches"},
	},
	"step.each": {
		{name: "for_each", accept: acceptText | acceptList},
		{name: "max_parallel", accept: acceptNumber},
		{name: "complete_when", accept: acceptScalar},
		{name: "distinct", accept: acceptBool},
		{name: "allow_empty", accept: acceptBool},
		{name: "continue_on_error", accept: acceptBool},
	},
	"handler": {
		{name: "when", accept: acceptScalar},
		{name: "step", accept: acceptText, required: true},
	},
	"retry": {
		{name: "max_attempts", accept: acceptNumber},
		{name: "initial", accept: acceptSetting},
		{name: "factor", accept: acceptNumber},
		{name: "max", accept: acceptSetting},
		{name: "jitter", accept: acceptNumber},
		{name: "within", accept: acceptSetting},
		{name: "retry_on", accept: acceptScalar},
	},
	"outcome": {
		{name: "name", accept: acceptText, required: true},
		{name: "title", accept: acceptText},
		{name: "validate", accept: acceptText | acceptObject},
		{name: "schema", accept: acceptObject},
	},
	"form": {
		{name: "schema", accept: acceptObject | acceptBool},
		{name: "ui", accept: acceptObject},
	},
	"escalate": {
		{name: "after", accept: acceptSetting, required: true},
		{name: "users", accept: acceptPeople, items: acceptSetting},
		{name: "groups", accept: acceptPeople, items: acceptSetting},
	},
	"on_timeout": {
		{name: "outcome", accept: acceptText},
		{name: "step", accept: acceptText},
	},
	"verify": {
		{name: "scheme", accept: acceptText, oneOf: []string{"tandem", "github", "stripe", "slack", "standard"}, required: true},
		{name: "secret", accept: acceptText, required: true},
		{name: "tolerance", accept: acceptSetting},
	},
	"message": {
		{name: "name", accept: acceptText, required: true},
		{name: "key", accept: acceptText},
	},
}

// builtinActions are the actions that every process has.
var builtinActions = []string{"noop", "set", "log", "fail", "http.request", "email.send", ActionWorker}

// eachTypes are the step types that may run once for each item of a list.
var eachTypes = []StepType{StepMachine, StepHuman, StepTimer, StepWebhook, StepWorkflow}

// stepTypes lists every step type of the format.
var stepTypes = []StepType{StepMachine, StepHuman, StepTimer, StepWebhook, StepGateway, StepWorkflow, StepGroup}
