package workflow

import "encoding/json"

// answered is the status in a result of http.request, so that retries and
// handlers of a step with success_when see it; 0 for every other action.
func answered(step *Step, result any) int {
	answer, ok := result.(map[string]any)
	if !ok || step.Machine.Action != "http.request" {
		return 0
	}
	number, _ := answer["status"].(json.Number)
	status, err := number.Int64()
	if err != nil || status < 100 || status > 999 {
		return 0
	}
	return int(status)
}
