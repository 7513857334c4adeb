package edit

import "strings"

// blockObject places the keys of an object that is written without brackets.
func (w *walk) blockObject(v *Value, at int) int {
	v.indent = at - lineStart(w.text, at)
	end := at
	for i := 0; i < len(v.Fields); i++ {
		key := at
		if i > 0 {
			key = w.space(end)
		}
		for w.merges(key) {
			end = w.passMerged(key)
			key = w.space(end)
		}
		if key >= len(w.text) || key-lineStart(w.text, key) != v.indent {
			w.rest(v, i)
			return end
		}
		colon, ok := w.key(key, v.Fields[i].Name, false)
		if !ok {
			w.lose(key)
			return end
		}
		end = w.value(v.Fields[i].Value, colon, v.indent, false)
		v.entries = append(v.entries, entry{key, end})
		if w.lost {
			return end
		}
	}
	for next := w.space(end); next < len(w.text) && next-lineStart(w.text, next) == v.indent && w.merges(next); next = w.space(end) {
		end = w.passMerged(next)
	}
	return end
}

// rest deals with keys that no line is left for: they came from a merge.
func (w *walk) rest(v *Value, from int) {
	for _, f := range v.Fields[from:] {
		share(f.Value)
	}
}

// share marks a value that is written elsewhere, and all in it.
func share(v *Value) {
	v.shared = true
	for _, item := range v.Items {
		share(item)
	}
	for _, f := range v.Fields {
		share(f.Value)
	}
}

func (w *walk) merges(at int) bool { return w.starts(at, "<<:") }

// passMerged passes over a merge key whose value is an alias or a list of some.
func (w *walk) passMerged(at int) int {
	at = w.blanks(at + len("<<:"))
	end := len(strings.TrimRight(w.text[:lineEnd(w.text, at)], " \t\r"))
	if value := w.text[at:end]; strings.HasPrefix(value, "*") {
		return at + strings.IndexAny(value+" ", " \t")
	} else if strings.HasPrefix(value, "[") && strings.Contains(value, "]") {
		return at + strings.IndexByte(value, ']') + 1
	}
	w.lose(at)
	return end
}

// key passes over a key of this name and its colon.
func (w *walk) key(at int, name string, flow bool) (int, bool) {
	end := at
	switch {
	case at >= len(w.text):
		return at, false
	case w.text[at] == '"' || w.text[at] == '\'':
		end = w.quoted(at)
	case w.starts(at, name):
		end = at + len(name)
	default:
		return at, false
	}
	quoted := end > at && strings.IndexByte(`"'`, w.text[at]) >= 0
	end = w.blanks(end)
	if end >= len(w.text) || w.text[end] != ':' {
		return at, false
	}
	end++
	if !w.endsWord(end) && !(flow && (quoted || strings.IndexByte(",]}[{", w.text[end]) >= 0)) {
		return at, false
	}
	return end, true
}

// blockList places the items of a list that is written with dashes.
func (w *walk) blockList(v *Value, at int) int {
	v.indent = at - lineStart(w.text, at)
	end := at
	for i, item := range v.Items {
		dash := at
		if i > 0 {
			dash = w.space(end)
		}
		if dash >= len(w.text) || w.text[dash] != '-' || !w.endsWord(dash+1) || dash-lineStart(w.text, dash) != v.indent {
			w.lose(dash)
			return end
		}
		end = w.value(item, dash+1, v.indent, false)
		v.entries = append(v.entries, entry{dash, end})
		if w.lost {
			return end
		}
	}
	return end
}

// flowEntries places what stands in brackets.
func (w *walk) flowEntries(v *Value, at int) int {
	v.flow = true
	closing := byte(']')
	if w.text[at] == '{' {
		closing = '}'
	}
	at = w.space(at + 1)
	for i := range len(v.Items) + len(v.Fields) {
		if i > 0 {
			if at >= len(w.text) || w.text[at] != ',' {
				w.lose(at)
				return at
			}
			at = w.space(at + 1)
		}
		from, end := at, at
		if closing == '}' {
			colon, ok := w.key(at, v.Fields[i].Name, true)
			if !ok {
				w.lose(at)
				return at
			}
			end = w.value(v.Fields[i].Value, colon, 0, true)
		} else {
			end = w.value(v.Items[i], at, 0, true)
		}
		if w.lost {
			return end
		}
		v.entries = append(v.entries, entry{from, end})
		at = w.space(end)
	}
	if at < len(w.text) && w.text[at] == ',' {
		at = w.space(at + 1)
	}
	if at >= len(w.text) || w.text[at] != closing {
		w.lose(at)
		return at
	}
	return at + 1
}
