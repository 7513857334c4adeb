package engine

import (
	"strconv"

	"tandem/internal/workflow"
)

// idempotencyKey is the key under which all attempts of a visit act. An item of
// a for_each is the list and its place there, whichever execution does it: a
// list that is retried does what has not succeeded in new executions.
func idempotencyKey(e workflow.Execution) string {
	if e.Role == workflow.EachItem {
		return e.Scope.String() + "/" + strconv.Itoa(e.Index)
	}
	return e.ID.String()
}
