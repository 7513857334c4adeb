package workflow

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"tandem/internal/workflow/expr"
	"tandem/internal/workflow/say"
)

// maxExpressionText bounds a text with {{ expressions }} in it, in bytes.
const maxExpressionText = 64 << 10

// variables are what every expression of a definition may read.
var variables = []string{"data", "input", "steps", "instance", "hooks", "now"}

// more are what expressions may read in some places.
var more = []string{"result", "error", "item", "index", "done", "total", "failed", "outcomes", "results"}

// environments compile the expressions of one definition: base what stands
// anywhere, the others what may read more.
type environments struct {
	steps     []string
	functions map[string]expr.Func
	base      *expr.Env
	others    map[string]*expr.Env // by the names that they add
}

func newEnvironments(steps []string, functions map[string]expr.Func) (*environments, error) {
	e := &environments{steps: slices.Concat([]string{}, steps), functions: functions, others: map[string]*expr.Env{}}
	// With every name at once, so that a function whose name is taken somewhere
	// is refused here.
	if _, err := e.make(more); err != nil {
		return nil, err
	}
	var err error
	e.base, err = e.make(nil)
	return e, err
}

func (e *environments) make(extra []string) (*expr.Env, error) {
	return expr.NewEnv(expr.Options{
		Vars: slices.Concat(variables, extra), Steps: e.steps, Functions: e.functions,
		Reserved: map[string]say.Phrase{"secrets": say.Of(whyNoSecrets)},
	})
}

// with gives the environment that adds names to base.
func (e *environments) with(extra []string) *expr.Env {
	if len(extra) == 0 {
		return e.base
	}
	key := strings.Join(extra, " ")
	if e.others[key] == nil {
		e.others[key], _ = e.make(extra) // the same options were taken with more names
	}
	return e.others[key]
}

// A reading is one compiled expression with the node it stands in.
type reading struct {
	node    *node
	program *expr.Program
}

// program compiles a bare expression; nil when there is none or it has errors,
// which are reported.
func (p *parsing) program(env *expr.Env, n *node) *expr.Program {
	if n == nil || kindAccept[n.kind]&acceptScalar == 0 {
		return nil
	}
	if p.full() {
		return nil
	}
	program, err := env.Compile(n.text)
	if err != nil {
		p.faultExpression(n, err)
		return nil
	}
	p.noteReading(n, program)
	return program
}

// text compiles a text with {{ expressions }} in it.
func (p *parsing) text(n *node) *expr.Text {
	if n == nil || n.kind != textNode || p.full() || p.tooLong(n) {
		return nil
	}
	text, err := p.here.CompileText(n.text)
	if err != nil {
		p.faultExpression(n, err)
		return nil
	}
	p.noteReading(n, text.Programs()...)
	return text
}

// value compiles a value whose texts may hold {{ expressions }}.
func (p *parsing) value(n *node) *expr.Value { return p.valueIn(p.here, n) }

func (p *parsing) valueIn(env *expr.Env, n *node) *expr.Value {
	if n == nil || p.full() || p.tooLong(n) {
		return nil
	}
	value, err := env.CompileValue(n.value())
	if err != nil {
		p.faultExpression(n, err)
		return nil
	}
	p.noteReading(n, value.Programs()...)
	return value
}

// setting compiles a value that is literal unless it is wholly {{ expression }}.
func (p *parsing) setting(n *node) *Setting {
	if n == nil || kindAccept[n.kind]&acceptSetting == 0 {
		return nil
	}
	s := &Setting{Text: n.text, Literal: n.value()}
	if n.kind != textNode || !strings.Contains(n.text, "{{") {
		return s
	}
	text := p.text(n)
	if text == nil {
		return s
	}
	if s.Program = text.Whole(); s.Program == nil {
		p.fault(n, "mixed_text")
	}
	return s
}

// settings compiles one setting or a list of them.
func (p *parsing) settings(n *node) []*Setting {
	if n == nil {
		return nil
	}
	items := n.items
	if n.kind != listNode {
		items = []*node{n}
	}
	var list []*Setting
	for _, item := range items {
		if s := p.setting(item); s != nil {
			list = append(list, s)
		}
	}
	return list
}

// duration compiles a setting that gives a duration, and checks a literal one.
func (p *parsing) duration(n *node) *Setting {
	s := p.setting(n)
	if s == nil || s.Program != nil || strings.Contains(s.Text, "{{") {
		return s
	}
	if _, err := ParseSpan(s.Text); err != nil {
		p.faultOf(n, "bad_duration", err)
	}
	s.Literal = s.Text
	return s
}

// timeout is a duration that must be more than nothing.
func (p *parsing) timeout(n *node) *Setting {
	s := p.duration(n)
	if s == nil || s.Program != nil {
		return s
	}
	if span, err := ParseSpan(s.Text); err == nil && span == (Span{}) {
		p.fault(n, "bad_duration.timeout")
	}
	return s
}

// full reports whether no more problems are told, so that looking for them is
// of no use.
func (p *parsing) full() bool { return len(p.problems) >= maxProblems }

// tooLong reports texts with expressions that are over the limit, at or below
// the node.
func (p *parsing) tooLong(n *node) bool {
	long := len(n.text) > maxExpressionText && strings.Contains(n.text, "{{")
	if long {
		p.fault(n, "too_large.text")
	}
	for _, item := range n.items {
		long = p.tooLong(item) || long
	}
	for _, f := range n.fields {
		long = p.tooLong(f.value) || long
	}
	return long
}

func (p *parsing) noteReading(n *node, programs ...*expr.Program) {
	for _, program := range programs {
		p.readings = append(p.readings, reading{node: n, program: program})
	}
}

// faultExpression reports what does not compile, each mistake at its own place.
func (p *parsing) faultExpression(n *node, err error) {
	var syntax *expr.SyntaxError
	if !errors.As(err, &syntax) {
		p.fault(n, "bad_expression.unusable", err)
		return
	}
	for _, issue := range syntax.Issues {
		at := n.below(issue.Pointer)
		problem := at.problemOf("bad_expression", say.Sentence(issue.Said))
		problem.Line, problem.Column = p.within(at, issue.Line, issue.Column)
		p.problems = add(p.problems, problem)
	}
}

// below returns the node at a JSON pointer from n, n when there is none.
func (n *node) below(pointer string) *node {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		next := n.child(name)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (n *node) child(name string) *node {
	if f := n.field(name); f != nil {
		return f.value
	}
	for _, item := range n.items {
		if item.key == name {
			return item
		}
	}
	return nil
}

// within returns the place in the document of a line and column of the node's
// text. Where the text is not written as it reads (escapes, folded lines), it is
// the place of the node.
func (p *parsing) within(n *node, line, column int) (int, int) {
	parts := strings.Split(n.text, "\n")
	if line < 1 || line > len(parts) {
		return n.place.line, n.place.column
	}
	part := parts[line-1]
	for i := n.place.line; i <= min(n.place.line+line, len(p.lines)); i++ {
		text := string(p.lines[i-1])
		from := 0
		if i == n.place.line {
			from = byteAt(text, n.place.column-1)
		}
		if i < n.place.line+line-1 {
			continue
		}
		if at := strings.Index(text[from:], part); at >= 0 {
			return i, utf8.RuneCountInString(text[:from+at]) + column
		}
	}
	return n.place.line, n.place.column
}

// byteAt returns the byte offset of a character.
func byteAt(text string, char int) int {
	for i := range text {
		if char == 0 {
			return i
		}
		char--
	}
	return len(text)
}
