package expr

import "strings"

// A Mention is a chain of names that begins with steps or hooks, as it is
// written in an expression: steps.a.outcome, steps.?g.steps["b"], hooks.c.url.
type Mention struct {
	Root  string // steps or hooks
	Names []Name // those behind it
}

// A Name is one name of a Mention: its text and the bytes that it takes,
// without the quotes around it.
type Name struct {
	Text     string
	From, To int
}

// Mentions lists what an expression mentions, also one that does not compile;
// with inText only what stands inside of {{ }}. Texts in quotes and comments
// mention nothing.
func Mentions(source string, inText bool) []Mention {
	if !inText {
		return mentionsIn(source, 0, len(source))
	}
	var all []Mention
	for at := 0; ; {
		open := strings.Index(source[at:], "{{")
		if open < 0 {
			return all
		}
		start := at + open + 2
		length := expressionLength(source[start:])
		if length < 0 {
			return all
		}
		all = append(all, mentionsIn(source, start, start+length)...)
		at = start + length + 2
	}
}

func mentionsIn(source string, from, to int) []Mention {
	s := mentionScanner{text: source[:to], at: from}
	var all []Mention
	for before := byte(0); s.at < len(s.text); {
		if s.skip() {
			continue
		}
		name := s.identifier()
		if name == "" {
			before = s.text[s.at]
			s.at++
			continue
		}
		if (name == "steps" || name == "hooks") && before != '.' {
			if names := s.chain(); len(names) > 0 {
				all = append(all, Mention{Root: name, Names: names})
			}
		}
		before = 'a'
	}
	return all
}

// A mentionScanner walks over an expression without understanding it.
type mentionScanner struct {
	text string
	at   int
}

// skip passes over white space, a comment or a text in quotes.
func (s *mentionScanner) skip() bool {
	rest := s.text[s.at:]
	switch c := rest[0]; {
	case strings.IndexByte(" \t\r\n\f", c) >= 0:
		s.at++
	case strings.HasPrefix(rest, "//"):
		s.at += strings.IndexByte(rest+"\n", '\n')
	case c == '"' || c == '\'':
		length := stringLength(rest, isRaw(s.text[max(0, s.at-4):s.at]))
		if length < 0 {
			length = len(rest)
		}
		s.at += length
	default:
		return false
	}
	return true
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (s *mentionScanner) identifier() string {
	from := s.at
	for s.at < len(s.text) && isWord(s.text[s.at]) {
		s.at++
	}
	return s.text[from:s.at]
}

// chain reads .name, .?name, ["name"] and [?"name"] as long as there are some.
func (s *mentionScanner) chain() []Name {
	var names []Name
	for {
		back := s.at
		name, ok := s.link()
		if !ok {
			s.at = back
			return names
		}
		names = append(names, name)
	}
}

func (s *mentionScanner) space() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n\f", s.text[s.at]) >= 0 {
		s.at++
	}
}

func (s *mentionScanner) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *mentionScanner) link() (Name, bool) {
	s.space()
	switch {
	case s.take('.'):
		s.take('?')
		s.space()
		from := s.at
		name := s.identifier()
		return Name{name, from, s.at}, name != ""
	case s.take('['):
		s.take('?')
		s.space()
		return s.quoted()
	}
	return Name{}, false
}

// quoted reads a plain text in quotes and the bracket behind it.
func (s *mentionScanner) quoted() (Name, bool) {
	if s.at >= len(s.text) || s.text[s.at] != '"' && s.text[s.at] != '\'' {
		return Name{}, false
	}
	quote := s.text[s.at]
	s.at++
	from := s.at
	name := s.identifier()
	to := s.at
	if name == "" || !s.take(quote) {
		return Name{}, false
	}
	s.space()
	return Name{name, from, to}, s.take(']')
}
