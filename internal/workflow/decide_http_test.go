package workflow

import "testing"

// TestDecide_JudgedAnswer: an answer that success_when refuses keeps its status
// for retries and handlers.
func TestDecide_JudgedAnswer(t *testing.T) {
	t.Parallel()
	for result, want := range map[string]string{
		`{"status": 503, "body": null}`: "busy", `{"status": 404}`: "other", `{"status": "503"}`: "other", `{"status": 1e9}`: "other", `[503]`: "other",
	} {
		s := started(t, `
steps:
  - {name: ask, type: machine, action: http.request, success_when: 'false', on_failure: [{when: error.status == 503, step: busy}, {step: other}]}
  - {name: busy, type: machine, action: noop}
  - {name: other, type: machine, action: noop}
edges: [{source: ask, target: busy}]
`, `{}`)
		s.finish("ask", result, nil)
		s.finish(want, ``, nil)
		s.status(t, StatusCompleted)
	}
}
