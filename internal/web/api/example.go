package api

import "encoding/json"

// examples are bodies of requests by operation, as the OpenAPI document shows
// them. The tests send each of them, and break each in every way that its
// schema tells: an operation that takes an object has one.
var examples = map[string]string{
	"start-instance": `{"definition_name": "expense_approval", "correlation_id": "expense-4711",
		"input_data": {"purpose": "A printer", "amount": 6000, "category": "equipment"}}`,
	"start-batch": `{"items": [
		{"definition_name": "expense_approval", "input_data": {"purpose": "A pen", "amount": 5, "category": "other"}},
		{"definition_name": "expense_approval", "input_data": {"purpose": "A desk", "amount": 1200, "category": "equipment"}}]}`,
	"start-bulk":              `{"action": "retry", "filter": {"definition_name": ["expense_approval"], "status": ["failed"]}, "reason": "The bank is back"}`,
	"cancel-instance":         `{"reason": "Ordered twice"}`,
	"pause-instance":          `{"reason": "The bank is closed"}`,
	"resume-instance":         `{"reason": "The bank is open"}`,
	"retry-instance":          `{"from_step": "pay", "confirm": true, "reason": "The account was wrong"}`,
	"skip-step":               `{"step": "pay", "output_data": {"paid": true}, "reason": "Paid in cash"}`,
	"force-complete-instance": `{"reason": "Settled by hand"}`,
	"migrate-instance":        `{"to_version": "1.1.0", "step_map": {"pay": "transfer"}, "dry_run": true}`,
	"edit-instance-data":      `{"patch": {"amount": 60, "note": null}, "reason": "A typing error"}`,
	"claim-task":              `{"version": 1}`,
	"unclaim-task":            `{"version": 2}`,
	"complete-task":           `{"outcome": "approve", "output_data": {"cost_centre": "4711"}, "comment": "Needed."}`,
	"return-task":             `{"outcome": "approve", "output_data": {"cost_centre": "4711"}, "comment": "As discussed."}`,
	"delegate-task":           `{"to": "fred", "reason": "I am away"}`,
	"reassign-task":           `{"new_assignee": "fred", "reason": "He knows the vendor"}`,
	"comment-task":            `{"text": "Which cost centre?"}`,
	"bulk-tasks":              `{"action": "claim", "ids": ["01941f29-7c00-7000-8000-000000000000"]}`,
	"save-draft":              `{"data": {"cost_centre": "47"}}`,
	"send-message":            `{"name": "payment.received", "key": "expense-4711", "data": {"amount": 6000}, "ttl": "1h"}`,
	"fetch-jobs":              `{"topics": ["invoices"], "max": 10, "lock_for": "30s", "wait": "0s", "worker": "invoices-1"}`,
	"complete-job":            `{"output_data": {"number": "R-1"}}`,
	"fail-job":                `{"code": "bank_closed", "message": "The bank is closed.", "retry_after": "5m"}`,
	"extend-job":              `{"lock_for": "30s"}`,
	"report-job":              `{"percent": 40, "message": "4 of 10 pages"}`,
	"create-subscription":     `{"url": "https://hooks.example.com/tandem", "event_types": ["workflow.failed"], "description": "Alarms"}`,
	"update-subscription":     `{"is_active": true, "definitions": ["expense_approval"]}`,
	"create-tenant":           `{"name": "north", "title": "North"}`,
	"change-tenant":           `{"title": "The North"}`,
	"add-tenant-member":       `{"home": "default", "roles": ["user"]}`,
	"activate-version":        `{"is_active": true}`,
	"cancel-operation":        `{}`,
	"create-substitute":       `{"substitute": "fred", "from": "2099-12-01T00:00:00Z", "until": "2099-12-31T00:00:00Z"}`,
	"put-secret":              `{"value": "correct horse battery", "definitions": ["expense_approval"], "hosts": ["pay.example.com"]}`,
	"create-user":             `{"login": "gerda", "name": "Gerda Groß", "email": "gerda@example.com", "roles": ["user"]}`,
	"change-user":             `{"name": "Gerda Klein"}`,
	"create-group":            `{"name": "legal", "title": "Legal"}`,
	"change-group":            `{"title": "Legal affairs"}`,
	"create-token":            `{"label": "Nightly import", "scopes": ["instances:write"]}`,
	"rotate-token":            `{"overlap": 3600}`,
	"run-schedule":            `{}`,
	"save-view":               `{"name": "Failed expenses", "query": "status=failed&definition=expense_approval"}`,
}

// showExamples puts the examples into the OpenAPI document.
func (b *builder) showExamples() {
	for _, item := range b.huma.OpenAPI().Paths {
		for _, op := range operationsOf(item) {
			text, ok := examples[op.OperationID]
			if !ok || op.RequestBody == nil {
				continue
			}
			var value any
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				panic("api: example of " + op.OperationID + ": " + err.Error()) // of a constant
			}
			for _, media := range op.RequestBody.Content {
				media.Example = value
			}
		}
	}
}
