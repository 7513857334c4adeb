package ui

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"time"

	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/workflow"
	"tandem/internal/workflow/edit"
)

// A stepForm is the form of one step's keys and of the edges that leave it.
// What it showed travels with it, so that only what people changed is changed
// in the text, which may have gone on meanwhile.
type stepForm struct {
	Path     string          `json:"path"`
	At       int             `json:"at"` // among all steps
	Type     string          `json:"type"`
	Raw      []string        `json:"raw"`      // pointers of keys that are shown as they are written
	Siblings []string        `json:"siblings"` // steps that keys may name
	Ways     bool            `json:"ways"`     // it has edges
	Value    json.RawMessage `json:"value"`    // that it showed

	plans []*keyPlan
	form  *form.Form
}

// maxStepForm bounds what comes back of a stepForm, in bytes.
const maxStepForm = 256 << 10

// newStepForm makes the form of a step.
func newStepForm(p views.Page, o *edit.Outline, s *edit.Step) (*stepForm, error) {
	f := &stepForm{Path: s.Path, At: slices.Index(o.Steps, s), Type: s.Type, Ways: edit.HasEdges(s.Group)}
	f.plans = documentSchema().plansOf(s.Type)
	f.Siblings = siblingsOf(o, s)
	value := map[string]any{"step": f.keys(o, f.plans, s.Value(), "/step")}
	if f.Ways {
		value["ways"] = f.ways(o, s)
	}
	var err error
	if f.Value, err = json.Marshal(value); err != nil {
		return nil, err
	}
	return f, f.compile(p)
}

// siblingsOf lists the steps that the keys of a step may name: those beside it,
// and whatever they name already.
func siblingsOf(o *edit.Outline, s *edit.Step) []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, other := range o.Siblings(s) {
		add(other.Name)
	}
	for _, way := range s.Ways {
		add(way.Target)
	}
	if handlers := s.Value().Get("on_failure"); handlers != nil {
		for _, handler := range handlers.Items {
			add(handler.Get("step").String())
		}
	}
	add(s.Value().Get("on_timeout").Get("step").String())
	return names
}

// seenStepForm is the form that somebody has filled in; nil when the request
// brings none.
func seenStepForm(p views.Page, values url.Values) *stepForm {
	f := &stepForm{}
	text := values.Get("_base")
	if text == "" || len(text) > maxStepForm || json.Unmarshal([]byte(text), f) != nil || len(f.Siblings) > 2*workflow.MaxSteps {
		return nil
	}
	f.plans = documentSchema().plansOf(f.Type)
	if f.compile(p) != nil {
		return nil
	}
	return f
}

// base is what travels with the form.
func (f *stepForm) base() string {
	text, err := json.Marshal(f)
	if err != nil || len(text) > maxStepForm {
		return ""
	}
	return string(text)
}

// stored is the value that the form showed.
func (f *stepForm) stored() any {
	var v any
	d := json.NewDecoder(bytes.NewReader(f.Value))
	d.UseNumber()
	_ = d.Decode(&v) // it was made by newStepForm; anything else is an empty form
	return v
}

func (f *stepForm) compile(p views.Page) (err error) {
	hints := ordered{}
	step, ui := f.schema(p, f.plans, "/step")
	properties := ordered{{"step", step}}
	hints = append(hints, pair{"step", ui})
	if f.Ways {
		ways := documentSchema().waysPlan()
		schema, ui := f.keySchema(p, ways, "/ways")
		properties = append(properties, pair{"ways", schema})
		hints = append(hints, pair{"ways", ui})
	}
	schema, err := json.Marshal(ordered{{"type", "object"}, {"required", []string{"step"}}, {"properties", properties}})
	if err != nil {
		return err
	}
	look, err := json.Marshal(hints)
	if err != nil {
		return err
	}
	f.form, err = form.Compile(schema, look)
	return err
}

// schema gives the schema and the hints of an object's keys.
func (f *stepForm) schema(p views.Page, plans []*keyPlan, at string) (schema, hints ordered) {
	var properties ordered
	required := []string{}
	for _, k := range plans {
		one, ui := f.keySchema(p, k, at+"/"+k.name)
		properties = append(properties, pair{k.name, one})
		if len(ui) > 0 {
			hints = append(hints, pair{k.name, ui})
		}
		if k.required {
			required = append(required, k.name)
		}
	}
	return ordered{{"type", "object"}, {"required", required}, {"properties", properties}}, hints
}

func (f *stepForm) keySchema(p views.Page, k *keyPlan, at string) (schema, hints ordered) {
	schema = f.kindSchema(p, k, at, &hints)
	title := k.name
	if at == "/ways" {
		title = p.T("builder.ways")
	}
	schema = append(schema, pair{"title", title})
	if k.text != "" {
		schema = append(schema, pair{"description", p.SchemaText(k.text)})
	}
	return schema, hints
}

