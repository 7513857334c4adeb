package celery

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"

	"github.com/google/uuid"
)

// job is what the server tells of a fetched job.
type job struct {
	ID             string          `json:"id"`
	Topic          string          `json:"topic"`
	InstanceID     string          `json:"instance_id"`
	StepName       string          `json:"step_name"`
	Attempt        int             `json:"attempt"`
	IdempotencyKey string          `json:"idempotency_key"`
	InputData      json.RawMessage `json:"input_data"`
	Traceparent    string          `json:"traceparent,omitempty"`
}

// message is a task as Celery's protocol 2 has it, in the envelope of kombu's
// transport for Redis. An object as input becomes keyword arguments, anything
// else but null the one positional argument.
func message(t Task, id string, j job) ([]byte, error) {
	args, kwargs := []json.RawMessage{}, json.RawMessage("{}")
	var object map[string]json.RawMessage
	switch {
	case len(j.InputData) == 0 || string(j.InputData) == "null":
	case json.Unmarshal(j.InputData, &object) == nil:
		kwargs = j.InputData
	default:
		args = append(args, j.InputData)
	}
	body, err := json.Marshal([]any{args, kwargs, map[string]any{"callbacks": nil, "errbacks": nil, "chain": nil, "chord": nil}})
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname() // only a name
	headers := map[string]any{
		"lang": "py", "task": t.Name, "id": id, "root_id": id, "parent_id": nil, "group": nil, "group_index": nil, "shadow": nil,
		"eta": nil, "expires": nil, "retries": 0, "timelimit": []any{nil, nil}, "ignore_result": false,
		"argsrepr": "(...)", "kwargsrepr": "{...}", // what the worker logs: data is nobody's business there
		"origin": "tandem@" + host,
		// What a bound task finds as self.request.tandem_…
		"tandem_idempotency_key": j.IdempotencyKey, "tandem_instance": j.InstanceID, "tandem_step": j.StepName, "tandem_attempt": j.Attempt,
	}
	if j.Traceparent != "" {
		headers["traceparent"] = j.Traceparent
	}
	return envelope(body, headers, map[string]any{
		"correlation_id": id, "reply_to": uuid.NewString(), "delivery_info": map[string]any{"exchange": "", "routing_key": t.Queue},
	})
}

// pidbox is where all workers hear what they are told.
const pidbox = "celery.pidbox"

// revocation tells all workers not to begin a task, and to stop it if it is
// under way and terminate is true.
func revocation(id string, terminate bool) ([]byte, error) {
	body, err := json.Marshal(map[string]any{
		"method": "revoke", "arguments": map[string]any{"task_id": id, "terminate": terminate}, "destination": nil, "pattern": nil, "matcher": nil,
	})
	if err != nil {
		return nil, err
	}
	return envelope(body, map[string]any{"clock": 1, "expires": 0}, map[string]any{"delivery_info": map[string]any{"exchange": pidbox, "routing_key": ""}})
}

// envelope is how kombu's transport for Redis sends a JSON body.
func envelope(body []byte, headers, properties map[string]any) ([]byte, error) {
	maps.Copy(properties, map[string]any{"delivery_mode": 2, "delivery_tag": uuid.NewString(), "priority": 0, "body_encoding": "base64"})
	return json.Marshal(map[string]any{
		"body": base64.StdEncoding.EncodeToString(body), "content-encoding": "utf-8", "content-type": "application/json", "headers": headers, "properties": properties,
	})
}

// meta is a task's state in the result backend.
type meta struct {
	Status string          `json:"status"`
	Result json.RawMessage `json:"result"`
}

// failure says what a failed task's result tells: the name of the exception and
// its text.
func (m meta) failure() (code, text string) {
	var e struct {
		Type    string          `json:"exc_type"`
		Message json.RawMessage `json:"exc_message"`
	}
	if err := json.Unmarshal(m.Result, &e); err != nil || e.Type == "" {
		return "celery_" + lower(m.Status), "the task ended as " + m.Status
	}
	var parts []any
	var one string
	switch {
	case json.Unmarshal(e.Message, &parts) == nil:
		for i, p := range parts {
			if i > 0 {
				text += ", "
			}
			if s, ok := p.(string); ok {
				text += s
				continue
			}
			raw, err := json.Marshal(p)
			if err == nil {
				text += string(raw)
			}
		}
	case json.Unmarshal(e.Message, &one) == nil:
		text = one
	}
	if text == "" {
		text = e.Type
	}
	return e.Type, text
}
