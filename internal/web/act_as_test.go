package web_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// nameless are the operations of tasks and instances that take nobody's name,
// and why.
var nameless = map[string]string{
	"start-batch": "each of its items names one",
}

// namedOperations are the operations that change tasks or instances, from the API's own
// description: how each takes the name of who acts.
func namedOperations(t *testing.T, h *house) map[string]request {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			ID         string   `json:"operationId"`
			Tags       []string `json:"tags"`
			Parameters []struct{ Name, In string }
			Body       struct {
				Content map[string]struct{ Schema json.RawMessage }
			} `json:"requestBody"`
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(h.expect(http.StatusOK, get("ada", "/openapi.json")).body), &doc); err != nil {
		t.Fatal(err)
	}
	ref := regexp.MustCompile(`#/components/schemas/([A-Za-z0-9_-]+)`)
	found := map[string]request{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			about := strings.Contains(path, "/tasks") || strings.Contains(path, "/instances") || strings.Contains(path, "/operations")
			if method == "get" || !about || nameless[op.ID] != "" {
				continue
			}
			q := request{Method: strings.ToUpper(method), Target: unknown.Replace(path), Header: map[string]string{"Content-Type": "application/json"}}
			schema := ""
			for kind, c := range op.Body.Content {
				if schema = string(c.Schema); kind != "application/json" {
					q.Header["Content-Type"] = kind
				}
			}
			if m := ref.FindStringSubmatch(schema); m != nil {
				schema = string(doc.Components.Schemas[m[1]])
			}
			switch {
			case strings.Contains(schema, `"user_id"`):
				q.Body = filledBody(t, schema)
			case slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == "user_id" && p.In == "query" }):
				q.Target += "?user_id=otto"
				if schema != "" {
					q.Body = "a file"
				}
			default:
				t.Errorf("%s: takes nobody's name", op.ID)
			}
			found[op.ID] = q
		}
	}
	return found
}

// filledBody has whatever a schema requires, and the name of otto.
func filledBody(t *testing.T, schema string) string {
	t.Helper()
	var s struct {
		Required   []string
		Properties map[string]struct {
			Type any
			Enum []any
		}
	}
	if err := json.Unmarshal([]byte(schema), &s); err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"user_id": "otto"}
	for _, name := range s.Required {
		switch p := s.Properties[name]; {
		case len(p.Enum) > 0:
			body[name] = p.Enum[0]
		case p.Type == "array":
			body[name] = []string{"x"}
		default:
			body[name] = "x"
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAPI_ActAs_everyVerb: whatever changes tasks and instances is done for
// somebody else by a token with the scope act-as alone.
func TestAPI_ActAs_everyVerb(t *testing.T) {
	t.Parallel()
	h := setup(t)
	bot := h.call(http.StatusCreated, "POST", "/tokens", `{"login": "ada", "label": "bot", "scopes": ["instances", "tasks", "act-as"]}`).field(t, "secret")
	plain, all := h.token("ada", "instances", "tasks"), h.token("ada")
	operations := namedOperations(t, h)
	if len(operations) < 20 {
		t.Errorf("only %d operations: %v", len(operations), operations)
	}
	for id, q := range operations {
		for name, token := range map[string]string{"without the scope": plain, "with all rights of an admin": all} {
			q.Token = token
			if a := h.ask(q); a.status != http.StatusForbidden {
				t.Errorf("%s %s: got %d %.200s, want 403", id, name, a.status, a.body)
			}
		}
		q.Token = bot
		if a := h.ask(q); a.status == http.StatusForbidden && strings.Contains(a.body, "names somebody else") {
			t.Errorf("%s with act-as: %d %.200s", id, a.status, a.body)
		}
	}
}

// TestAPI_ActAs_decides: what is done for somebody else stands under his name,
// with the rights of a user, and the audit names both.
func TestAPI_ActAs_decides(t *testing.T) {
	t.Parallel()
	h := setup(t)
	bot := h.call(http.StatusCreated, "POST", "/tokens", `{"login": "ada", "label": "bot", "scopes": ["instances", "tasks", "act-as"]}`).field(t, "secret")
	ask := func(status int, path, body string) answer {
		t.Helper()
		q := jsonPost("", "/api/v1"+path, body)
		q.Token = bot
		return h.expect(status, q)
	}
	id := ask(http.StatusCreated, "/instances", `{"definition_name": "expense_approval", "user_id": "otto", "input_data": {"purpose": "A printer", "amount": 6000, "category": "equipment"}}`).field(t, "id")
	// ada is an administrator; as otto her token is not.
	ask(http.StatusForbidden, "/instances/"+id+"/force-complete", `{"user_id": "otto", "reason": "no"}`)
	ask(http.StatusOK, "/instances/"+id+"/cancel", `{"user_id": "otto", "reason": "not needed"}`)
	lines := h.expect(http.StatusOK, get("ada", "/api/v1/audit?action=instance.cancel"))
	if !strings.Contains(lines.body, `"otto"`) || !strings.Contains(lines.body, `"ada"`) {
		t.Errorf("the audit says %.600s, want otto by ada", lines.body)
	}
}
