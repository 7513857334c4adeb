package form

import "strconv"

// A tree names the values of a form as its fields do, and knows which branches
// are chosen.
type tree struct {
	form *Form
	root *node
}

// A lateTree grows when its first name is asked: most values are valid.
type lateTree struct {
	form  *Form
	value any
	grown *tree
}

func (l *lateTree) tree() namer {
	if l.form.root == nil {
		return plainNames{}
	}
	if l.grown == nil {
		g := l.form.grower(nil, nil, nil)
		defer g.end()
		l.grown = &tree{l.form, g.root(l.value)}
	}
	return l.grown
}

func (l *lateTree) label(tokens []string) string   { return l.tree().label(tokens) }
func (l *lateTree) rank(tokens []string) []int     { return l.tree().rank(tokens) }
func (l *lateTree) example(tokens []string) string { return l.tree().example(tokens) }
func (l *lateTree) chosen(tokens []string, loc string) (int, bool) {
	t, ok := l.tree().(*tree)
	if !ok {
		return 0, false
	}
	trail, rest := t.trail(tokens)
	i, ok := trail[len(trail)-1].shape.view.sole[loc]
	return i, ok && len(rest) == 0
}

// trail gives the nodes from the root down to the value at tokens, and the
// tokens that have no node.
func (t *tree) trail(tokens []string) (nodes []*node, rest []string) {
	nodes = append(nodes, t.root)
	for i, token := range tokens {
		child := nodes[len(nodes)-1].child(token)
		if child == nil {
			return nodes, tokens[i:]
		}
		nodes = append(nodes, child)
	}
	return nodes, nil
}

// label names a value as its field does. Entries of lists, and values inside a
// JSON field, are named with what is around them: "Lines 2: Amount".
func (t *tree) label(tokens []string) string {
	trail, rest := t.trail(tokens)
	name := ""
	for i, n := range trail[1:] {
		switch {
		case n.row:
			name = joinLabels(rowOwner(name), rowLabel(trail[i], n))
		case insideRow(trail[:i+2]):
			name = joinLabels(owner(trail[:i+2]), n.label())
		default:
			name = n.label()
		}
	}
	if len(trail) == 1 {
		if len(rest) == 0 {
			return t.rootLabel()
		}
		if t.root.shape.proto.Kind != Group {
			name = t.rootLabel()
		}
	}
	if last := trail[len(trail)-1]; len(rest) > 0 && last.control().shape.proto.Kind == Group && !insideRow(trail) {
		name = ""
	}
	for _, token := range rest {
		switch n, err := strconv.Atoi(token); {
		case err == nil && name != "":
			name += " " + itoa(n+1)
		case name == "":
			name = humanise(token)
		default:
			name += ": " + humanise(token)
		}
	}
	return name
}

func joinLabels(outer, label string) string {
	if outer == "" {
		return label
	}
	return outer + ": " + label
}

// rowOwner leaves out the name of the list itself, which names its rows.
func rowOwner(name string) string {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == ':' {
			return name[:i]
		}
	}
	return ""
}

func insideRow(trail []*node) bool {
	for _, n := range trail {
		if n.row {
			return true
		}
	}
	return false
}

// owner names the innermost row around the last of trail.
func owner(trail []*node) string {
	name := ""
	for i, n := range trail[:len(trail)-1] {
		if n.row {
			name = joinLabels(name, rowLabel(trail[i-1], n))
		}
	}
	return name
}

// label is what people call the value.
func (n *node) label() string {
	if n.shape.proto.Label != "" {
		return n.shape.proto.Label
	}
	return humanise(n.key)
}

// rowLabel names an entry of list: by its own title, else by the list's.
func rowLabel(list, row *node) string {
	list = list.control()
	if list.shape.proto.Kind == Group {
		return first(row.keyText, first(row.shape.proto.Label, list.label())+" "+itoa(row.index+1))
	}
	if row.index < len(list.shape.view.prefix) && row.shape.proto.Label != "" {
		return row.shape.proto.Label
	}
	name := first(list.shape.hints.text("itemLabel"), row.shape.proto.Label, list.label())
	if name == "" {
		return itoa(row.index + 1)
	}
	return name + " " + itoa(row.index+1)
}

// control gives the node whose control shows the value: that of the branch.
func (n *node) control() *node {
	if n.inner != nil {
		return n.inner
	}
	return n
}

func (t *tree) rootLabel() string {
	if t.root.shape.proto.Kind == Group {
		return ""
	}
	return t.root.shape.proto.Label
}

// rank gives the position of a value among the fields; what has no field comes
// after its siblings.
func (t *tree) rank(tokens []string) []int {
	trail, rest := t.trail(tokens)
	ranks := make([]int, 0, len(tokens))
	for _, n := range trail[1:] {
		i := n.index
		if n.row {
			i += maxFields
		}
		ranks = append(ranks, i)
	}
	for _, token := range rest {
		i, err := strconv.Atoi(token)
		if err != nil {
			i = maxNodes
		}
		ranks = append(ranks, i)
	}
	return ranks
}

func (t *tree) example(tokens []string) string {
	trail, rest := t.trail(tokens)
	if len(rest) > 0 {
		return ""
	}
	return first(trail[len(trail)-1].control().shape.proto.Suggestions...)
}

// chosen gives the branch that was chosen of the oneOf or anyOf at loc.
func (t *tree) chosen(tokens []string, loc string) (int, bool) {
	trail, rest := t.trail(tokens)
	if len(rest) > 0 {
		return 0, false
	}
	n := trail[len(trail)-1]
	if i, ok := n.shape.view.sole[loc]; ok {
		return i, true
	}
	for _, s := range n.selectors {
		if s.loc == loc {
			return s.chosen, true
		}
	}
	return 0, false
}
