package judge_test

import (
	"fmt"
	"strings"
	"testing"

	"tandem/internal/judge"
)

func each(keys string) string {
	return `steps: [{name: a, type: machine, action: noop, for_each: "data.items"` + keys + `}]`
}

// listed puts lines of a list's items between its beginning and its end.
func listed(total int, output string, lines ...string) string {
	return fmt.Sprintf(`
		workflow.started {"initial_data": {"items": []}}
		step.started ea a {"total": %d}
		%s
		step.completed ea a {"output_data": %s}
		workflow.completed`, total, strings.Join(lines, "\n"), output)
}

func begun(i int) string {
	return fmt.Sprintf(`step.started i%[1]d a attempt=1 index=%[1]d scope=ea from=ea `, i)
}

func ended(i int) string {
	return fmt.Sprintf(`step.completed i%[1]d a attempt=1 index=%[1]d scope=ea from=ea {"output_data": %[1]d}`, i)
}

func failed(i int) string {
	return fmt.Sprintf(`step.failed i%[1]d a attempt=1 index=%[1]d scope=ea from=ea {"error_type": "hard"}`, i)
}

func canceled(i int) string {
	return fmt.Sprintf(`step.canceled i%[1]d a attempt=1 index=%[1]d scope=ea from=ea `, i)
}

func TestAudit_forEach(t *testing.T) {
	t.Parallel()
	both := []string{begun(1), begun(0), ended(1), ended(0)}
	again := replace(replace(begun(0)+"\n"+ended(0), "i0", "iz"), "step.", "step.")
	run(t, map[string]trial{
		"in order":               {doc: each(""), log: listed(2, "[0, 1]", both...), applied: "results in order"},
		"out of order":           {doc: each(""), log: listed(2, "[1, 0]", both...), rule: "for_each", says: "its item gave"},
		"too few results":        {doc: each(""), log: listed(2, "[0]", both...), rule: "for_each", says: "1 results for 2 items"},
		"one never ran":          {doc: each(""), log: listed(2, "[0, null]", begun(0), ended(0)), rule: "for_each", says: "1 of 2 items"},
		"one ran twice":          {doc: each(""), log: listed(2, "[0, 1]", append(both, again)...), rule: "for_each", says: "ran twice"},
		"one beyond the list":    {doc: each(""), log: listed(1, "[0]", both...), rule: "for_each", says: "is not one of 1"},
		"empty":                  {doc: each(""), log: listed(0, "[]"), applied: "for_each"},
		"one outlives it":        {doc: each(""), rule: "for_each", says: "outlived", log: replace(listed(2, "[0, 1]", begun(0), begun(1), ended(0)), "workflow.completed", ended(1)+"\nworkflow.completed")},
		"one at a time":          {doc: each(", max_parallel: 1"), log: listed(2, "[0, 1]", begun(0), ended(0), begun(1), ended(1)), applied: "max_parallel"},
		"two where one may":      {doc: each(", max_parallel: 1"), log: listed(2, "[0, 1]", both...), rule: "max_parallel", says: "2 items of a ran at once"},
		"one failed":             {doc: each(""), log: listed(2, "[0, null]", begun(0), ended(0), begun(1), failed(1)), rule: "for_each", says: "although item 1 had failed"},
		"one failed, and may":    {doc: each(", continue_on_error: true"), log: listed(2, "[0, null]", begun(0), ended(0), begun(1), failed(1)), applied: "results in order"},
		"enough":                 {doc: each(", complete_when: done >= 1"), log: listed(2, "[0, null]", begun(0), begun(1), ended(0), canceled(1)), applied: "complete_when"},
		"not enough":             {doc: each(", complete_when: done >= 2"), log: listed(3, "[0, null, null]", begun(0), begun(1), begun(2), ended(0), canceled(1), canceled(2)), rule: "for_each", says: "did not hold"},
		"all, and never enough":  {doc: each(", complete_when: done >= 9"), log: listed(2, "[0, 1]", both...), applied: "complete_when"},
		"a result that was held": {doc: each(""), applied: "results in order", log: listed(2, "[0, 1]", held...), more: stored("succeeded", "1")},
		"a result nobody held":   {doc: each(""), rule: "for_each", says: "1 of 2 items", log: listed(2, "[0, 1]", held...), more: stored("canceled", "")},
		"another held result":    {doc: each(""), rule: "for_each", says: "its item gave", log: listed(2, "[0, 1]", held...), more: stored("succeeded", "7")},
		"failed in an earlier try": {doc: each(", complete_when: done >= 1"), applied: "complete_when", log: listed(2, "[null, 1]",
			begun(0), begun(1), failed(0), canceled(1), `step.failed ea a {"error_type": "hard"}`, "workflow.failed", "workflow.retried", `step.started ea a {"total": 2}`,
			again0(begun(0)), again1(begun(1)), again1(ended(1)), again0(canceled(0)))},
		"an item of another":     {doc: each(""), rule: "for_each", says: "says that it is visit 2", log: listed(1, "[0]", replace(begun(0), "attempt=1", "attempt=1 visit=2"), replace(ended(0), "attempt=1", "attempt=1 visit=2"))},
		"people tell more":       {doc: replace(each(""), "type: machine, action: noop", "type: human, anyone: true"), applied: "results in order", log: people(`{"status": "succeeded", "outcome": null, "output": {"v": 1}, "completed_by": "mia", "index": 0}`)},
		"people, another output": {doc: replace(each(""), "type: machine, action: noop", "type: human, anyone: true"), rule: "for_each", says: "its item gave", log: people(`{"status": "succeeded", "output": {"v": 2}}`)},
	})
}

