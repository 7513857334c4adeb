package edit

import (
	"strings"

	"tandem/internal/workflow"
)

// A walk finds the places of values in a text that says them. It does not read
// the text by itself: it knows what comes and looks where. Where the text is
// written in a way that it does not follow, it is lost.
type walk struct {
	text string
	lost bool
	at   int // where it got lost
}

// layout gives all values below root their places; false with the offset at
// which the text was not understood.
func layout(text string, root *Value) (int, bool) {
	w := &walk{text: text}
	from := w.space(0)
	for strings.HasPrefix(text[from:], "---") || strings.HasPrefix(text[from:], "%") {
		from = w.space(lineEnd(text, from))
	}
	w.value(root, from, -1, false)
	return w.at, !w.lost
}

func (w *walk) lose(at int) {
	if !w.lost {
		w.lost, w.at = true, at
	}
}

// space passes over white space and comments.
func (w *walk) space(at int) int {
	for at < len(w.text) {
		switch c := w.text[at]; {
		case strings.IndexByte(" \t\r\n", c) >= 0 || strings.HasPrefix(w.text[at:], "\ufeff"):
			at++
		case c == '\xbb' || c == '\xbf': // the rest of a byte order mark
			at++
		case c == '#' && (at == 0 || strings.IndexByte(" \t\n\ufeff", w.text[at-1]) >= 0):
			at = lineEnd(w.text, at)
		default:
			return at
		}
	}
	return at
}

// blanks passes over spaces on the line.
func (w *walk) blanks(at int) int {
	for at < len(w.text) && (w.text[at] == ' ' || w.text[at] == '\t') {
		at++
	}
	return at
}

func (w *walk) starts(at int, prefix string) bool { return strings.HasPrefix(w.text[at:], prefix) }

// endsWord reports whether white space or the end follows.
func (w *walk) endsWord(at int) bool {
	return at >= len(w.text) || strings.IndexByte(" \t\r\n", w.text[at]) >= 0
}

// value places one value that begins at or after an offset, and gives where it
// ends. indent is the column of the entry around it, -1 for the document.
func (w *walk) value(v *Value, from, indent int, flow bool) int {
	if w.lost {
		return from
	}
	at := w.begin(v, from, flow)
	v.after, v.from, v.flow, v.shared, v.entries = from, at, false, false, nil
	if v.Kind == workflow.TreeNull && w.nothing(at, flow) {
		v.from, v.to = from, from
		return from
	}
	if at >= len(w.text) {
		w.lose(from)
		return from
	}
	v.to = w.body(v, at, indent, flow)
	return v.to
}

// begin passes over what may stand before a value: space, an anchor, a tag. The
// value of a key may be missing; then it begins on the line of the key.
func (w *walk) begin(v *Value, from int, flow bool) int {
	at := w.space(from)
	if v.Kind == workflow.TreeNull && !flow {
		at = w.blanks(from)
	}
	for at < len(w.text) && (w.text[at] == '&' || w.text[at] == '!') {
		for !w.endsWord(at) && !(flow && strings.IndexByte(",]}", w.text[at]) >= 0) {
			at++
		}
		at = w.space(at)
	}
	return at
}

// nothing reports whether no value is written.
func (w *walk) nothing(at int, flow bool) bool {
	if at >= len(w.text) || strings.IndexByte("\r\n#", w.text[at]) >= 0 {
		return true
	}
	return flow && strings.IndexByte(",]}", w.text[at]) >= 0
}

func (w *walk) body(v *Value, at, indent int, flow bool) int {
	switch c := w.text[at]; {
	case c == '*':
		v.shared = true
		for !w.endsWord(at) && strings.IndexByte(",]}", w.text[at]) < 0 {
			at++
		}
		return at
	case c == '"' || c == '\'':
		if v.Kind == workflow.TreeObject && !flow {
			return w.blockObject(v, at)
		}
		return w.quoted(at)
	case c == '{' && v.Kind == workflow.TreeObject, c == '[' && v.Kind == workflow.TreeList:
		return w.flowEntries(v, at)
	case (c == '|' || c == '>') && !flow && v.isScalar():
		return w.block(at, indent)
	case v.Kind == workflow.TreeObject && !flow:
		return w.blockObject(v, at)
	case v.Kind == workflow.TreeList && !flow:
		return w.blockList(v, at)
	case v.isScalar():
		return w.plain(v, at, indent, flow)
	}
	w.lose(at)
	return at
}

// quoted gives the end of a text in quotes.
func (w *walk) quoted(at int) int {
	quote := w.text[at]
	for i := at + 1; i < len(w.text); i++ {
		switch {
		case w.text[i] == '\\' && quote == '"':
			i++
		case w.text[i] == quote && quote == '\'' && w.starts(i, "''"):
			i++
		case w.text[i] == quote:
			return i + 1
		}
	}
	w.lose(at)
	return at
}

// block gives the end of a text that begins with | or >: of its last line that
// is not blank.
func (w *walk) block(at, indent int) int {
	end := lineEnd(w.text, at)
	for line := after(w.text, end); line < len(w.text); line = after(w.text, lineEnd(w.text, line)) {
		in := w.indentAt(line)
		if in == len(w.text) || strings.IndexByte("\r\n", w.text[in]) >= 0 {
			continue // blank
		}
		if in-line <= indent {
			break
		}
		end = lineEnd(w.text, line)
	}
	return len(strings.TrimRight(w.text[:end], "\r"))
}

// indentAt gives the offset of the first character of a line that is no space.
func (w *walk) indentAt(line int) int {
	for line < len(w.text) && w.text[line] == ' ' {
		line++
	}
	return line
}

// plain gives the end of a scalar without quotes. Texts of several lines go on
// while lines are further in than the entry around them.
func (w *walk) plain(v *Value, at, indent int, flow bool) int {
	end := w.plainLine(at, flow)
	if flow || v.Kind != workflow.TreeText || w.text[at:end] == v.Text {
		return end
	}
	for line := after(w.text, lineEnd(w.text, end)); line < len(w.text); line = after(w.text, lineEnd(w.text, line)) {
		in := w.blanks(line)
		if in == len(w.text) || strings.IndexByte("\r\n", w.text[in]) >= 0 {
			continue
		}
		if in-line <= indent || w.text[in] == '#' {
			break
		}
		end = w.plainLine(in, false)
	}
	return end
}

// plainLine gives the end of what a scalar without quotes has on one line; in
// brackets, on all its lines.
func (w *walk) plainLine(at int, flow bool) int {
	end := at
	for i := at; i < len(w.text); i++ {
		switch c := w.text[i]; {
		case c == '\n' && !flow:
			return end
		case flow && strings.IndexByte(",]}", c) >= 0:
			return end
		case c == '#' && i > at && strings.IndexByte(" \t\n", w.text[i-1]) >= 0:
			return end
		case strings.IndexByte(" \t\r\n", c) < 0:
			end = i + 1
		}
	}
	return end
}

// after gives the beginning of the line after the one that ends at an offset.
func after(text string, end int) int { return min(end+1, len(text)) }

// lineEnd gives the offset of the line feed that ends the line, or of the end.
func lineEnd(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// lineStart gives the offset at which the line of an offset begins.
func lineStart(text string, at int) int { return strings.LastIndexByte(text[:at], '\n') + 1 }
