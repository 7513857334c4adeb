package form

import "strings"

// selectors gives the choices of branch.
func (r *renderer) selectors(n *node) []Field {
	var fields []Field
	for _, s := range n.selectors {
		if n.locked {
			continue
		}
		f := Field{Kind: Radio, Name: s.name, ID: idOf(s.name), Pointer: n.at.pointer, Label: r.branchLabel(s.branching), Live: true,
			Required: true, MinLength: -1, MaxLength: -1, Errors: r.errors[s.name]}
		if len(s.options) > 4 || n.shape.hints.text("widget") == "select" {
			f.Kind = Select
		}
		if n.at.pointer == "" || n.shape.proto.Kind == Group && len(n.children) > 0 && n.label() != "" {
			f.Label = first(n.shape.hints.text("branchLabel"), f.Label)
		}
		if s.optional || s.chosen < 0 {
			f.Options = append(f.Options, Option{ID: f.ID + "-none", Label: r.Lang.word("not_set"), Selected: s.chosen < 0})
			f.Required = !s.optional
		}
		for i, option := range s.options {
			if option.obj == nil {
				continue
			}
			f.Options = append(f.Options, Option{ID: f.ID + "-" + itoa(i), Value: itoa(i), Label: r.optionLabel(s.branching, i), Selected: i == s.chosen})
		}
		f.Options[0].ID = f.ID
		f.Actions = []Action{r.update(f)}
		if r.Focus == "in:"+f.Name {
			r.pending = true
		}
		r.takeFocus(&f)
		describeBy(&f)
		fields = append(fields, f)
	}
	return fields
}

// branchLabel names a choice of branch: as the member that tells the branches
// apart, where one does.
func (r *renderer) branchLabel(b branching) string {
	key, title := "", ""
	for _, option := range b.options {
		if option.obj == nil {
			continue
		}
		p, _ := r.tree.form.teller(r.tree.form.viewOf([]source{option}, nil))
		if p == nil || key != "" && p.key != key {
			return r.Lang.word("kind")
		}
		key, title = p.key, first(title, textOf(r.tree.form.viewOf(p.srcs, nil).words["title"]))
	}
	return first(title, humanise(key), r.Lang.word("kind"))
}

// teller gives the member by whose constant text a branch is told apart, and
// that text; nil where there is none.
func (f *Form) teller(v *view) (*property, string) {
	for i := range v.props {
		if text, ok := f.viewOf(v.props[i].srcs, nil).words["const"].(string); ok {
			return &v.props[i], text
		}
	}
	return nil, ""
}

// optionLabel names a branch: by its title, by what tells it apart, by its type.
func (r *renderer) optionLabel(b branching, i int) string {
	v := r.tree.form.viewOf([]source{b.options[i]}, nil)
	if title := textOf(v.words["title"]); title != "" {
		return title
	}
	if _, told := r.tree.form.teller(v); told != "" {
		return humanise(told)
	}
	if fixed, ok := v.words["const"]; ok {
		return first(choiceText(fixed), r.word(fixed))
	}
	if format := textOf(v.words["format"]); format != "" {
		return humanise(format)
	}
	switch {
	case len(v.types) == 1 && v.types[0] != "object":
		return r.Lang.word("type_" + v.types[0])
	case v.nullable && len(v.types) == 0:
		return r.Lang.word("none")
	case len(v.props) > 0:
		return humanise(v.props[0].key)
	}
	return r.Lang.word("kind") + " " + itoa(i+1)
}

// choiceOf gives the name of the choice of branch that shows a member which only
// tells the branches apart; "" for other members.
func (n *node) choiceOf(member *node) string {
	if !member.discriminates() {
		return ""
	}
	for _, s := range n.selectors {
		if strings.Contains(member.shape.view.id, s.loc+"/") {
			return s.name
		}
	}
	return ""
}