// held are two items of which one was canceled with its list, which is then
// tried again.
var held = []string{
	begun(0), begun(1), failed(0), canceled(1), `step.failed ea a {"error_type": "hard"}`, "workflow.failed", "workflow.retried",
	`step.started ea a {"total": 2}`, replace(begun(0), "i0", "iz"), replace(ended(0), "i0", "iz"),
}

// again0 and again1 are lines of items that are done again.
func again0(line string) string { return replace(line, "i0", "iy") }
func again1(line string) string { return replace(line, "i1", "iz") }

// stored says what the database has of the second item.
func stored(status, output string) func(*judge.Case) {
	return func(c *judge.Case) {
		c.Results = []judge.Result{{Instance: "i", Execution: "i1", Status: status, Output: []byte(output)}}
	}
}

func people(entry string) string {
	return listed(1, "["+entry+"]", begun(0), `task.created i0 a index=0 scope=ea {"task_id": "ta"}`,
		`task.completed i0 a index=0 scope=ea {"task_id": "ta", "completed_by": "mia"}`, replace(ended(0), `"output_data": 0`, `"output_data": {"v": 1}`))
}

const mother = `steps: [{name: a, type: workflow, definition: c}]`

func born(tail string) string {
	return `
		workflow.started {"initial_data": {}}
		step.started ea a attempt=1 {"child": "j"}
		in j: workflow.started {"initial_data": {"n": 1}, "parent": {"instance_id": "i", "execution_id": "ea"}}
		in j: step.started eb b attempt=1
		in j: step.completed eb b attempt=1
		` + tail
}

// withChild adds the child's instance and definition.
func withChild(status string) func(*judge.Case) {
	return func(c *judge.Case) {
		c.Documents["c 1.0.0"] = []byte(`steps: [{name: b, type: machine, action: noop}]`)
		c.Instances = append(c.Instances, judge.Instance{ID: "j", Definition: "c 1.0.0", Status: status, Data: []byte(`{"n": 1}`)})
	}
}

func TestAudit_children(t *testing.T) {
	t.Parallel()
	childEnds := "in j: workflow.completed\n"
	parentEnds := "step.completed ea a attempt=1 {\"output_data\": {\"n\": 1}}\nworkflow.completed\n"
	run(t, map[string]trial{
		"gives its data":        {doc: mother, log: born(childEnds + parentEnds), more: withChild("completed"), applied: "children's results"},
		"knows its parent":      {doc: mother, log: born(childEnds + parentEnds), more: withChild("completed"), applied: "parents"},
		"gives something else":  {doc: mother, log: born(childEnds + replace(parentEnds, `"n": 1`, `"n": 2`)), more: withChild("completed"), rule: "children", says: "its child's data are"},
		"is not waited for":     {doc: mother, log: born(parentEnds + "+100 " + childEnds[len("in j: "):]), rule: "order"},
		"ends after its parent": {doc: mother, log: born(replace(parentEnds, "workflow.completed\n", "workflow.completed\nin j: +100 workflow.completed\n")), more: withChild("completed"), rule: "children", says: "completed before its child"},
		"was canceled":          {doc: mother, log: born("in j: workflow.canceled\n" + parentEnds), more: withChild("canceled"), rule: "children", says: "is canceled"},
		"does not exist": {doc: mother, rule: "children", says: "does not exist", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1 {"child": "j"}`, status: "waiting"},
		"was refused": {doc: mother, rule: "children", says: "does not exist", status: "failed", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1 {"child": "j"}
			step.failed ea a attempt=1 {"error_type": "child_refused", "fired": ["a"]}
			workflow.failed`},
		"never began, as its step was skipped": {doc: mother, applied: "children", log: `
			workflow.started {"initial_data": {}}
			step.started ea a attempt=1 {"child": "j"}
			step.skipped ea a attempt=1 actor=olga
			workflow.completed`},
		"lives on": {doc: mother, log: born("step.canceled ea a attempt=1\nworkflow.canceled\n"), status: "canceled", more: withChild("running"), rule: "children", says: "lives on"},
		"of nobody": {doc: mother, rule: "children", says: "did not start it", more: withChild("completed"), status: "canceled",
			log: replace(born(childEnds+"step.canceled ea a attempt=1\nworkflow.canceled"), `{"child": "j"}`, "")},
	})
}
