package form

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxNames        = 2 * maxFields
	maxUnknownNames = 10
)

// DecodeOptions says what a browser's answer is read against.
type DecodeOptions struct {
	Stored   any            // the stored value that the form showed, nil for none
	Zone     *time.Location // in which dates with time were shown; UTC by default
	Reserved []string       // names of the caller's own fields, beside those that begin with "_"
}

// Decode reads what a browser sent, by the schema and never by guess. Values of
// fixed fields, and members without a field, come from Stored. Text that cannot
// be decoded stays in the value as text, so that nothing typed is lost, and is
// reported. Only names of the form, those that begin with "_" and Reserved are
// accepted. At most 1 MiB is read.
func (f *Form) Decode(values url.Values, opts DecodeOptions) (any, *Errors) {
	d := &decoder{names: f, values: values, zone: zoneOf(opts.Zone), taken: map[string]bool{}}
	if tooLarge(values) {
		d.fail(place{}, "too_large", nil)
		return opts.Stored, d.errs.tidy(f)
	}
	var value any = map[string]any{}
	if f.root != nil {
		value = d.root(f.root, rootSlot(opts.Stored))
	} else if opts.Stored != nil {
		value = opts.Stored
	}
	d.refuseUnknown(opts.Reserved)
	return value, d.errs.tidy(f)
}

// Submit decodes and validates; each error stands once, at its field.
func (f *Form) Submit(values url.Values, opts DecodeOptions, mode Mode) (any, *Errors) {
	value, errs := f.Decode(values, opts)
	if errs == nil {
		errs = &Errors{}
	}
	if mode.skip {
		errs.List = slices.DeleteFunc(errs.List, func(e Error) bool { return !refused(e.Code) })
		return value, errs.result()
	}
	if found := f.Validate(value, mode); found != nil {
		errs.List = append(errs.List, found.List...)
	}
	return value, errs.tidy(f)
}

// refused reports whether an error of decoding stands whatever the mode: the
// request itself is wrong, not only what was typed.
func refused(code string) bool {
	return slices.Contains([]string{"unknown_field", "sent_twice", "too_large", "json_text"}, code)
}

func tooLarge(values url.Values) bool {
	size := 0
	for name, texts := range values {
		size += len(name)
		for _, text := range texts {
			size += len(text)
		}
	}
	return size > maxValueBytes || len(values) > maxNames
}

type decoder struct {
	names   namer
	values  url.Values
	zone    *time.Location
	taken   map[string]bool
	ignored []string // names of fixed values; what lies below them is ignored too
	touched int      // controls that people changed
	errs    Errors
}

func (d *decoder) fail(at place, code string, params Params) {
	e := newError(d.names, tokensOf(at.pointer), code, params)
	e.typed = true
	d.errs.add(e)
}

func (d *decoder) root(n *node, s slot) any {
	value, ok := d.value(n, place{}, s)
	if !ok && n.object {
		return map[string]any{}
	}
	return value
}

// value gives the value of a node, and whether there is one.
func (d *decoder) value(n *node, at place, s slot) (any, bool) {
	if !n.editable() {
		d.ignored = append(d.ignored, at.htmlName())
		return n.fixed(s)
	}
	if n.proto.Kind == Group {
		return d.group(n, at, s)
	}
	texts := d.values[at.htmlName()]
	d.taken[at.htmlName()] = true
	switch {
	case n.proto.Kind == Checkboxes:
		return d.list(n, at, s, texts)
	case n.proto.Kind == Checkbox:
		return d.check(n, at, s, texts)
	case len(texts) > 1:
		d.fail(at, "sent_twice", nil)
		return texts[0], true
	case len(texts) == 0:
		texts = []string{""}
	}
	if n.choices != nil {
		return d.choice(n, at, s, texts[0])
	}
	return d.text(n, at, s, lineFeeds(texts[0]))
}

func (d *decoder) group(n *node, at place, s slot) (any, bool) {
	obj := map[string]any{}
	before := d.touched
	inside := n.shown(s)
	shown, _ := inside.value.(map[string]any)
	for key, v := range shown {
		if n.child(key) == nil {
			obj[key] = v
		}
	}
	for _, c := range n.children {
		if v, ok := d.value(c, at.property(c.key), inside.child(c.key)); ok {
			obj[c.key] = v
		}
	}
	if n.required || s.present || n.def != nil || d.touched > before {
		return obj, true
	}
	// Nobody touched this optional group: it counts only when it says something
	// and lacks nothing.
	return obj, !n.blank(obj) && n.complete(obj)
}

// blank reports whether a group holds nothing but what empty controls send.
func (n *node) blank(obj map[string]any) bool {
	for _, c := range n.children {
		if v, ok := obj[c.key]; ok && c.constant == nil && !c.blankValue(v) {
			return false
		}
	}
	return true
}

func (n *node) blankValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return n.nullable
	case bool:
		return n.proto.Kind == Checkbox && !v
	case []any:
		return n.proto.Kind == Checkboxes && len(v) == 0
	case map[string]any:
		return n.proto.Kind == Group && n.blank(v)
	}
	return false
}

// complete reports whether a group has all its required members.
func (n *node) complete(obj map[string]any) bool {
	for _, c := range n.children {
		v, ok := obj[c.key]
		if !ok && c.required {
			return false
		}
		if inner, isObject := v.(map[string]any); isObject && c.proto.Kind == Group && !c.complete(inner) {
			return false
		}
	}
	return true
}

