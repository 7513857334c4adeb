package workflow

import (
	"slices"
	"strconv"

	"tandem/internal/workflow/say"
)

var kindKeys = map[nodeKind]string{
	nullNode: "part.kind.null", boolNode: "part.kind.bool", numberNode: "part.kind.number",
	textNode: "part.kind.text", listNode: "part.kind.list", objectNode: "part.kind.object",
}

// In names the type: "a text".
func (k nodeKind) In(lang string) string { return say.Of(kindKeys[k]).In(lang) }

var kindAccept = map[nodeKind]accept{
	nullNode: acceptNull, boolNode: acceptBool, numberNode: acceptNumber, textNode: acceptText, listNode: acceptList, objectNode: acceptObject,
}

// In names the types that are taken: "a text or a list".
func (a accept) In(lang string) string {
	var kinds []any
	for _, k := range []nodeKind{textNode, numberNode, boolNode, listNode, objectNode} {
		if a&kindAccept[k] != 0 {
			kinds = append(kinds, k)
		}
	}
	return say.Or(kinds...).In(lang)
}

// An objectSpec is what an object may hold: its keys, and what to call it.
type objectSpec struct {
	title say.Phrase
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
	s := &objectSpec{title: titleOf(shape), keys: map[string]keySpec{}}
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
		s.title = titleOf("step")
		for _, t := range stepTypes {
			s.addOptional("step." + string(t))
		}
		s.addOptional("step.each")
		return s
	}
	s.title = say.Of("part.title.step_of", kind)
	s.add("step." + string(kind))
	if slices.Contains(eachTypes, kind) {
		s.add("step.each")
	}
	return s
}

func titleOf(shape string) say.Phrase { return say.Of("part.title." + shape) }

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
	p.checkNames(n, shape, spec)
	for _, f := range n.fields {
		k, known := spec.keys[f.name]
		if known && f.value.kind != nullNode {
			p.checkValue(f.value, k)
		}
	}
	for _, name := range spec.names {
		if spec.keys[name].required && n.get(name) == nil {
			p.fault(n, "missing_key", spec.title, name)
		}
	}
}

// checkBranches checks the steps of a conditional group, each under a key of
// its own.
func (p *parsing) checkBranches(n *node) {
	seen := map[string]bool{}
	for _, f := range n.fields {
		if seen[f.name] {
			p.faultKey(f, "duplicate_key", f.name)
		}
		seen[f.name] = true
		p.checkValue(f.value, keySpec{name: f.name, accept: acceptObject, shape: "inline"})
	}
}

// checkType reports an unknown step type.
func (p *parsing) checkType(n *node) {
	t := n.get("type")
	if t != nil && t.kind == textNode && !slices.Contains(stepTypes, StepType(t.text)) {
		p.fault(t, "unknown_type", t.text, didYouMean(t.text, typeNames()))
	}
}

func typeNames() []string {
	names := make([]string, len(stepTypes))
	for i, t := range stepTypes {
		names[i] = string(t)
	}
	return names
}

func (p *parsing) checkNames(n *node, shape string, spec *objectSpec) {
	seen := map[string]bool{}
	for _, f := range n.fields {
		if seen[f.name] {
			p.faultKey(f, "duplicate_key", f.name)
		}
		seen[f.name] = true
		if _, known := spec.keys[f.name]; !known {
			p.unknownKey(f, shape, spec)
		}
	}
}

// unknownKey reports a key that the object does not have, with the one that was
// probably meant.
func (p *parsing) unknownKey(f *field, shape string, spec *objectSpec) {
	best, close := nearest(f.name, spec.names)
	if close {
		p.faultKey(f, "unknown_key.slip", f.name, spec.title, best)
		return
	}
	if shape == "step" || shape == "inline" {
		for _, t := range stepTypes {
			if slices.ContainsFunc(shapes["step."+string(t)], func(k keySpec) bool { return k.name == f.name }) {
				p.faultKey(f, "unknown_key.other", f.name, spec.title, say.Of("part.title.step_of", t))
				return
			}
		}
	}
	p.faultKey(f, "unknown_key", f.name, spec.title, best)
}

// checkValue reports a value that the key does not take.
func (p *parsing) checkValue(n *node, k keySpec) {
	switch {
	case kindAccept[n.kind]&k.accept == 0:
		p.fault(n, "wrong_type", k.name, k.accept, n.kind)
	case n.kind == textNode && k.oneOf != nil && !slices.Contains(k.oneOf, n.text):
		p.fault(n, "wrong_value", k.name, oneOf(k.oneOf), n.text, didYouMean(n.text, k.oneOf))
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
			p.fault(item, "wrong_type.items", k.name, k.items, item.kind)
		case item.kind == objectNode && k.shape != "":
			p.checkObject(item, k.shape)
		}
	}
}

func oneOf(texts []string) say.Sayer {
	if len(texts) == 1 {
		return say.Or(strconv.Quote(texts[0]))
	}
	choices := make([]any, len(texts))
	for i, text := range texts {
		choices[i] = text
	}
	return say.Or(choices...)
}
