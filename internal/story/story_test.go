package story_test

import (
	"bytes"
	"errors"
	"testing"

	"tandem/internal/story"
	"tandem/internal/workflow"
)

// known gives the parts that the engine reads.
func known() []story.Part {
	var parts []story.Part
	for _, p := range story.Parts() {
		if _, _, err := workflow.Parse(story.Probe(p), workflow.Options{}); err == nil {
			parts = append(parts, p)
		}
	}
	return parts
}

func TestTell(t *testing.T) {
	t.Parallel()
	uses := map[string]int{}
	cast := story.Cast{Parts: known(), Action: "noop"}
	for seed := range uint64(400) {
		s := cast.Tell(seed)
		if again := cast.Tell(seed); !bytes.Equal(again.Document, s.Document) {
			t.Fatalf("seed %d gives two stories", seed)
		}
		story.Merge(uses, s)
		for _, one := range s.All() {
			for _, document := range one.Documents() {
				if _, _, err := workflow.Parse(document, workflow.Options{}); err != nil {
					var e *workflow.Error
					errors.As(err, &e)
					t.Fatalf("seed %d is refused: %v %+v\n%s", seed, err, e.Fields, document)
				}
			}
		}
	}
	for _, part := range []string{"machine", "human", "timer", "webhook", "gateway exclusive", "gateway inclusive", "gateway parallel",
		"loops", "join all", "join any", "join first", "terminate", "when", "default edge", "on_skip edge", "on_failure by code",
		"on_timeout step", "on_timeout outcome", "timeout of an attempt", "timeout of the workflow", "gateway with a condition",
		"due and remind", "escalate"} {
		if uses[part] == 0 {
			t.Errorf("no story has %s: %v", part, uses)
		}
	}
	t.Logf("parts %v, uses %v", cast.Parts, uses)
}
