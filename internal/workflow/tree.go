package workflow

import "bytes"

// A TreeKind is the JSON type of a value of a document.
type TreeKind int

// The kinds of value.
const (
	TreeNull   = TreeKind(nullNode)
	TreeBool   = TreeKind(boolNode)
	TreeNumber = TreeKind(numberNode)
	TreeText   = TreeKind(textNode)
	TreeList   = TreeKind(listNode)
	TreeObject = TreeKind(objectNode)
)

// A Tree is what a document says, whether or not it is a workflow: aliases
// expanded, merged keys after the others, numbers as they are written.
type Tree struct {
	Kind   TreeKind
	Text   string // of texts and numbers; "true" or "false"
	Items  []*Tree
	Fields []TreeField // in the order of the document
}

// A TreeField is one key of an object with its value.
type TreeField struct {
	Name  string
	Value *Tree
}

// ReadTree reads a document, YAML or JSON, of at most MaxDocument bytes, as
// Parse does, but judges nothing in it. The error is what Parse gives for a
// text that cannot be read: an *Error whose Fields name the place.
func ReadTree(source []byte) (*Tree, error) {
	if len(source) > MaxDocument {
		return nil, errTooLarge
	}
	root, problem := readDocument(bytes.TrimPrefix(source, []byte("\xef\xbb\xbf")))
	if problem != nil {
		return nil, invalidDefinition([]Problem{*problem})
	}
	return root.tree(), nil
}

func (n *node) tree() *Tree {
	t := &Tree{Kind: TreeKind(n.kind), Text: n.text}
	for _, item := range n.items {
		t.Items = append(t.Items, item.tree())
	}
	for _, f := range n.fields {
		t.Fields = append(t.Fields, TreeField{f.name, f.value.tree()})
	}
	return t
}

// IsJSON reports whether a document is written as JSON.
func IsJSON(source []byte) bool {
	return looksLikeJSON(bytes.TrimPrefix(source, []byte("\xef\xbb\xbf")))
}
