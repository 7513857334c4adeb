package story

import (
	"fmt"
	"strings"
)

// step draws one step without what depends on its place in a graph.
func (t *teller) step(prefix, name, typ string, depth int) object {
	keys := object{"name": name, "type": typ}
	t.uses[typ]++
	if depth > 0 {
		t.uses["inside a group: "+typ]++
	}
	if t.chance(12) {
		keys["max_visits"] = 500
		t.uses["max_visits"]++
	}
	if typ != "gateway" && t.chance(6) {
		keys["when"] = t.condition()
		t.uses["when"]++
	}
	if typ != "gateway" && typ != "timer" && t.chance(2) {
		keys["output"] = "o_" + strings.ReplaceAll(prefix+name, ".", "_")
		t.uses["output"]++
	}
	switch typ {
	case "machine":
		t.machine(keys)
	case "human":
		t.human(keys)
	case "webhook":
		t.webhook(keys)
	case "timer":
		t.timer(keys)
	case "workflow":
		t.workflow(keys)
	case "group":
		t.group(prefix+name+".", keys, depth+1)
	}
	if typ != "gateway" && typ != "group" && t.may(ForEach) && t.chance(4) {
		t.forEach(keys, typ)
	} else if typ == "webhook" {
		t.webhooks = append(t.webhooks, prefix+name)
	}
	return keys
}

// timer draws a wait: for a while, or until a time that has passed.
func (t *teller) timer(keys object) {
	switch {
	case t.Long && t.chance(8):
		keys["cron"] = "*/5 * * * *"
		t.uses["timer cron"]++
	case t.chance(8):
		keys["until"] = "2020-01-31T09:00:00Z"
		t.uses["timer until"]++
	default:
		keys["duration"] = t.millis(5, 250)
		t.uses["timer duration"]++
	}
}

// machine scripts what the action does: it may fail its first attempts, or be
// slower than its timeout in the first.
func (t *teller) machine(keys object) {
	with := object{}
	keys["action"], keys["with"] = t.Action, with
	if t.may(Workers) && t.chance(5) {
		keys["action"], keys["topic"] = "worker", Topic
		t.uses["external workers"]++
	} else if t.may(Queues) && t.chance(5) {
		keys["queue"] = Queue
		t.uses["queue"]++
	}
	fails := 0
	if t.chance(4) {
		fails = 1 + t.IntN(2)
		with["fail"], with["code"] = fails, pick(t, "soft", "hard")
		t.uses["scripted failures"]++
	}
	if t.chance(4) {
		with["slow"] = 20 + t.IntN(400)
		t.uses["slow machine"]++
	}
	if fails == 0 && t.chance(10) {
		with["slow"], with["slow_attempts"], keys["timeout"] = 600, 1, "150ms"
		fails = 1
		t.uses["timeout of an attempt"]++
	}
	if t.may(Retries) && (fails > 0 && !t.chance(3) || t.chance(8)) {
		keys["retry"] = object{"max_attempts": 1 + t.IntN(4), "initial": t.millis(5, 60), "factor": 2, "max": "100ms"}
		if t.chance(3) {
			keys["retry"].(object)["jitter"], keys["retry"].(object)["within"] = 0.5, "1h"
			keys["retry"].(object)["retry_on"] = `error.code != "never"`
		}
		t.uses["retry"]++
	}
	if t.chance(8) {
		keys["success_when"] = "result.attempt >= 1"
		t.uses["success_when"]++
	}
	if t.chance(12) {
		keys["on_lost"] = "fail"
		t.uses["on_lost"]++
	}
}

// workflow draws the definition that a workflow step starts.
func (t *teller) workflow(keys object) {
	name := fmt.Sprintf("%s_child%d", t.name, len(t.children))
	child := t.Cast.tell(name, t.Rand, t.level+1)
	t.children = append(t.children, child)
	keys["definition"] = name
	if t.chance(2) {
		keys["version"] = child.Version
		t.uses["version of a workflow step"]++
	}
	if t.chance(3) {
		keys["correlation_id"] = "{{ instance.id }}"
		t.uses["correlation_id of a workflow step"]++
	}
	var input object
	for key, value := range decode(child.Input) {
		if input == nil {
			input = object{}
		}
		input[key] = value
	}
	input["x"] = "{{ data.x }}"
	keys["input"] = input
	if t.may(Retries) && t.chance(4) {
		keys["retry"] = object{"max_attempts": 2, "initial": "20ms"}
		t.uses["retry of a workflow step"]++
	}
}

// forEach makes a list of a step.
func (t *teller) forEach(keys object, typ string) {
	t.uses["for_each "+typ]++
	keys["for_each"] = "data." + pick(t, "none", "few", "items", "items", "many")
	if typ == "human" {
		keys["allow_empty"] = true
	}
	if with, ok := keys["with"].(object); ok {
		with["index"] = "{{ index }}"
	}
	if t.chance(2) {
		keys["max_parallel"] = 1 + t.IntN(3)
		t.uses["max_parallel"]++
	}
	if t.chance(3) {
		keys["complete_when"] = pick(t, "done >= 2", "done >= 1")
		t.uses["complete_when"]++
		if typ == "human" {
			keys["distinct"] = keys["candidate_users"] == nil && t.chance(2) // of two people not everyone can decide another item
			t.uses["complete_when of people"]++
		}
	}
	if typ == "machine" && t.chance(3) {
		keys["continue_on_error"] = true
		t.uses["continue_on_error"]++
	}
}

// group draws the steps of a group.
func (t *teller) group(prefix string, keys object, depth int) {
	mode := pick(t, "sequential", "parallel", "conditional", "race", "graph", "graph")
	keys["mode"] = mode
	t.uses["group "+mode]++
	t.uses[fmt.Sprintf("groups %d deep", depth)]++
	switch mode {
	case "graph":
		steps, edges := t.graph(prefix, 2+t.IntN(3), depth)
		keys["steps"] = steps
		if len(edges) > 0 {
			keys["edges"] = edges
		}
	case "conditional":
		keys["condition"] = pick(t, `data.x > 0 ? "a" : "b"`, `data.x == 1 ? "b" : "nobody"`, `"a"`)
		keys["branches"] = object{
			"a": t.step(prefix, "a", t.kind(depth, false), depth), "b": t.step(prefix, "b", t.kind(depth, false), depth),
		}
	default:
		var steps []object
		for i := range 2 + t.IntN(2) {
			steps = append(steps, t.step(prefix, fmt.Sprintf("p%d", i), t.kind(depth, false), depth))
		}
		keys["steps"] = steps
		if mode == "parallel" && t.chance(2) {
			keys["callback"] = t.step(prefix, "after", "machine", depth)
			t.uses["callback"]++
		}
	}
	if t.chance(10) {
		keys["timeout"] = t.millis(300, 1500)
		t.uses["timeout of a group"]++
	}
}
