package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"tandem/internal/workflow/say"
)

// jsonNumber is JSON's grammar of a number.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// readYAMLTree parses one YAML document. The node is nil when the document is
// empty.
func readYAMLTree(source []byte, budget *treeBudget) (*node, *Problem) {
	tokens := lexer.Tokenize(string(source))
	if problem := checkTokens(tokens); problem != nil {
		return nil, problem
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, yamlProblem(err)
	}
	r := &yamlReader{budget: budget, anchors: map[string]*node{}}
	body, problem := onlyBody(file)
	if body == nil || problem != nil {
		return nil, problem
	}
	return r.read(body, 1)
}

func onlyBody(file *ast.File) (ast.Node, *Problem) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if body != nil {
			at := placeOf(doc.Body)
			return nil, unreadable(at, "syntax.documents")
		}
		body = doc.Body
	}
	return body, nil
}

func yamlProblem(err error) *Problem {
	var syntax yaml.Error
	if !errors.As(err, &syntax) {
		return unreadable(place{1, 1}, "syntax.yaml")
	}
	at := place{1, 1}
	if t := syntax.GetToken(); t != nil && t.Position != nil {
		at = tokenPlace(t)
	}
	for _, r := range yamlReasons {
		if strings.Contains(syntax.GetMessage(), r.part) {
			return unreadable(at, "syntax.yaml_why", say.Of(r.key), strings.ReplaceAll(syntax.GetMessage(), "\t", `\t`))
		}
	}
	return unreadable(at, "syntax.yaml_at", syntax.GetMessage())
}

// yamlReasons tell the parser's usual messages by a part of them, the particular
// ones first. It says them in English alone.
var yamlReasons = []struct{ part, key string }{
	{"found character '\t'", "yaml.tab"},
	{"mapping value is not allowed", "yaml.colon"},
	{"map key-value is pre-defined", "yaml.after"},
	{"value is not allowed in this context", "yaml.indent"},
	{"end token", "yaml.unclosed"},
	{"character corresponding to", "yaml.unopened"},
	{"could not find end character", "yaml.quote"},
	{"must be specified", "yaml.comma"},
	{"non-map value is specified", "yaml.key"},
	{"unexpected key name", "yaml.key"},
	{"could not find flow map content", "yaml.value"},
	{"could not find map value", "yaml.value"},
	{"unexpected scalar value type", "yaml.value"},
	{"is a reserved character", "yaml.first"},
	{"unexpected directive value", "yaml.first"},
}

// A yamlReader turns the parser's nodes into ours: aliases expanded, merge keys
// merged, numbers as JSON text.
type yamlReader struct {
	budget  *treeBudget
	anchors map[string]*node
}

func (r *yamlReader) read(n ast.Node, depth int) (*node, *Problem) {
	at := placeOf(n)
	switch v := n.(type) {
	case *ast.AnchorNode:
		return r.readAnchor(v, depth)
	case *ast.AliasNode:
		return r.readAlias(v, depth)
	case *ast.TagNode:
		return r.readTag(v, depth)
	}
	if problem := r.budget.spend(1, depth, at); problem != nil {
		return nil, problem
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		return r.readMapping(v.Values, at, depth)
	case *ast.MappingValueNode:
		return r.readMapping([]*ast.MappingValueNode{v}, at, depth)
	case *ast.SequenceNode:
		return r.readSequence(v, at, depth)
	}
	return readScalar(n, at)
}

func (r *yamlReader) readSequence(v *ast.SequenceNode, at place, depth int) (*node, *Problem) {
	list := &node{kind: listNode, place: at}
	for _, item := range v.Values {
		read, problem := r.read(item, depth+1)
		if problem != nil {
			return nil, problem
		}
		list.items = append(list.items, read)
	}
	return list.adopt(), nil
}

func (r *yamlReader) readMapping(values []*ast.MappingValueNode, at place, depth int) (*node, *Problem) {
	object := &node{kind: objectNode, place: at}
	var merged []*field
	for _, v := range values {
		value, problem := r.read(v.Value, depth+1)
		if problem != nil {
			return nil, problem
		}
		if v.Key.IsMergeKey() {
			fields, problem := mergedFields(value)
			if problem != nil {
				return nil, problem
			}
			merged = append(merged, fields...)
			continue
		}
		key, problem := r.readKey(v.Key, depth+1)
		if problem != nil {
			return nil, problem
		}
		object.fields = append(object.fields, &field{name: key.text, place: key.place, value: value})
	}
	object.fields = addMerged(object.fields, merged)
	return object.adopt(), nil
}

func (r *yamlReader) readKey(n ast.MapKeyNode, depth int) (*node, *Problem) {
	var inner ast.Node = n
	if explicit, ok := n.(*ast.MappingKeyNode); ok {
		inner = explicit.Value
	}
	if inner == nil {
		return nil, unreadable(placeOf(n), "syntax.key_empty")
	}
	key, problem := r.read(inner, depth)
	if problem != nil {
		return nil, problem
	}
	switch key.kind {
	case textNode, numberNode, boolNode:
		return key, nil
	}
	return nil, unreadable(key.place, "syntax.key_text")
}

