package edit

import (
	"encoding/json"
	"regexp"
	"strings"

	"tandem/internal/workflow"
)

// A style says how values are written.
type style struct {
	json  bool
	flow  bool // inside brackets
	quote byte // that the text before had, 0 for none
}

// plainText are texts that need no quotes outside of brackets, provided that
// they do not read as another type.
var plainText = regexp.MustCompile(`^[\pL_./][^\x00-\x1f\x7f-\x9f\x{2028}\x{2029}"'#\\]*$`)

// otherTypes are words that YAML, or some reader of it, does not take for a text.
var otherTypes = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null|~|\.?[0-9._]+(e[0-9+-]+)?|[-+]?\.(inf|nan)|<<|=)$`)

// digitsFirst are texts that begin with a digit and need no quotes: durations
// and versions.
var digitsFirst = regexp.MustCompile(`^([0-9]+(ms|[smhdw]|[.][0-9]+[.][0-9]+| workdays?))+$`)

func isPlain(text string, flow bool) bool {
	switch {
	case digitsFirst.MatchString(text):
		return true
	case !plainText.MatchString(text) || otherTypes.MatchString(text):
		return false
	case strings.HasSuffix(text, " ") || strings.HasSuffix(text, ":") || strings.Contains(text, ": ") || strings.Contains(text, "\ufeff"):
		return false
	case strings.HasPrefix(text, "---") || strings.HasPrefix(text, "..."):
		return false
	}
	return !flow || !strings.ContainsAny(text, ",[]{}:")
}

// scalar writes a text, number, boolean or null on one line.
func (s style) scalar(v *Value) string {
	switch v.Kind {
	case workflow.TreeNull:
		return "null"
	case workflow.TreeText:
		return s.text(v.Text)
	}
	return v.Text
}

func (s style) text(text string) string {
	single := !s.json && !strings.ContainsAny(text, "'\n\t") && plainText.MatchString("a"+strings.NewReplacer(`"`, "", "#", "", `\`, "").Replace(text))
	switch {
	case s.json:
		return quoted(text)
	case s.quote == '\'' && single:
		return "'" + text + "'"
	case s.quote == '"' && !strings.ContainsAny(text, `"\`):
		return quoted(text)
	case isPlain(text, s.flow):
		return text
	case single && strings.ContainsAny(text, `"\`):
		return "'" + text + "'"
	}
	return quoted(text)
}

// quoted writes a text as JSON does, which YAML reads too.
func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes, and a builder takes all
	return strings.TrimSuffix(b.String(), "\n")
}

func (s style) key(name string) string {
	if s.json || !isPlain(name, true) {
		return quoted(name)
	}
	return name
}

// inline writes a value on one line.
func (s style) inline(v *Value) string {
	s.flow = true
	var parts []string
	switch v.Kind {
	case workflow.TreeList:
		for _, item := range v.Items {
			parts = append(parts, s.inline(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case workflow.TreeObject:
		for _, f := range v.Fields {
			parts = append(parts, s.key(f.Name)+": "+s.inline(f.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return s.scalar(v)
}

// short is how long a list may be that is written on one line.
const short = 72

// lines writes a list or object without brackets, one entry below the other.
func (s style) lines(v *Value) []string {
	var lines []string
	if v.Kind == workflow.TreeList {
		for _, item := range v.Items {
			lines = append(lines, s.item(item)...)
		}
		return lines
	}
	for _, f := range v.Fields {
		lines = append(lines, s.field(f.Name, f.Value)...)
	}
	return lines
}

// item writes an entry of a list with its dash.
func (s style) item(v *Value) []string {
	lines := []string{s.scalarOrInline(v)}
	switch {
	case v.is(workflow.TreeObject) && len(v.Fields) > 0:
		lines = s.lines(v)
	case isLong(v):
		lines = s.block(v.Text)
	}
	return hang("- ", lines)
}

// field writes a key with its value.
func (s style) field(name string, v *Value) []string {
	key := s.key(name) + ":"
	if v.raw != "" {
		return s.typed(key, v)
	}
	if s.nests(v) {
		return append([]string{key}, hang("  ", s.lines(v))...)
	}
	if isLong(v) {
		lines := s.block(v.Text)
		return append([]string{key + " " + lines[0]}, lines[1:]...)
	}
	return []string{key + " " + s.scalarOrInline(v)}
}

// typed writes what somebody has typed as the value of a key: on its line where
// it is a scalar or in brackets, else below.
func (s style) typed(key string, v *Value) []string {
	lines := strings.Split(v.raw, "\n")
	if strings.IndexByte("[{|>\"'", v.raw[0]) >= 0 || v.isScalar() && len(lines) == 1 {
		return append([]string{key + " " + lines[0]}, hang("  ", lines[1:])...)
	}
	return append([]string{key}, hang("  ", lines)...)
}

func (s style) scalarOrInline(v *Value) string {
	if v.isScalar() {
		return s.scalar(v)
	}
	return s.inline(v)
}

// nests reports whether a value takes lines of its own below its key.
func (s style) nests(v *Value) bool {
	switch v.Kind {
	case workflow.TreeObject:
		return len(v.Fields) > 0
	case workflow.TreeList:
		for _, item := range v.Items {
			if !item.isScalar() || strings.Contains(item.Text, "\n") {
				return true
			}
		}
		return len(s.inline(v)) > short
	}
	return false
}

// isLong reports whether a text is written as a block of lines.
func isLong(v *Value) bool {
	if !v.is(workflow.TreeText) || !strings.Contains(v.Text, "\n") {
		return false
	}
	lines := strings.Split(strings.TrimSuffix(v.Text, "\n"), "\n")
	for i, line := range lines {
		if strings.HasSuffix(line, " ") || i == 0 && (line == "" || line[0] == ' ') || line != "" && !plainText.MatchString("a"+strings.NewReplacer(`"`, "", "'", "", "#", "", `\`, "").Replace(line)) {
			return false
		}
	}
	return lines[len(lines)-1] != ""
}

// block writes a text of several lines with their indentation.
func (s style) block(text string) []string {
	header := "|-"
	if strings.HasSuffix(text, "\n") {
		header, text = "|", strings.TrimSuffix(text, "\n")
	}
	lines := []string{header}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			line = "  " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// hang puts a prefix before the first line and as many spaces before the others.
func hang(prefix string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		switch {
		case i == 0 || strings.TrimSpace(prefix) == "" && line != "":
			out[i] = prefix + line
		case line != "":
			out[i] = strings.Repeat(" ", len(prefix)) + line
		}
	}
	return out
}
