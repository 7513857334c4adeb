package workflow

import (
	"fmt"
	"slices"
	"strings"
)

var kindNames = map[nodeKind]string{
	nullNode: "null", boolNode: "true or false", numberNode: "a number", textNode: "a text", listNode: "a list", objectNode: "an object",
}

func (k nodeKind) String() string { return kindNames[k] }

var kindAccept = map[nodeKind]accept{
	nullNode: acceptNull, boolNode: acceptBool, numberNode: acceptNumber, textNode: acceptText, listNode: acceptList, objectNode: acceptObject,
}

// String names the types that are taken: "a text or a list".
func (a accept) String() string {
	var names []string
	for _, k := range []nodeKind{textNode, numberNode, boolNode, listNode, objectNode} {
		if a&kindAccept[k] != 0 {
			names = append(names, k.String())
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// An objectSpec is what an object may hold: its keys, and what to call it.
type objectSpec struct {
	title string
	keys  map[string]keySpec
	names []string // of the keys, in the order of shapes
}

func (s *objectSpec) add(shape string) {
	for _, k := range shapes[shape] {
		if _, known := s.keys[k.name]; !known {
			s.names = append(s.names, k.name)
		}
		s.keys[k.name] = k
	}
}

// addOptional adds the keys of a shape that the object may turn out to have.
func (s *objectSpec) addOptional(shape string) {
	s.add(shape)
	for _, k := range shapes[shape] {
		k.required = false
		s.keys[k.name] = k
	}
}

func specOf(n *node, shape string) *objectSpec {
	s := &objectSpec{title: shapeTitles[shape], keys: map[string]keySpec{}}
	s.add(shape)
	if shape == "inline" {
		s.add("step")
		s.keys["name"] = keySpec{name: "name", accept: acceptText}
	}
	if shape != "step" && shape != "inline" {
		return s
	}
	kind := StepType(n.get("type").string())
	if !slices.Contains(stepTypes, kind) {
		s.title = "a step"
		for _, t := range stepTypes {
			s.addOptional("step." + string(t))
		}
		s.addOptional("step.each")
		return s
	}
	s.title = article(string(kind)) + " step"
	s.add("step." + string(kind))
	if slices.Contains(eachTypes, kind) {
		s.add("step.each")
	}
	return s
}

func article(word string) string {
	if strings.IndexByte("aeiou", word[0]) >= 0 {
		return "an " + word
	}
	return "a " + word
}

// checkObject reports unknown, repeated, missing and unsupported keys of an
// object and all below it, and values of a wrong type.
func (p *parsing) checkObject(n *node, shape string) {
	if shape == "branches" {
		p.checkBranches(n)
		return
	}
	spec := specOf(n, shape)
	if shape == "step" || shape == "inline" {
		p.checkType(n)
	}
	p.checkNames(n, spec)
	for _, f := range n.fields {
		k, known := spec.keys[f.name]
		if known && f.value.kind != nullNode {
			p.checkValue(f.value, k)
		}
	}
	for _, name := range spec.names {
		if spec.keys[name].required && n.get(name) == nil {
			p.fault(n, "missing_key", "%s needs %q.", capital(spec.title), name)
		}
	}
}

// checkBranches checks the steps of a conditional group, each under a key of
// its own.
func (p *parsing) checkBranches(n *node) {
	seen := map[string]bool{}
	for _, f := range n.fields {
		if seen[f.name] {
			p.faultKey(f, "duplicate_key", "The key %q is written twice. Keep one.", f.name)
		}
		seen[f.name] = true
		p.checkValue(f.value, keySpec{name: f.name, accept: acceptObject, shape: "inline"})
	}
}

// checkType reports an unknown step type.
func (p *parsing) checkType(n *node) {
	t := n.get("type")
	if t != nil && t.kind == textNode && !slices.Contains(stepTypes, StepType(t.text)) {
		p.fault(t, "unknown_type", "%q is not a step type. Use machine, human, timer, webhook, gateway, workflow or group.%s", t.text, didYouMean(t.text, typeNames()))
	}
}

func typeNames() []string {
	names := make([]string, len(stepTypes))
	for i, t := range stepTypes {
		names[i] = string(t)
	}
	return names
}

func (p *parsing) checkNames(n *node, spec *objectSpec) {
	seen := map[string]bool{}
	for _, f := range n.fields {
		if seen[f.name] {
			p.faultKey(f, "duplicate_key", "The key %q is written twice. Keep one.", f.name)
		}
		seen[f.name] = true
		if _, known := spec.keys[f.name]; !known {
			p.faultKey(f, "unknown_key", "%s", unknownKey(f.name, spec))
		}
	}
}

func unknownKey(name string, spec *objectSpec) string {
	message := fmt.Sprintf("%q is not a key of %s.", name, spec.title)
	best, close := nearest(name, spec.names)
	if close {
		return message + fmt.Sprintf(" Did you mean %q?", best)
	}
	if strings.HasSuffix(spec.title, " step") {
		for _, t := range stepTypes {
			if slices.ContainsFunc(shapes["step."+string(t)], func(k keySpec) bool { return k.name == name }) {
				return message + fmt.Sprintf(" It belongs to %s step.", article(string(t)))
			}
		}
	}
	return message + fmt.Sprintf(" The nearest key is %q.", best)
}

// checkValue reports a value that the key does not take.
func (p *parsing) checkValue(n *node, k keySpec) {
	switch {
	case kindAccept[n.kind]&k.accept == 0:
		p.fault(n, "wrong_type", "%q must be %s, not %s.", k.name, k.accept, n.kind)
	case n.kind == textNode && k.oneOf != nil && !slices.Contains(k.oneOf, n.text):
		p.fault(n, "wrong_value", "%q must be %s; %q is not.%s", k.name, oneOf(k.oneOf), n.text, didYouMean(n.text, k.oneOf))
	case n.kind == listNode:
		p.checkItems(n, k)
	case n.kind == objectNode && k.shape != "":
		p.checkObject(n, k.shape)
	}
}

func (p *parsing) checkItems(n *node, k keySpec) {
	for _, item := range n.items {
		switch {
		case k.items != 0 && kindAccept[item.kind]&k.items == 0:
			p.fault(item, "wrong_type", "Each of %q must be %s, not %s.", k.name, k.items, item.kind)
		case item.kind == objectNode && k.shape != "":
			p.checkObject(item, k.shape)
		}
	}
}

func oneOf(texts []string) string {
	if len(texts) == 1 {
		return fmt.Sprintf("%q", texts[0])
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// capital makes the first letter of a sentence a capital.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
