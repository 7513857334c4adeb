package story

import (
	"regexp"
	"strings"
)

// later draws the next version of a story's document: the same graph, in which
// some of the outer steps have other names and some conditions and waits are
// others. An instance can move to and fro, with the steps' names.
func (t *teller) later(s *Story) {
	if !t.may(Versions) || !t.chance(3) {
		return
	}
	t.uses["later version"]++
	doc := decode(s.Document)
	s.Steps = map[string]string{}
	for _, one := range objects(doc["steps"]) {
		if t.chance(2) {
			name := one["name"].(string)
			s.Steps[name] = "later_" + name
		}
	}
	for _, one := range objects(doc["steps"]) {
		t.renewStep(one, s.Steps)
	}
	for _, e := range objects(doc["edges"]) {
		e["source"], e["target"] = renamed(e["source"], s.Steps), renamed(e["target"], s.Steps)
		if text, ok := e["condition"].(string); ok {
			e["condition"] = t.renewed(text, s.Steps)
		}
	}
	if begin, ok := doc["initial_step"]; ok {
		doc["initial_step"] = renamed(begin, s.Steps)
	}
	doc["version"], doc["title"] = LaterVersion, "Later story of "+t.name
	s.Later = encode(doc)
}

// renewStep gives a step and its handlers the names of the next version.
func (t *teller) renewStep(one object, names map[string]string) {
	one["name"], one["title"] = renamed(one["name"], names), "Later"
	for _, h := range objects(one["on_failure"]) {
		h["step"] = renamed(h["step"], names)
	}
	if after, ok := one["on_timeout"].(object); ok && after["step"] != nil {
		after["step"] = renamed(after["step"], names)
	}
	if text, ok := one["condition"].(string); ok && one["type"] == "gateway" {
		one["condition"] = quoted.ReplaceAllStringFunc(text, func(name string) string {
			return `"` + renamed(strings.Trim(name, `"`), names) + `"`
		})
	}
	if text, ok := one["when"].(string); ok {
		one["when"] = t.renewed(text, names)
	}
	if one["type"] == "timer" && one["duration"] != nil {
		one["duration"] = t.millis(5, 250)
	}
}

var (
	quoted  = regexp.MustCompile(`"s[0-9]+"`)
	outcome = regexp.MustCompile(`steps\.s[0-9]+\.`)
)

// renewed gives a condition with the names of the next version, or another one.
func (t *teller) renewed(text string, names map[string]string) string {
	if outcome.MatchString(text) {
		return outcome.ReplaceAllStringFunc(text, func(path string) string {
			return "steps." + renamed(strings.Trim(path[len("steps."):], "."), names) + "."
		})
	}
	if strings.HasPrefix(text, "data.x") && t.chance(2) {
		return t.condition()
	}
	return text
}

func renamed(name any, names map[string]string) string {
	text := name.(string)
	if to, ok := names[text]; ok {
		return to
	}
	return text
}

// objects gives the objects of a list that decode has read.
func objects(v any) []object {
	list, _ := v.([]any)
	var all []object
	for _, one := range list {
		all = append(all, one.(object))
	}
	return all
}
