package edit

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// remove takes entries out of a list or object, not all of them.
func (d *document) remove(c *Value, gone func(i int) bool) {
	if d.err != nil {
		return
	}
	if c.shared {
		d.fail(&Refusal{Code: "shared"})
		return
	}
	var out []int
	for i := range len(c.Items) + len(c.Fields) {
		if gone(i) {
			out = append(out, i)
		}
	}
	if len(out) > 0 && (out[len(out)-1] >= len(c.entries) || len(out) == len(c.entries) && !c.flow) {
		d.fail(&Refusal{Code: "shared"})
		return
	}
	changes := d.without(c, out)
	for _, i := range slices.Backward(out) {
		if c.is(workflow.TreeList) {
			c.Items = slices.Delete(c.Items, i, i+1)
		} else {
			c.Fields = slices.Delete(c.Fields, i, i+1)
		}
	}
	d.settle(changes...)
}

func (d *document) without(c *Value, out []int) []change {
	if len(out) == 0 {
		return nil
	}
	if c.flow && len(out) == len(c.entries) {
		return []change{{c.from + 1, c.to - 1, ""}}
	}
	var changes []change
	for _, i := range out {
		if c.flow {
			changes = append(changes, d.withoutFlow(c, i, out)...)
		} else {
			changes = append(changes, d.withoutLines(c, i))
		}
	}
	return changes
}

func (d *document) withoutLines(c *Value, i int) change {
	e := c.entries[i]
	if !d.beginsLine(e.from) { // beside its dash: the next key takes its place
		return change{e.from, c.entries[i+1].from, ""}
	}
	from, to := d.head(c, i), d.tail(c, i)
	if to == len(d.text) && !strings.HasSuffix(d.text, "\n") && from > 0 {
		from-- // the text ended without a line feed, and still does
	}
	return change{from, to, ""}
}

// withoutFlow cuts an entry out of brackets together with a comma: that behind
// it or, where no entry stays behind it, that of the last one that stays.
func (d *document) withoutFlow(c *Value, i int, out []int) []change {
	e := c.entries[i]
	from, to := e.from, e.to
	rest := strings.TrimLeft(d.text[to:], " \t\r\n")
	comma := strings.HasPrefix(rest, ",")
	if comma {
		to += strings.IndexByte(d.text[to:], ',') + 1
	}
	alone := d.beginsLine(from) && d.endsLine(e.to)
	last := true
	for j := i + 1; j < len(c.entries); j++ {
		last = last && slices.Contains(out, j)
	}
	switch {
	case alone:
		changes := []change{{lineStart(d.text, from), after(d.text, lineEnd(d.text, to)), ""}}
		if last && !slices.Contains(out, i-1) && !d.trails(c) {
			behind := c.entries[i-1].to
			at := behind + strings.IndexByte(d.text[behind:], ',')
			changes = append(changes, change{at, at + 1, ""})
		}
		return changes
	case last && slices.Contains(out, i-1):
		return []change{{c.entries[i-1].to, e.to, ""}}
	case last:
		return []change{{c.entries[i-1].to, e.to, ""}}
	}
	for to < len(d.text) && (d.text[to] == ' ' || d.text[to] == '\t') {
		to++
	}
	return []change{{from, to, ""}}
}

// trails reports whether a comma stands behind the last entry.
func (d *document) trails(c *Value) bool {
	behind := d.text[c.entries[len(c.entries)-1].to:c.to]
	return strings.HasPrefix(strings.TrimLeft(behind, " \t\r\n"), ",")
}

// replace puts another value in the place of one. indent is the column of the
// entry that holds it, item says that this is an item of a list.
func (d *document) replace(v *Value, with *Value, indent int, item, flow bool) {
	if d.err != nil {
		return
	}
	changes := d.replacing(v, with, indent, item, flow)
	v.Kind, v.Text, v.Items, v.Fields = with.Kind, with.Text, with.Items, with.Fields
	d.settle(changes...)
}

func (d *document) replacing(v, with *Value, indent int, item, flow bool) []change {
	s := style{json: d.json, flow: flow}
	if v.is(workflow.TreeText) && v.to > v.from && strings.IndexByte(`"'`, d.text[v.from]) >= 0 {
		s.quote = d.text[v.from]
	}
	gap := ""
	if v.from == v.after && strings.IndexByte(":-", d.text[v.from-1]) >= 0 {
		gap = " "
	}
	below := !flow && d.hasLines(v) // the value begins on a line below its key
	nests := with.raw != "" || s.nests(with)
	switch {
	case below && !item && nests:
		lines := strings.Split(with.raw, "\n")
		if with.raw == "" {
			lines = s.lines(with)
		}
		return []change{{v.from, v.to, strings.TrimLeft(shifted(lines, v.from-lineStart(d.text, v.from)), " ")}}
	case flow && !with.isScalar(), !item && !flow && !below && !with.isScalar() && !nests:
		return []change{{v.from, v.to, gap + s.inline(with)}}
	case flow:
		return []change{{v.from, v.to, gap + s.scalar(with)}}
	case with.isScalar() && with.raw == "" && !isLong(with) && !below:
		return []change{{v.from, v.to, gap + s.scalar(with)}}
	}
	lines := s.field("k", with)
	if item {
		lines = s.item(with)
	}
	head := strings.TrimPrefix(strings.TrimPrefix(lines[0], "k:"), "-")
	text := head
	if len(lines) > 1 {
		text += "\n" + shifted(lines[1:], indent)
	}
	if below || item || head != "" {
		return []change{{v.after, v.to, text}}
	}
	// The comment on the key's line stays there.
	end := lineEnd(d.text, v.to)
	return []change{{v.after, v.to, ""}, {end, end, text}}
}

// hasLines reports whether a value takes lines below the one on which its key
// or dash stands.
func (d *document) hasLines(v *Value) bool {
	return strings.Contains(d.text[v.after:v.from], "\n")
}

// swap exchanges an entry of a list with the one after it. What stands between
// the two stays there.
func (d *document) swap(c *Value, i int) {
	if d.err != nil {
		return
	}
	if !c.own() || i+1 >= len(c.entries) || !c.flow && !d.beginsLine(c.entries[i].from) {
		d.fail(&Refusal{Code: "shared"})
		return
	}
	a, b := c.entries[i], c.entries[i+1]
	if !c.flow {
		a, b = entry{d.head(c, i), d.tail(c, i)}, entry{d.head(c, i+1), d.tail(c, i+1)}
	}
	first, second := d.text[a.from:a.to], d.text[b.from:b.to]
	if !c.flow && !strings.HasSuffix(second, "\n") { // the end of the text
		first, second = strings.TrimSuffix(first, "\n"), second+"\n"
	}
	c.Items[i], c.Items[i+1] = c.Items[i+1], c.Items[i]
	d.settle(change{a.from, a.to, second}, change{b.from, b.to, first})
}
