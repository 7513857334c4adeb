package ui

import (
	"encoding/json"
	"slices"
	"sync"

	"tandem/internal/workflow"
	"tandem/internal/workflow/edit"
	"tandem/static"
)

// planKind says how the form of a step shows one key.
type planKind int

const (
	planScalar planKind = iota // a text, whatever scalar it is written as
	planNumber
	planBool
	planPeople // a text or a list of texts
	planTexts  // a list of texts
	planGroup  // keys of its own
	planRows   // a list of such
	planNamed  // a list of such, each of which may be its name alone
	planPairs  // free keys with a text each
	planRaw    // anything, as it is written
)

// A keyPlan is how the form of a step shows one key, made of the document's
// JSON Schema.
type keyPlan struct {
	name     string
	kind     planKind
	types    []string // that a scalar may have
	enum     []string
	steps    bool // names a step beside
	required bool
	text     string // what the schema says about it
	inner    []*keyPlan
	own      bool // belongs to the type of the step
}

// The keys that say where steps stand; the rest of the builder sets them. And
// booleans whose absence means more than false.
var (
	placeKeys = []string{"name", "type", "steps", "edges", "callback", "branches"}
	openBools = []string{"distinct", "loop"}
	stepKeys  = []string{"step", "target"}
)

// planner reads the schema of documents.
type planner struct{ defs *workflow.Tree }

var documentSchema = sync.OnceValue(func() planner {
	tree, err := workflow.ReadTree(static.Read("workflow.schema.json"))
	if err != nil {
		panic("ui: the schema of workflow documents: " + err.Error()) // it is part of the program
	}
	return planner{member(tree, "$defs")}
})