func (f *stepForm) kindSchema(p views.Page, k *keyPlan, at string, hints *ordered) ordered {
	text := ordered{{"type", "string"}}
	if k.kind == planRaw || slices.Contains(f.Raw, at) {
		*hints = ordered{{"ui:widget", "textarea"}, {"ui:options", ordered{{"rows", 5}}}}
		return text
	}
	switch k.kind {
	case planNumber:
		return ordered{{"type", "number"}}
	case planBool:
		if slices.Contains(openBools, k.name) {
			return ordered{{"enum", []bool{true, false}}}
		}
		return ordered{{"type", "boolean"}}
	case planPeople, planTexts:
		return ordered{{"type", "array"}, {"items", text}}
	case planPairs:
		return ordered{{"type", "object"}, {"additionalProperties", text}}
	case planGroup:
		schema, ui := f.schema(p, k.inner, at)
		*hints = ui
		return schema
	case planRows, planNamed:
		schema, ui := f.schema(p, k.inner, at+"/-")
		if at == "/ways" {
			schema = append(schema, pair{"title", p.T("builder.way")})
		}
		*hints = ordered{{"items", ui}}
		return ordered{{"type", "array"}, {"items", schema}}
	}
	switch {
	case k.steps:
		return append(text, pair{"enum", append([]string{}, f.Siblings...)})
	case len(k.enum) > 0:
		return append(text, pair{"enum", k.enum})
	case k.name == "description":
		*hints = ordered{{"ui:widget", "textarea"}}
	}
	return text
}

// keys gives what the form shows for the keys of an object.
func (f *stepForm) keys(o *edit.Outline, plans []*keyPlan, v *edit.Value, at string) map[string]any {
	shown := map[string]any{}
	for _, k := range plans {
		if one := v.Get(k.name); one != nil {
			shown[k.name] = f.value(o, k, one, at+"/"+k.name)
		}
	}
	return shown
}

func (f *stepForm) ways(o *edit.Outline, s *edit.Step) any {
	plan := documentSchema().waysPlan()
	rows := []any{}
	for _, e := range o.EdgesOf(s) {
		if !e.Written() {
			f.Ways = false // an alias: its edges are for the text alone
		}
		rows = append(rows, f.keys(o, plan.inner, e, "/ways/-"))
	}
	return rows
}

func (f *stepForm) value(o *edit.Outline, k *keyPlan, v *edit.Value, at string) any {
	if k.kind == planRaw || !k.fits(v) {
		if k.kind != planRaw {
			f.Raw = append(f.Raw, at)
		}
		return o.Source(v)
	}
	list := []any{}
	switch k.kind {
	case planNumber:
		return json.Number(v.Text)
	case planBool:
		return v.Text == "true"
	case planPeople, planTexts:
		if v.Kind != workflow.TreeList {
			return []any{v.Text}
		}
		for _, item := range v.Items {
			list = append(list, item.Text)
		}
		return list
	case planGroup:
		return f.keys(o, k.inner, v, at)
	case planRows, planNamed:
		for _, item := range v.Items {
			if item.Kind != workflow.TreeObject {
				list = append(list, map[string]any{"name": item.Text})
				continue
			}
			list = append(list, f.keys(o, k.inner, item, at+"/-"))
		}
		return list
	case planPairs:
		pairs := map[string]any{}
		for _, one := range v.Fields {
			pairs[one.Name] = one.Value.Text
		}
		return pairs
	}
	return v.Text
}

// only leaves the values of the form itself.
func (f *stepForm) only(values url.Values) url.Values {
	typed := url.Values{}
	for name, list := range values {
		if f.form.Knows(name) {
			typed[name] = list
		}
	}
	return typed
}

// submit says what somebody has changed: nothing (nil), or the keys with their
// values. Errors stand at the fields.
func (f *stepForm) submit(p views.Page, o *edit.Outline, values url.Values) (*edit.SetStep, *form.Errors) {
	opts := form.DecodeOptions{Zone: time.UTC, Stored: f.stored()}
	now, errs := f.form.Submit(f.only(values), opts, form.Full)
	was, _ := f.form.Submit(f.form.Typed(f.stored(), opts), opts, form.Full)
	changed := changedKeys(was, now, "step")
	ways := f.Ways && !reflect.DeepEqual(inMap(was, "ways"), inMap(now, "ways"))
	if len(changed) == 0 && !ways {
		return nil, nil
	}
	if !errs.Empty() {
		return nil, errs
	}
	return f.changes(o, changed, ways, now)
}

func (f *stepForm) changes(o *edit.Outline, changed []string, ways bool, now any) (*edit.SetStep, *form.Errors) {
	r := &stepReader{form: f, outline: o}
	set := &edit.SetStep{Step: f.Path, Values: map[string]*edit.Value{}}
	var old *edit.Value
	if s := o.Step(f.Path); s != nil {
		old = s.Value()
	}
	for _, k := range f.plans {
		if !slices.Contains(changed, k.name) {
			continue
		}
		set.Keys = append(set.Keys, k.name)
		if v := r.read(k, inMap(inMap(now, "step"), k.name), old.Get(k.name), "/step/"+k.name); v != nil {
			set.Values[k.name] = v
		}
	}
	set.Order = keyOrder(f.plans)
	if ways {
		set.Ways = []*edit.Value{}
		rows, _ := inMap(now, "ways").([]any)
		for i, row := range rows {
			if v := r.group(documentSchema().waysPlan().inner, row, nil, "/ways/"+strconv.Itoa(i)); v != nil {
				set.Ways = append(set.Ways, v)
			}
		}
	}
	return set, r.errors()
}

func keyOrder(plans []*keyPlan) []string {
	order := []string{"name", "type"}
	for _, k := range plans {
		order = append(order, k.name)
	}
	return order
}

func inMap(v any, key string) any {
	object, _ := v.(map[string]any)
	return object[key]
}

// changedKeys lists the keys under which two values differ.
func changedKeys(was, now any, under string) []string {
	a, _ := inMap(was, under).(map[string]any)
	b, _ := inMap(now, under).(map[string]any)
	var keys []string
	for key := range b {
		if !reflect.DeepEqual(a[key], b[key]) {
			keys = append(keys, key)
		}
	}
	for key := range a {
		if _, ok := b[key]; !ok {
			keys = append(keys, key)
		}
	}
	return keys
}
