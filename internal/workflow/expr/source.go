package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tandem/internal/workflow/say"
)

// Issue is one mistake in a source: an expression, a text, or a text inside a
// value.
type Issue struct {
	Pointer string     // JSON pointer of the text inside a value; empty elsewhere
	Offset  int        // bytes before the mistake
	Line    int        // from 1
	Column  int        // from 1, in characters
	Message string     // a sentence without its full stop
	Said    say.Phrase // Message in every language
}

// SyntaxError is what compiling gives: every mistake found in a source.
type SyntaxError struct {
	Source string
	Issues []Issue
}

// Error gives all issues, with their places.
func (e *SyntaxError) Error() string {
	lines := make([]string, len(e.Issues))
	for i, is := range e.Issues {
		lines[i] = fmt.Sprintf("line %d, column %d: %s", is.Line, is.Column, is.Message)
		if is.Pointer != "" {
			lines[i] = is.Pointer + ": " + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// source is an expression inside the text that it was written in.
type source struct {
	text string // the whole
	base int    // byte offset of the expression
	expr string
}

func wholeSource(text string) *source { return &source{text: text, expr: text} }

func (s *source) fail(issues ...Issue) *SyntaxError {
	return &SyntaxError{Source: s.text, Issues: issues}
}

// issue places a message at a character of the expression.
func (s *source) issue(char int, said say.Phrase) Issue {
	return issueAt(s.text, s.base+byteOffset(s.expr, char), said)
}

// from gives the expression from a character on.
func (s *source) from(char int) string { return s.expr[byteOffset(s.expr, char):] }

// charAt gives the character at a line, from 1, and column, from 0.
func (s *source) charAt(line, column int) int {
	rest, char := s.expr, 0
	for ; line > 1; line-- {
		head, tail, found := strings.Cut(rest, "\n")
		if !found {
			break
		}
		char += utf8.RuneCountInString(head) + 1
		rest = tail
	}
	return char + max(column, 0)
}

func byteOffset(s string, char int) int {
	for i := range s {
		if char <= 0 {
			return i
		}
		char--
	}
	return len(s)
}

func issueAt(text string, offset int, said say.Phrase) Issue {
	offset = max(0, min(offset, len(text)))
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return Issue{
		Offset:  offset,
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(before[start:]) + 1,
		Message: said.In("en"),
		Said:    said,
	}
}