func member(t *workflow.Tree, name string) *workflow.Tree {
	if t == nil {
		return nil
	}
	for _, f := range t.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

func textOf(t *workflow.Tree) string {
	if t == nil {
		return ""
	}
	return t.Text
}

func textsIn(t *workflow.Tree) []string {
	switch {
	case t == nil:
		return nil
	case t.Kind == workflow.TreeText:
		return []string{t.Text}
	}
	var list []string
	for _, item := range t.Items {
		list = append(list, item.Text)
	}
	return list
}

// plansOf lists the keys of a step of a type, those of the type first; nil for
// an unknown type.
func (p planner) plansOf(kind string) []*keyPlan {
	common := p.plans(member(p.defs, "step"))
	if member(p.defs, "step."+kind) == nil || kind == "each" {
		return common
	}
	own := p.plans(member(p.defs, "step."+kind))
	for _, k := range own {
		k.own = true
	}
	head := slices.IndexFunc(common, func(k *keyPlan) bool { return k.name == "when" })
	for _, k := range common[:head] {
		k.own = true
	}
	all := slices.Concat(common[:head], own, common[head:])
	if kind != "gateway" && kind != "group" {
		all = append(all, p.plans(member(p.defs, "step.each"))...)
	}
	return all
}

// waysPlan is the list of edges that leave a step.
func (p planner) waysPlan() *keyPlan {
	k := &keyPlan{name: "ways", kind: planRows}
	for _, one := range p.plans(member(p.defs, "edge")) {
		if one.name != "source" {
			k.inner = append(k.inner, one)
		}
	}
	return k
}

// plans lists the keys of an object.
func (p planner) plans(object *workflow.Tree) []*keyPlan {
	required := textsIn(member(object, "required"))
	var list []*keyPlan
	properties := member(object, "properties")
	if properties == nil {
		return nil
	}
	for _, f := range properties.Fields {
		if slices.Contains(placeKeys, f.Name) && slices.Contains(required, "type") || slices.Contains(placeKeys[2:], f.Name) {
			continue
		}
		k := p.plan(f.Name, f.Value)
		k.required = slices.Contains(required, f.Name)
		list = append(list, k)
	}
	return list
}

// refer follows a reference; what stands beside it says more.
func (p planner) refer(schema *workflow.Tree) (target *workflow.Tree, text string) {
	text = textOf(member(schema, "description"))
	for range 8 {
		ref := textOf(member(schema, "$ref"))
		if ref == "" {
			break
		}
		schema = member(p.defs, ref[len("#/$defs/"):])
		if text == "" {
			text = textOf(member(schema, "description"))
		}
	}
	return schema, text
}

func (p planner) plan(name string, schema *workflow.Tree) *keyPlan {
	schema, text := p.refer(schema)
	k := &keyPlan{name: name, text: text, kind: planRaw, types: textsIn(member(schema, "type"))}
	items, _ := p.refer(member(schema, "items"))
	has := func(kind string) bool { return slices.Contains(k.types, kind) }
	switch {
	case slices.Contains(stepKeys, name) && has("string"):
		k.kind, k.steps = planScalar, true
	case has("string") && has("array") && name != "for_each":
		k.kind = planPeople
	case has("string"):
		k.kind, k.enum = planScalar, textsIn(member(schema, "enum"))
		if any := member(schema, "anyOf"); any != nil {
			k.enum = textsIn(member(any.Items[0], "enum"))
		}
	case has("number") && len(k.types) == 1:
		k.kind = planNumber
	case has("boolean") && len(k.types) == 1:
		k.kind = planBool
	case has("array") && items != nil:
		p.planItems(k, items)
	case has("object") && member(schema, "properties") != nil:
		k.kind, k.inner = planGroup, p.plans(schema)
	case has("object") && member(member(schema, "additionalProperties"), "type") != nil:
		k.kind, k.types = planPairs, textsIn(member(member(schema, "additionalProperties"), "type"))
	}
	return k
}

func (p planner) planItems(k *keyPlan, items *workflow.Tree) {
	types := textsIn(member(items, "type"))
	then, _ := p.refer(member(items, "then"))
	switch {
	case member(items, "properties") != nil:
		k.kind, k.inner = planRows, p.plans(items)
	case then != nil:
		k.kind, k.inner = planNamed, p.plans(then)
	case slices.Contains(types, "string"):
		k.kind, k.types = planTexts, types
	}
}

// fits reports whether a value can be shown by the plan; if not, it is shown as
// it is written.
func (k *keyPlan) fits(v *edit.Value) bool {
	scalar := v.Kind == workflow.TreeText || v.Kind == workflow.TreeNumber || v.Kind == workflow.TreeBool
	if !v.Written() {
		return false
	}
	all := func(ok func(*edit.Value) bool) bool {
		return v.Kind == workflow.TreeList && !slices.ContainsFunc(v.Items, func(i *edit.Value) bool { return !ok(i) })
	}
	texts := func(i *edit.Value) bool { return (&keyPlan{}).fits(i) }
	switch k.kind {
	case planScalar:
		return scalar && (len(k.enum) == 0 || slices.Contains(k.enum, v.Text))
	case planNumber:
		return v.Kind == workflow.TreeNumber
	case planBool:
		return v.Kind == workflow.TreeBool
	case planPeople:
		return scalar || all(texts)
	case planTexts:
		return all(texts)
	case planGroup:
		return v.Kind == workflow.TreeObject && k.fitsKeys(v)
	case planRows:
		return all(func(i *edit.Value) bool { return i.Kind == workflow.TreeObject && i.Written() && k.fitsAll(i) })
	case planNamed:
		return all(func(i *edit.Value) bool {
			return texts(i) || i.Kind == workflow.TreeObject && i.Written() && k.fitsAll(i)
		})
	case planPairs:
		return v.Kind == workflow.TreeObject && !slices.ContainsFunc(v.Fields, func(f *edit.Field) bool { return !texts(f.Value) })
	}
	return false
}

// fitsKeys reports whether the plan knows all keys of an object.
func (k *keyPlan) fitsKeys(v *edit.Value) bool {
	return !slices.ContainsFunc(v.Fields, func(f *edit.Field) bool { return k.key(f.Name) == nil })
}

func (k *keyPlan) fitsAll(v *edit.Value) bool {
	return k.fitsKeys(v) && !slices.ContainsFunc(v.Fields, func(f *edit.Field) bool {
		inner := k.key(f.Name)
		return inner.kind != planRaw && !inner.fits(f.Value)
	})
}

func (k *keyPlan) key(name string) *keyPlan {
	for _, one := range k.inner {
		if one.name == name {
			return one
		}
	}
	return nil
}

// A member of a JSON object, in order.
type pair struct {
	key   string
	value any
}

// ordered is a JSON object that keeps the order of its members.
type ordered []pair

func (o ordered) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, p := range o {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(p.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}
