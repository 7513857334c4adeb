package workflow

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tandem/internal/workflow/expr"
	"tandem/internal/workflow/say"
)

// Limits of a definition document.
const (
	MaxDocument = 1 << 20 // bytes
	MaxSteps    = 1000
	maxProblems = 200 // reported at once

	maxInsertions = 10_000 // of {{ expressions }} in texts
)

var errTooLarge = sayError(KindTooLarge, "definition_too_large")

// Func is a function that the embedding program adds to expressions. It gets
// and gives JSON-like Go values: nil, bool, string, json.Number, []any and
// map[string]any. It must not block, and must give the same for the same
// arguments: a decision may be computed more than once.
type Func = expr.Func

// CheckFunctions reports the first function whose name expressions could not
// call.
func CheckFunctions(functions map[string]Func) error {
	_, err := newEnvironments(nil, functions)
	return err
}

// Options say what a document may use beside what every definition has.
type Options struct {
	Functions map[string]Func // registered in Go, for expressions
	Actions   map[string]bool // names of actions beside the built-in ones

	SecretActions map[string]bool // those of Actions that use secrets
}

// Parse reads, checks and compiles a definition document, YAML or JSON, of at
// most MaxDocument bytes. It returns the warnings beside the definition. The
// error is an *Error of KindInvalid and code "invalid_definition" whose Fields
// are all problems at once, in document order, or one of KindTooLarge. Actions
// that are nil in opts are the built-in ones alone.
func Parse(source []byte, opts Options) (*Definition, []Problem, error) {
	if len(source) > MaxDocument {
		return nil, nil, errTooLarge
	}
	text := bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	root, problem := readDocument(text)
	if problem != nil {
		return nil, nil, invalidDefinition([]Problem{*problem})
	}
	p := newParsing(text, root, opts)
	p.def.Source = slices.Clone(source)
	p.run()
	if p.broken != nil {
		return nil, nil, fmt.Errorf("parse definition: %w", p.broken)
	}
	if len(p.problems) > 0 {
		return nil, p.sorted(p.warnings), invalidDefinition(p.sorted(p.problems))
	}
	return p.def, p.sorted(p.warnings), nil
}

func invalidDefinition(problems []Problem) *Error {
	e := Errorf(KindInvalid, ErrInvalidDefinition.Code, "The definition has %d errors.", len(problems))
	if len(problems) == 1 {
		e.Message = "The definition has an error."
	}
	e.Fields = problems
	return e
}

// readDocument turns the source into nodes.
func readDocument(source []byte) (*node, *Problem) {
	if !utf8.Valid(source) {
		return nil, unreadable(place{1, 1}, "syntax.encoding")
	}
	var root *node
	var problem *Problem
	budget := &treeBudget{}
	if looksLikeJSON(source) {
		root, problem = readJSONTree(source, budget)
	} else {
		root, problem = readYAMLTree(source, budget)
	}
	switch {
	case problem != nil:
		return nil, problem
	case root == nil || root.kind == nullNode:
		return nil, unreadable(place{1, 1}, "syntax.empty")
	case root.kind != objectNode:
		return nil, unreadable(root.place, "syntax.object", root.kind)
	}
	return root, nil
}

// A parsing is one run of Parse: what has been built and found so far.
type parsing struct {
	opts     Options
	lines    [][]byte
	root     *node
	def      *Definition
	problems []Problem
	warnings []Problem

	names map[string]bool // of steps
	steps map[*Step]*node
	edges map[*Edge]*node
	envs  *environments

	// What the expressions of the step at hand may read: around it for what is
	// judged once a visit, here for the rest, extra beside what all may.
	around, here *expr.Env
	extra        []string

	readings []reading
	broken   error // of the options, not of the document
}

func newParsing(source []byte, root *node, opts Options) *parsing {
	return &parsing{
		opts:  opts,
		lines: bytes.Split(source, []byte{'\n'}),
		root:  root,
		def:   &Definition{Hash: root.hash(), byName: map[string]*Step{}},
		names: map[string]bool{},
		steps: map[*Step]*node{},
		edges: map[*Edge]*node{},
	}
}

func (p *parsing) run() {
	p.checkObject(p.root, "workflow")
	if steps := p.root.steps(1, nil); len(steps) > MaxSteps {
		p.fault(steps[MaxSteps], "too_large.steps", len(steps))
		return
	}
	if deep := p.root.deepGroup(0); deep != nil {
		p.fault(deep, "too_deep")
		return
	}
	if p.root.insertions() > maxInsertions {
		p.fault(p.root, "too_large.expressions")
		return
	}
	p.buildDefinition()
	if p.broken == nil {
		p.validate()
	}
}

// insertions counts the {{ at and below the node.
func (n *node) insertions() int {
	count := strings.Count(n.text, "{{")
	for _, item := range n.items {
		count += item.insertions()
	}
	for _, f := range n.fields {
		count += f.value.insertions()
	}
	return count
}

// fault reports a problem at a node.
func (p *parsing) fault(n *node, key string, args ...any) {
	p.problems = add(p.problems, n.problem(key, args...))
}

// faultOf reports at a node what an error for people says, under a code.
func (p *parsing) faultOf(n *node, code string, err error) {
	p.problems = add(p.problems, n.problemOf(code, sayerOf(err)))
}

// faultKey reports a problem at the key of a field.
func (p *parsing) faultKey(f *field, key string, args ...any) {
	problem := f.value.problem(key, args...)
	problem.Line, problem.Column = f.place.line, f.place.column
	p.problems = add(p.problems, problem)
}

func (p *parsing) warn(n *node, key string, args ...any) {
	p.warnings = add(p.warnings, n.problem(key, args...))
}

func add(list []Problem, problem Problem) []Problem {
	if len(list) >= maxProblems || slices.ContainsFunc(list, problem.same) {
		return list
	}
	return append(list, problem)
}

// problem makes the problem of a key of say.
func (n *node) problem(key string, args ...any) Problem {
	said := say.Of(key, args...)
	return n.problemOf(said.Code(), said)
}

func (n *node) problemOf(code string, said say.Sayer) Problem {
	problem := problemAt(n.place, code, said)
	problem.Pointer = n.pointer()
	return problem
}

// sorted orders problems as they stand in the document.
func (p *parsing) sorted(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return list
}

// nearest returns the name that needs the fewest changes to become one of the
// known, the first of equals, and whether it is close enough to be a slip.
func nearest(name string, known []string) (string, bool) {
	best, least := "", 1<<30
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d < least {
			best, least = k, d
		}
	}
	return best, best != "" && least <= max(1, min(len(name), len(best))/2)
}

// editDistance counts the insertions, deletions and replacements between two
// texts; texts over 64 bytes are cut.
func editDistance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// didYouMean is the end of a message about an unknown name: nothing, or a question
// with a space before it.
func didYouMean(name string, known []string) say.Phrase {
	if best, close := nearest(name, known); close {
		return say.Of("part.did_you_mean", best)
	}
	return say.Phrase{}
}