// mergedFields returns what a `<<` key brings in: the fields of an object, or of
// a list of objects.
func mergedFields(n *node) ([]*field, *Problem) {
	if n.kind == objectNode {
		return n.fields, nil
	}
	var fields []*field
	for _, item := range n.items {
		if item.kind != objectNode {
			return nil, unreadable(item.place, "syntax.merge")
		}
		fields = append(fields, item.fields...)
	}
	if n.kind != listNode {
		return nil, unreadable(n.place, "syntax.merge")
	}
	return fields, nil
}

// addMerged adds the merged fields whose names are not taken.
func addMerged(fields, merged []*field) []*field {
	if len(merged) == 0 {
		return fields
	}
	taken := make(map[string]bool, len(fields))
	for _, f := range fields {
		taken[f.name] = true
	}
	for _, f := range merged {
		if !taken[f.name] {
			taken[f.name] = true
			fields = append(fields, f)
		}
	}
	return fields
}

func (r *yamlReader) readAnchor(v *ast.AnchorNode, depth int) (*node, *Problem) {
	n, problem := r.readValue(v.Value, placeOf(v), depth)
	if problem != nil {
		return nil, problem
	}
	r.anchors[v.Name.GetToken().Value] = n
	return n, nil
}

func (r *yamlReader) readAlias(v *ast.AliasNode, depth int) (*node, *Problem) {
	at := placeOf(v)
	target := r.anchors[v.Value.GetToken().Value]
	if target == nil {
		return nil, unreadable(at, "syntax.alias", v.Value.GetToken().Value)
	}
	if problem := r.budget.spend(target.size(), depth+target.depth()-1, at); problem != nil {
		return nil, problem
	}
	return target.clone(), nil
}

// readValue reads a node that the parser leaves nil where nothing was written.
func (r *yamlReader) readValue(n ast.Node, at place, depth int) (*node, *Problem) {
	if n == nil {
		return &node{place: at}, r.budget.spend(1, depth, at)
	}
	return r.read(n, depth+1)
}

func (r *yamlReader) readTag(v *ast.TagNode, depth int) (*node, *Problem) {
	at := placeOf(v)
	tag := v.Start.Value
	known := []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq"}
	if !slices.Contains(known, tag) {
		return nil, unreadable(at, "syntax.tag", tag)
	}
	n, problem := r.readValue(v.Value, at, depth)
	if problem == nil && tag == "!!str" && n.kind <= textNode {
		if v.Value != nil && n.kind != textNode {
			n.text = v.Value.GetToken().Value
		}
		n.kind = textNode
	}
	return n, problem
}

// readScalar reads a node without children.
func readScalar(n ast.Node, at place) (*node, *Problem) {
	switch v := n.(type) {
	case *ast.NullNode:
		return &node{place: at}, nil
	case *ast.BoolNode:
		return &node{kind: boolNode, text: strconv.FormatBool(v.Value), place: at}, nil
	case *ast.IntegerNode:
		return &node{kind: numberNode, text: integerText(v), place: at}, nil
	case *ast.FloatNode:
		return &node{kind: numberNode, text: floatText(v), place: at}, nil
	case *ast.LiteralNode:
		return &node{kind: textNode, text: v.Value.Value, place: at}, badText(v.Value.Value, at)
	case *ast.StringNode:
		kind := textNode
		if v.Token.Type == token.StringType && jsonNumber.MatchString(v.Value) {
			kind = numberNode // one the parser finds too large, or with an exponent
		}
		return &node{kind: kind, text: v.Value, place: at}, badText(v.Value, at)
	}
	return nil, unreadable(at, "syntax.value")
}

// integerText returns the number as it was written where JSON allows that, else
// in decimal.
func integerText(v *ast.IntegerNode) string {
	if jsonNumber.MatchString(v.Token.Value) {
		return v.Token.Value
	}
	return fmt.Sprint(v.Value)
}

func floatText(v *ast.FloatNode) string {
	if jsonNumber.MatchString(v.Token.Value) {
		return v.Token.Value
	}
	text := strings.TrimPrefix(strings.ReplaceAll(v.Token.Value, "_", ""), "+")
	if exact, ok := new(big.Rat).SetString(text); ok && len(text) < 40 && !strings.ContainsAny(text, "eE") {
		return strings.TrimSuffix(strings.TrimRight(exact.FloatString(40), "0"), ".")
	}
	plain, err := json.Marshal(v.Value)
	if err != nil {
		return "0"
	}
	return string(plain)
}

// unreadable is the problem of a text that is no document, by a key of say.
func unreadable(at place, key string, args ...any) *Problem {
	said := say.Of(key, args...)
	problem := problemAt(at, said.Code(), said)
	return &problem
}

// placeOf returns where a node begins; a block mapping begins at its first key.
func placeOf(n ast.Node) place {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return placeOf(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return placeOf(v.Key)
	}
	return tokenPlace(n.GetToken())
}

func tokenPlace(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{line: t.Position.Line, column: t.Position.Column}
}

// depth is the number of levels from the node down, 1 for a scalar.
func (n *node) depth() int {
	deepest := 0
	for _, item := range n.items {
		deepest = max(deepest, item.depth())
	}
	for _, f := range n.fields {
		deepest = max(deepest, f.value.depth())
	}
	return deepest + 1
}
