package ui

import (
	"encoding/json"
	"slices"
	"strings"
	"tandem/internal/form"
	"tandem/internal/workflow"
	"tandem/internal/workflow/edit"
)

// A stepReader makes values for the text of what was typed.
type stepReader struct {
	form    *stepForm
	outline *edit.Outline
	faults  []form.Error
}

func (r *stepReader) errors() *form.Errors {
	if len(r.faults) == 0 {
		return nil
	}
	return &form.Errors{List: r.faults}
}

// read gives the value of a key, nil for none. old is what the text says now.
func (r *stepReader) read(k *keyPlan, typed any, old *edit.Value, at string) *edit.Value {
	text, _ := typed.(string)
	if k.kind == planRaw || slices.Contains(r.form.Raw, at) {
		return r.raw(text, old, at)
	}
	rows, _ := typed.([]any)
	switch k.kind {
	case planNumber:
		if n, ok := typed.(json.Number); ok {
			return edit.Number(n.String())
		}
		return nil
	case planBool:
		yes, ok := typed.(bool)
		if !ok || !yes && old == nil && !slices.Contains(openBools, k.name) {
			return nil
		}
		return edit.Bool(yes)
	case planPeople, planTexts:
		return r.texts(k, rows, old)
	case planGroup:
		return r.group(k.inner, typed, old, at)
	case planRows, planNamed:
		return r.rows(k, rows, old, at)
	case planPairs:
		return r.pairs(k, typed, old)
	}
	return scalarOf(k, text, old)
}

// raw reads what is shown as it is written.
func (r *stepReader) raw(text string, old *edit.Value, at string) *edit.Value {
	if old != nil && strings.TrimSpace(text) == strings.TrimSpace(r.outline.Source(old)) {
		return old.Clone()
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	v, err := edit.Raw(text)
	if err != nil {
		r.faults = append(r.faults, form.Error{Pointer: at, Code: "yaml", Params: form.Params{"field": at[strings.LastIndexByte(at, '/')+1:]}})
		return nil
	}
	return v
}

// scalarOf writes a text as the kind of value that it reads as, and as before
// where it says the same.
func scalarOf(k *keyPlan, text string, old *edit.Value) *edit.Value {
	switch {
	case text == "":
		return nil
	case old != nil && old.Text == text && old.Kind < workflow.TreeList:
		return old.Clone()
	case slices.Contains(k.types, "boolean") && (text == "true" || text == "false"):
		return edit.Bool(text == "true")
	case slices.Contains(k.types, "number") && isNumber(text):
		return edit.Number(text)
	}
	return edit.Text(text)
}

func isNumber(text string) bool {
	var n json.Number
	return json.Unmarshal([]byte(text), &n) == nil && n.String() == text
}

func (r *stepReader) texts(k *keyPlan, rows []any, old *edit.Value) *edit.Value {
	list := edit.List()
	for _, row := range rows {
		if text, _ := row.(string); text != "" {
			list.Items = append(list.Items, scalarOf(&keyPlan{}, text, nil))
		}
	}
	switch {
	case len(list.Items) == 0:
		return nil
	case len(list.Items) == 1 && k.kind == planPeople && (old == nil || old.Kind != workflow.TreeList):
		return scalarOf(k, list.Items[0].Text, old)
	}
	return list
}

func (r *stepReader) group(plans []*keyPlan, typed any, old *edit.Value, at string) *edit.Value {
	v := edit.Object()
	for _, k := range plans {
		if one := r.read(k, inMap(typed, k.name), old.Get(k.name), at+"/"+k.name); one != nil {
			v.Fields = append(v.Fields, &edit.Field{Name: k.name, Value: one})
		}
	}
	if len(v.Fields) == 0 {
		return nil
	}
	return v
}

func (r *stepReader) rows(k *keyPlan, rows []any, old *edit.Value, at string) *edit.Value {
	list := edit.List()
	for _, row := range rows {
		v := r.group(k.inner, row, nil, at+"/-")
		switch {
		case v == nil:
		case k.kind == planNamed && len(v.Fields) == 1 && v.Fields[0].Name == "name":
			list.Items = append(list.Items, v.Fields[0].Value)
		default:
			list.Items = append(list.Items, v)
		}
	}
	if len(list.Items) == 0 {
		return nil
	}
	return list
}

func (r *stepReader) pairs(k *keyPlan, typed any, old *edit.Value) *edit.Value {
	object, _ := typed.(map[string]any)
	v := edit.Object()
	var names []string
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text, _ := object[name].(string)
		if one := scalarOf(k, text, old.Get(name)); one != nil {
			v.Fields = append(v.Fields, &edit.Field{Name: name, Value: one})
		}
	}
	if len(v.Fields) == 0 {
		return nil
	}
	return v
}
