package edit

import (
	"slices"
	"strings"

	"tandem/internal/workflow"
)

// A Value is a value of a document with its place in the text. Values that are
// made for a change have no place until the text has been walked over again.
type Value struct {
	Kind   workflow.TreeKind
	Text   string // of texts and numbers; "true" or "false"
	Items  []*Value
	Fields []*Field

	raw string // how it is to be written; "" = as the document is

	after    int  // where the key's colon, the dash, the bracket or the comma before it ends
	from, to int  // the bytes of the value
	flow     bool // a list or object in brackets
	shared   bool // an alias: what it says stands elsewhere
	indent   int  // column of the entries of a list or object without brackets, from 0
	entries  []entry
}

// A Field is one key of an object with its value.
type Field struct {
	Name  string
	Value *Value
}

// An entry is one item of a list or one key of an object as it is written: from
// its dash or key to the end of its value.
type entry struct{ from, to int }

// Text, Number, Bool, List and Object make values for changes.
func Text(text string) *Value { return &Value{Kind: workflow.TreeText, Text: text} }

// Number makes a number of its text.
func Number(text string) *Value { return &Value{Kind: workflow.TreeNumber, Text: text} }

// Bool makes true or false.
func Bool(yes bool) *Value {
	if yes {
		return &Value{Kind: workflow.TreeBool, Text: "true"}
	}
	return &Value{Kind: workflow.TreeBool, Text: "false"}
}

// List makes a list.
func List(items ...*Value) *Value { return &Value{Kind: workflow.TreeList, Items: items} }

// Object makes an object.
func Object(fields ...*Field) *Value { return &Value{Kind: workflow.TreeObject, Fields: fields} }

// Get gives the value of a key, nil when there is none or it is null.
func (v *Value) Get(name string) *Value {
	if i := v.index(name); i >= 0 && v.Fields[i].Value.Kind != workflow.TreeNull {
		return v.Fields[i].Value
	}
	return nil
}

// index gives the place of a key among the fields, -1 when there is none.
func (v *Value) index(name string) int {
	if v == nil {
		return -1
	}
	return slices.IndexFunc(v.Fields, func(f *Field) bool { return f.Name == name })
}

// String gives the text of a scalar, "" for every other value.
func (v *Value) String() string {
	if v == nil {
		return ""
	}
	return v.Text
}

func (v *Value) is(kind workflow.TreeKind) bool { return v != nil && v.Kind == kind }

func (v *Value) isScalar() bool { return v.Kind < workflow.TreeList }

// Equal reports whether two values say the same, the order of keys included.
func (v *Value) Equal(w *Value) bool {
	return v.Kind == w.Kind && v.Text == w.Text &&
		slices.EqualFunc(v.Items, w.Items, (*Value).Equal) &&
		slices.EqualFunc(v.Fields, w.Fields, func(a, b *Field) bool { return a.Name == b.Name && a.Value.Equal(b.Value) })
}

func valueOf(t *workflow.Tree) *Value {
	v := &Value{Kind: t.Kind, Text: t.Text}
	for _, item := range t.Items {
		v.Items = append(v.Items, valueOf(item))
	}
	for _, f := range t.Fields {
		v.Fields = append(v.Fields, &Field{f.Name, valueOf(f.Value)})
	}
	return v
}

// Read makes a value of a text in YAML or JSON, such as somebody types for a
// key. An empty text is null.
func Read(text string) (*Value, error) {
	if strings.TrimSpace(text) == "" {
		return &Value{}, nil
	}
	// Documents are objects; a value is read as the only key of one.
	tree, err := workflow.ReadTree([]byte("value:\n" + indented(text, "  ")))
	if err != nil {
		return nil, err
	}
	if len(tree.Fields) != 1 || tree.Fields[0].Name != "value" {
		return nil, unreadable("")
	}
	return valueOf(tree.Fields[0].Value), nil
}

// indented puts a prefix before every line that is not blank.
func indented(text, prefix string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			lines[i] = prefix + line
		}
	}
	return strings.Join(lines, "\n")
}

// Written reports whether a value is written at its place with all that is
// directly in it: it is no alias, and nothing was merged into it.
func (v *Value) Written() bool { return v != nil && (v.isScalar() && !v.shared || v.own()) }

// Clone copies a value without its place.
func (v *Value) Clone() *Value { return v.clone() }
