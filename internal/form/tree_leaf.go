package form

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func (n *node) fail(code string, params Params) {
	n.faults = append(n.faults, fault{code: code, params: params})
}

// readLocked gives a node that people cannot change its value, and what is
// inside for show.
func (g *grower) readLocked(n *node) {
	n.locked = true
	s := n.fresh
	n.value, n.present, n.touched = s.value, s.present, 0
	if n.shape.constant != nil {
		if !s.present || !sameJSON(s.value, *n.shape.constant) {
			n.value, n.present = *n.shape.constant, s.present || n.required || n.branch || n.slot.fresh && !n.shape.implied
		}
		return
	}
	if !n.shape.structured() {
		return
	}
	typed := g.values
	g.values = nil
	defer func() { g.values = typed }()
	if g.asJSON(n) || !s.present && n.recurs() && n.at.pointer != "" {
		n.shape = freed(n.shape)
		return
	}
	if n.shape.proto.Kind == List {
		g.list(n)
	} else {
		g.group(n)
	}
	obj, _ := n.value.(map[string]any)
	n.present = s.present || n.shape.proto.Kind == Group && (n.required || len(obj) > 0)
	if s.present {
		n.value = s.value
	}
}

// leaf reads a single control.
func (g *grower) leaf(n *node) {
	if n.unsent {
		n.value, n.present = n.fresh.value, n.fresh.present
		if n.shape.proto.Kind == Checkbox && !n.present {
			n.value, n.present = false, true
		}
		return
	}
	texts := n.texts
	n.value, n.present = nil, false
	switch kind := n.shape.proto.Kind; {
	case kind == Checkboxes || kind == MultiSelect:
		n.readList(texts)
	case kind == Checkbox:
		n.readCheck(texts)
	case len(texts) > 1:
		n.fail("sent_twice", nil)
		n.value, n.present = texts[0], true
	case n.shape.choices != nil:
		n.readChoice(textAt(texts))
	case kind == File:
		n.readFile(textAt(texts))
	default:
		g.readText(n, lineFeeds(textAt(texts)))
	}
}

func textAt(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

// readCheck reads a checkbox: "false" comes from its hidden companion.
func (n *node) readCheck(texts []string) {
	if len(texts) == 0 {
		return
	}
	checked := texts[len(texts)-1] == "true"
	if !slices.Equal(texts, []string{"false"}) && !slices.Equal(texts, []string{"true"}) && !slices.Equal(texts, []string{"false", "true"}) {
		n.fail("choice", nil)
		return
	}
	if checked != (n.fresh.present && n.fresh.value == true) {
		n.touched++
	}
	n.value, n.present = checked, true
}

func (n *node) readChoice(text string) {
	s, shown := n.fresh, ""
	if s.present {
		shown = n.shape.indexOf(s.value)
	}
	if text != shown {
		n.touched++
	}
	switch {
	case text == "" && n.shape.nullable && (n.required || n.slot.present):
		n.present = true
		return
	case text == "":
		return
	case text == shown:
		n.value, n.present = s.value, true
		return
	}
	i, ok := n.shape.choiceIndex(text)
	if !ok {
		n.fail("choice", nil)
		return
	}
	n.value, n.present = n.shape.choices[i].value, true
}

func (s *shape) choiceIndex(text string) (int, bool) {
	i, err := strconv.Atoi(text)
	return i, err == nil && i >= 0 && i < len(s.choices) && itoa(i) == text
}

// indexOf gives the index of a value among the choices as text, "" for none.
func (s *shape) indexOf(v any) string {
	for i, c := range s.choices {
		if sameJSON(c.value, v) {
			return itoa(i)
		}
	}
	return ""
}

// readList reads several choices; an empty text comes from their hidden
// companion.
func (n *node) readList(texts []string) {
	if len(texts) == 0 {
		return
	}
	var picked []int
	for _, text := range texts {
		if text == "" {
			continue
		}
		i, ok := n.shape.choiceIndex(text)
		if !ok || slices.Contains(picked, i) {
			n.fail("choice", nil)
			return
		}
		picked = append(picked, i)
	}
	slices.Sort(picked)
	before, _ := n.fresh.value.([]any)
	if slices.Equal(n.shape.indexesOf(before), picked) {
		if n.fresh.present {
			n.value, n.present = n.fresh.value, true
			return
		}
	} else {
		n.touched++
	}
	list := make([]any, len(picked))
	for i, k := range picked {
		list[i] = n.shape.choices[k].value
	}
	n.value, n.present = list, len(list) > 0 || n.required || n.slot.present
}

func (s *shape) indexesOf(list []any) []int {
	var indexes []int
	for _, v := range list {
		if i, err := strconv.Atoi(s.indexOf(v)); err == nil {
			indexes = append(indexes, i)
		}
	}
	slices.Sort(indexes)
	return indexes
}

// readText reads a control that holds text. What is sent back as it was shown is
// the stored value itself, to the last digit; empty text is an absent value, or
// null where the schema allows that and something has to be there.
func (g *grower) readText(n *node, text string) {
	shown, before := n.fresh, ""
	if shown.present {
		before = n.shape.text(shown.value, g.zone)
	}
	if text != before {
		n.touched++
	}
	switch {
	case shown.present && text == before && n.shape.holds(shown.value):
		n.value, n.present = shown.value, true
	case text == "" && n.shape.nullable && (n.required || n.slot.present):
		n.present = true
	case text == "":
	case strings.ContainsRune(text, 0) || !utf8.ValidString(text):
		n.fail("json_text", nil)
	default:
		n.value, n.present = g.convert(n, text), true
	}
}

func (g *grower) convert(n *node, text string) any {
	switch n.shape.proto.Kind {
	case Number, Integer:
		return n.readNumber(text)
	case DateTimeLocal:
		return parseLocalDateTime(text, g.zone)
	case Time:
		return parseUTCTime(text)
	case Date, Email, URL, Color:
		return strings.TrimSpace(text)
	case JSON:
		return n.readJSON(text)
	}
	return text
}

// readNumber reads a decimal number. Its digits stay as they were typed.
func (n *node) readNumber(text string) any {
	digits := plainNumber(strings.TrimSpace(text))
	if !isJSONNumber(digits) {
		code := "type_number"
		if n.shape.integer {
			code = "type_integer"
		}
		if strings.ContainsAny(digits, ",'’ \u00a0\u202f") && strings.ContainsAny(digits, "0123456789") {
			code = "number_comma"
		}
		n.fail(code, nil)
		return text
	}
	if !boundedNumber(digits) {
		n.fail("json_number", nil)
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

func (n *node) readJSON(text string) any {
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
	n.fail(fault.code, params)
	return text
}

// readFile reads the reference to an uploaded file, or keptFile for a stored
// value that is none.
func (n *node) readFile(text string) {
	s := n.fresh
	stored, _ := s.value.(string)
	switch {
	case text == keptFile && s.present || text != "" && text == stored:
		n.value, n.present = s.value, true
		return
	case text == "" && !s.present:
		return
	}
	n.touched++
	switch {
	case text == "" && n.shape.nullable && (n.required || n.slot.present):
		n.present = true
	case text == "":
	default:
		n.value, n.present = text, true
		switch a, ok := ParseAttachment(text); {
		case !ok:
			n.fail("file", nil)
		case !a.isOf(n.shape.proto.Accept):
			n.fail("file_accept", Params{"accept": n.shape.proto.Accept})
		}
	}
}
