package form

import (
	"encoding/json"
	"slices"
	"strings"
)

// hints are the `ui:` members for one value, and below other keys those for the
// values inside it.
type hints map[string]any

// knownHints are the names behind `ui:` that mean something.
var knownHints = []string{
	"widget", "order", "title", "description", "help", "placeholder", "autofocus", "autocomplete",
	"readonly", "disabled", "enumNames", "options", "submitButtonOptions",
}

var knownOptions = []string{
	"rows", "inline", "accept", "addable", "removable", "orderable", "itemLabel",
	"widget", "order", "title", "description", "help", "placeholder", "autofocus", "autocomplete",
	"readonly", "disabled", "enumNames", "submitButtonOptions",
}

var knownWidgets = []string{
	"text", "textarea", "password", "radio", "select", "checkbox", "checkboxes", "hidden", "range", "updown", "color",
	"file", "email", "uri", "date", "date-time", "time",
}

// get gives the hint called name, written `ui:name` or inside `ui:options`.
func (h hints) get(name string) (any, bool) {
	if v, ok := h["ui:"+name]; ok {
		return v, true
	}
	options, _ := h["ui:options"].(map[string]any)
	v, ok := options[name]
	return v, ok
}

func (h hints) text(name string) string {
	v, _ := h.get(name)
	s, _ := v.(string)
	return s
}

func (h hints) flag(name string) bool {
	v, _ := h.get(name)
	b, _ := v.(bool)
	return b
}

func (h hints) whole(name string) int {
	v, _ := h.get(name)
	if n, ok := v.(json.Number); ok {
		i, err := n.Int64()
		if err == nil && i > 0 && i <= 100 {
			return int(i)
		}
	}
	return 0
}

func (h hints) texts(name string) []string {
	v, _ := h.get(name)
	return textsOf(v)
}

// inside gives the hints for a property or, with "items", for a list's items.
func (h hints) inside(key string) hints {
	sub, _ := h[key].(map[string]any)
	return sub
}

// item gives the hints for an entry of a list whose first entries have schemas
// of their own: "items" may be a list of hints then.
func (h hints) item(i int) hints {
	list, ok := h["items"].([]any)
	if !ok {
		return h.inside("items")
	}
	if i >= len(list) {
		return nil
	}
	sub, _ := list[i].(map[string]any)
	return sub
}

// denies reports whether an option such as addable is false.
func (h hints) denies(name string) bool {
	v, ok := h.get(name)
	return ok && v == false
}

// accept gives the media types and endings that a file may have.
func (h hints) accept() string {
	if list := h.texts("accept"); len(list) > 0 {
		return strings.Join(list, ",")
	}
	return h.text("accept")
}

// textsOf gives the strings of a list; an entry that is not a string is "".
func textsOf(v any) []string {
	list, _ := v.([]any)
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i], _ = item.(string)
	}
	return texts
}

// CheckHints gives a warning for each hint that is unknown or that stands at a
// property the schema does not have. Both arguments are decoded JSON.
func CheckHints(schema, ui any) []Problem {
	obj, ok := ui.(map[string]any)
	if !ok {
		if ui == nil {
			return nil
		}
		c := &hintChecker{}
		c.warn("", "hints_object", nil)
		return c.problems
	}
	c := &hintChecker{root: schema}
	c.check(schema, obj, "", 0)
	slices.SortFunc(c.problems, func(a, b Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
	return c.problems
}

type hintChecker struct {
	root     any
	problems []Problem
}

// warn warns with a sentence of the catalogue.
func (c *hintChecker) warn(pointer, code string, params Params) {
	problem := newProblem(pointer, code, params)
	problem.Warning = true
	c.problems = append(c.problems, problem)
}

func (c *hintChecker) check(schema any, ui map[string]any, pointer string, depth int) {
	if depth > maxDepth {
		return
	}
	for key, value := range ui {
		at := pointer + "/" + escapeToken(key)
		if name, isHint := strings.CutPrefix(key, "ui:"); isHint {
			c.hint(name, value, at)
			continue
		}
		inside, known := memberSchema(c.root, schema, key)
		if !known {
			c.warn(at, "hint_property", Params{"name": cut(key)})
			continue
		}
		if sub, ok := value.(map[string]any); ok {
			c.check(inside, sub, at, depth+1)
		} else {
			c.warn(at, "hint_object", nil)
		}
	}
}

func (c *hintChecker) hint(name string, value any, at string) {
	if !slices.Contains(knownHints, name) {
		code, near := "hint_unknown", nearest(name)
		if near != "" {
			code = "hint_unknown_near"
		}
		c.warn(at, code, Params{"name": cut(name), "near": near})
		return
	}
	switch name {
	case "widget":
		c.widget(value, at)
	case "options":
		options, _ := value.(map[string]any)
		for key, v := range options {
			switch {
			case !slices.Contains(knownOptions, key):
				c.warn(at+"/"+escapeToken(key), "hint_option", Params{"name": cut(key)})
			case key == "widget":
				c.widget(v, at+"/widget")
			}
		}
	}
}

func (c *hintChecker) widget(value any, at string) {
	if name, ok := value.(string); !ok || !slices.Contains(knownWidgets, name) {
		c.warn(at, "hint_widget", Params{"known": strings.Join(knownWidgets, ", ")})
	}
}

// nearest gives a known hint that differs only in case, hyphens or underscores, ""
// for none.
func nearest(name string) string {
	plain := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	for _, known := range knownHints {
		if strings.ToLower(known) == plain {
			return known
		}
	}
	return ""
}

// memberSchema gives the schema of a property, or of the items of a list. It is
// lenient where a schema branches: any property may then be meant.
func memberSchema(root, schema any, key string) (any, bool) {
	obj, ok := followRefs(root, schema)
	if !ok {
		return nil, false
	}
	if props, ok := obj["properties"].(map[string]any); ok {
		if inside, ok := props[key]; ok {
			return inside, true
		}
	}
	if key == "items" {
		inside, ok := obj["items"]
		return inside, ok
	}
	for _, branching := range []string{"allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "dependencies", "patternProperties", "additionalProperties", "$dynamicRef"} {
		if _, ok := obj[branching]; ok {
			return map[string]any{}, true
		}
	}
	return nil, len(obj) == 0
}

// followRefs gives the object at the end of a chain of `$ref`s.
func followRefs(root, schema any) (map[string]any, bool) {
	for range maxDepth {
		obj, ok := schema.(map[string]any)
		if !ok {
			return nil, false
		}
		ref, ok := obj["$ref"].(string)
		if !ok {
			return obj, true
		}
		if schema, ok = resolve(root, ref); !ok {
			return map[string]any{}, true
		}
	}
	return nil, false
}