// check reads a checkbox: "false" comes from its hidden companion.
func (d *decoder) check(n *node, at place, s slot, texts []string) (any, bool) {
	if len(texts) == 0 {
		return nil, false
	}
	checked := texts[len(texts)-1] == "true"
	if !slices.Equal(texts, []string{"false"}) && !slices.Equal(texts, []string{"true"}) && !slices.Equal(texts, []string{"false", "true"}) {
		d.fail(at, "choice", nil)
		return nil, false
	}
	s = n.shown(s)
	if checked != (s.present && s.value == true) {
		d.touched++
	}
	return checked, true
}

func (d *decoder) choice(n *node, at place, s slot, text string) (any, bool) {
	s = n.shown(s)
	shown := ""
	if s.present {
		shown = n.indexOf(s.value)
	}
	if text != shown {
		d.touched++
	}
	switch {
	case text == "":
		return nil, false
	case text == shown:
		return s.value, true
	}
	i, ok := n.choiceIndex(text)
	if !ok {
		d.fail(at, "choice", nil)
		return nil, false
	}
	return n.choices[i].value, true
}

func (n *node) choiceIndex(text string) (int, bool) {
	i, err := strconv.Atoi(text)
	return i, err == nil && i >= 0 && i < len(n.choices) && itoa(i) == text
}

// list reads checkboxes; an empty text comes from their hidden companion.
func (d *decoder) list(n *node, at place, s slot, texts []string) (any, bool) {
	if len(texts) == 0 {
		return nil, false
	}
	var picked []int
	for _, text := range texts {
		if text == "" {
			continue
		}
		i, ok := n.choiceIndex(text)
		if !ok || slices.Contains(picked, i) {
			d.fail(at, "choice", nil)
			return nil, false
		}
		picked = append(picked, i)
	}
	slices.Sort(picked)
	shown := n.shown(s)
	before, _ := shown.value.([]any)
	if slices.Equal(n.indexesOf(before), picked) {
		if shown.present {
			return shown.value, true
		}
	} else {
		d.touched++
	}
	list := make([]any, len(picked))
	for i, k := range picked {
		list[i] = n.choices[k].value
	}
	return list, len(list) > 0 || n.required || s.present
}

func (n *node) indexesOf(list []any) []int {
	var indexes []int
	for _, v := range list {
		if i, err := strconv.Atoi(n.indexOf(v)); err == nil {
			indexes = append(indexes, i)
		}
	}
	slices.Sort(indexes)
	return indexes
}

// text reads a control that holds text. What is sent back as it was shown is the
// stored value itself, to the last digit; empty text is an absent value, or null
// where the schema allows that and something has to be there.
func (d *decoder) text(n *node, at place, s slot, text string) (any, bool) {
	shown, before := n.shown(s), ""
	if shown.present {
		before = n.text(shown.value, d.zone)
	}
	if text != before {
		d.touched++
	}
	switch {
	case shown.present && text == before && n.holds(shown.value):
		return shown.value, true
	case text == "" && n.nullable && (n.required || s.present):
		return nil, true
	case text == "":
		return nil, false
	case strings.ContainsRune(text, 0) || !utf8.ValidString(text):
		d.fail(at, "json_text", nil)
		return nil, false
	}
	return d.convert(n, at, text)
}

func (d *decoder) convert(n *node, at place, text string) (any, bool) {
	switch n.proto.Kind {
	case Number, Integer:
		return d.number(n, at, text), true
	case DateTimeLocal:
		return parseLocalDateTime(text, d.zone), true
	case Time:
		return parseUTCTime(text), true
	case Date, Email, URL, Color:
		return strings.TrimSpace(text), true
	case JSON:
		return d.json(at, text), true
	}
	return text, true
}

// number reads a decimal number. Its digits stay as they were typed.
func (d *decoder) number(n *node, at place, text string) any {
	digits := plainNumber(strings.TrimSpace(text))
	if !isJSONNumber(digits) {
		code := "type_number"
		if n.integer {
			code = "type_integer"
		}
		if strings.ContainsAny(digits, ",'’ \u00a0\u202f") && strings.ContainsAny(digits, "0123456789") {
			code = "number_comma"
		}
		d.fail(at, code, nil)
		return text
	}
	if !boundedNumber(digits) {
		d.fail(at, "json_number", nil)
		return text
	}
	return json.Number(digits)
}

// plainNumber writes ".5", "+5", "5." and "007" as JSON does; other text stays.
func plainNumber(s string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		sign, s = "-", rest
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	whole, fraction, point := strings.Cut(s, ".")
	if trimmed := strings.TrimLeft(whole, "0"); trimmed != whole {
		whole = trimmed
		if whole == "" || whole[0] < '0' || whole[0] > '9' {
			whole = "0" + whole
		}
	}
	switch {
	case point && whole == "" && fraction != "":
		return sign + "0." + fraction
	case point && fraction == "":
		return sign + whole
	case point:
		return sign + whole + "." + fraction
	}
	return sign + whole
}

func (d *decoder) json(at place, text string) any {
	value, _, err := readJSON([]byte(text), maxValueBytes)
	if err == nil {
		return value
	}
	fault, ok := err.(*jsonFault)
	if !ok {
		fault = &jsonFault{code: "json"}
	}
	params := fault.params("")
	delete(params, "field")
	d.fail(at, fault.code, params)
	return text
}

// refuseUnknown reports names that neither the form nor the caller knows.
func (d *decoder) refuseUnknown(reserved []string) {
	var unknown []string
	for name := range d.values {
		if !d.taken[name] && !strings.HasPrefix(name, "_") && !slices.Contains(reserved, name) && !d.below(name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown[:min(len(unknown), maxUnknownNames)] {
		d.fail(place{}, "unknown_field", Params{"name": cut(name)})
	}
}

// below reports whether name belongs to a value that is ignored.
func (d *decoder) below(name string) bool {
	return slices.ContainsFunc(d.ignored, func(fixed string) bool {
		rest, ok := strings.CutPrefix(name, fixed)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}
