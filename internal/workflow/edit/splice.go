package edit

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// A document is a text with what it says. Its methods change both.
type document struct {
	text string
	root *Value
	json bool
	err  error // the first thing that went wrong; then nothing changes any more
}

// A change takes the place of some bytes of the text.
type change struct {
	from, to int
	text     string
}

func open(source string) (*document, error) {
	tree, err := workflow.ReadTree([]byte(source))
	if err != nil {
		return nil, err
	}
	d := &document{text: source, root: valueOf(tree), json: workflow.IsJSON([]byte(source))}
	if at, ok := layout(source, d.root); !ok {
		return nil, d.strange(at)
	}
	return d, nil
}

// strange is the refusal of a place that is written in a way which the walk
// does not follow.
func (d *document) strange(at int) *Refusal {
	return &Refusal{Code: "strange", Args: []any{strings.Count(d.text[:min(at, len(d.text))], "\n") + 1}}
}

func (d *document) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// settle makes the changes, which do not overlap, and places all values anew.
func (d *document) settle(changes ...change) {
	if d.err != nil {
		return
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for _, c := range changes {
		if c.from < done || c.to < c.from {
			d.fail(d.strange(c.from))
			return
		}
		b.WriteString(d.text[done:c.from])
		b.WriteString(c.text)
		done = c.to
	}
	b.WriteString(d.text[done:])
	d.text = b.String()
	if at, ok := layout(d.text, d.root); !ok {
		d.fail(d.strange(at))
	}
}

// finish gives the changed text when it says what was meant.
func (d *document) finish() (string, error) {
	if d.err != nil {
		return "", d.err
	}
	tree, err := workflow.ReadTree([]byte(d.text))
	if err != nil {
		return "", &Refusal{Code: "unwritable"}
	}
	if !valueOf(tree).Equal(d.root) {
		return "", &Refusal{Code: "unwritable"}
	}
	return d.text, nil
}

func (d *document) style(c *Value) style { return style{json: d.json, flow: c.flow} }

// own reports whether the entries of a list or object all stand in it.
func (c *Value) own() bool {
	return !c.shared && len(c.entries) == len(c.Items)+len(c.Fields)
}

// beginsLine reports whether only white space is before an offset on its line.
func (d *document) beginsLine(at int) bool {
	return strings.TrimLeft(d.text[lineStart(d.text, at):at], " \t") == ""
}

// endsLine reports whether only white space, a comma and a comment follow.
func (d *document) endsLine(at int) bool {
	rest := strings.TrimLeft(d.text[at:lineEnd(d.text, at)], " \t\r,")
	return rest == "" || rest[0] == '#'
}

// insert puts an entry into a list (name "") or object, in front of the one at
// an index.
func (d *document) insert(c *Value, index int, name string, v *Value) {
	if d.err != nil {
		return
	}
	if c.shared || index > len(c.entries) {
		d.fail(&Refusal{Code: "shared"})
		return
	}
	var changes []change
	if c.flow {
		text := d.style(c).inline(v)
		if name != "" {
			text = d.style(c).key(name) + ": " + text
		}
		changes = d.insertFlow(c, index, text)
	} else {
		changes = d.insertLines(c, index, d.entryLines(c, name, v))
	}
	if c.is(workflow.TreeList) {
		c.Items = slices.Insert(c.Items, index, v)
	} else {
		c.Fields = slices.Insert(c.Fields, index, &Field{name, v})
	}
	d.settle(changes...)
}

// entryLines writes an entry of a list or object without brackets. Objects in a
// list are written as those beside them: in braces or not.
func (d *document) entryLines(c *Value, name string, v *Value) []string {
	s := d.style(c)
	if name != "" {
		return s.field(name, v)
	}
	if last := len(c.Items) - 1; v.is(workflow.TreeObject) && last >= 0 && c.Items[last].is(workflow.TreeObject) && c.Items[last].flow && isSmall(v) {
		return []string{"- " + s.inline(v)}
	}
	return s.item(v)
}

// isSmall reports whether an object reads well on one line.
func isSmall(v *Value) bool {
	return !slices.ContainsFunc(v.Fields, func(f *Field) bool { return !f.Value.isScalar() || len(f.Value.Text) > short })
}

// insertLines puts lines between the entries of a list or object without
// brackets.
func (d *document) insertLines(c *Value, index int, lines []string) []change {
	text := shifted(lines, c.indent)
	if index == 0 {
		first := c.entries[0].from
		if !d.beginsLine(first) { // the first key of an object stands beside its dash
			return []change{{first, first, strings.TrimLeft(text, " ") + "\n" + strings.Repeat(" ", c.indent)}}
		}
		at := d.head(c, 0)
		return []change{{at, at, text + "\n"}}
	}
	at := d.tail(c, index-1)
	if at == len(d.text) && !strings.HasSuffix(d.text, "\n") {
		return []change{{at, at, "\n" + text}}
	}
	return []change{{at, at, text + "\n"}}
}

// shifted puts lines further in; blank ones stay empty.
func shifted(lines []string, indent int) string {
	out := make([]string, len(lines))
	for i, line := range lines {
		if line != "" {
			out[i] = strings.Repeat(" ", indent) + line
		}
	}
	return strings.Join(out, "\n")
}

// insertFlow puts a text between the entries of brackets, on a line of its own
// where the entry before has one.
func (d *document) insertFlow(c *Value, index int, text string) []change {
	if len(c.entries) == 0 {
		return []change{{c.from + 1, c.from + 1, text}}
	}
	near := c.entries[max(index-1, 0)]
	lead := d.text[lineStart(d.text, near.from):near.from]
	alone := d.beginsLine(near.from)
	switch {
	case index == 0 && alone:
		return []change{{near.from, near.from, text + ",\n" + lead}}
	case index == 0:
		return []change{{near.from, near.from, text + ", "}}
	case !alone || !d.endsLine(near.to):
		return []change{{near.to, near.to, ", " + text}}
	case index < len(c.entries) || strings.HasPrefix(strings.TrimLeft(d.text[near.to:], " \t"), ","):
		end := lineEnd(d.text, near.to)
		return []change{{end, end, "\n" + lead + text + ","}}
	}
	end := lineEnd(d.text, near.to)
	if end == near.to {
		return []change{{end, end, ",\n" + lead + text}}
	}
	return []change{{near.to, near.to, ","}, {end, end, "\n" + lead + text}}
}

// head gives where an entry without brackets begins with the comment lines that
// belong to it; tail, where the line after it and its comments begins.
func (d *document) head(c *Value, i int) int {
	at := lineStart(d.text, c.entries[i].from)
	for at > 0 {
		line := lineStart(d.text, at-1)
		if in := d.comment(line); in < 0 || in > c.indent {
			break
		}
		at = line
	}
	return at
}

func (d *document) tail(c *Value, i int) int {
	at := after(d.text, lineEnd(d.text, c.entries[i].to))
	for at < len(d.text) {
		if in := d.comment(at); in <= c.indent {
			break
		}
		at = after(d.text, lineEnd(d.text, at))
	}
	return at
}

// comment gives the column of the comment that a line consists of, -1 when it
// is another line.
func (d *document) comment(line int) int {
	in := line
	for in < len(d.text) && d.text[in] == ' ' {
		in++
	}
	if in < len(d.text) && d.text[in] == '#' {
		return in - line
	}
	return -1
}
