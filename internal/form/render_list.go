package form

import "strings"

// list fills the rows of a list and its buttons.
func (r *renderer) list(n *node, f *Field) {
	f.Hidden = r.marks(n)
	if n.openable && !n.open && !n.locked {
		f.Actions = r.opener(n, f)
		return
	}
	f.Children = r.rows(n)
	if n.locked {
		return
	}
	_, most := n.shape.rowLimits()
	if !n.shape.hints.denies("addable") && (most < 0 || len(n.rows) < most) && len(n.rows) < maxRows {
		f.Actions = append(f.Actions, r.addAction(n, f.Label))
	}
	if n.openable {
		f.Actions = append(f.Actions, r.action("close", n.at.htmlName(), f.Label, ""))
	}
}

// mapList gives the rows of key and value of a group.
func (r *renderer) mapList(n *node) Field {
	h := n.shape.hints
	f := Field{Kind: List, Name: n.at.special("n"), ID: idOf(n.at.special("n")), Pointer: n.at.pointer, ReadOnly: n.locked, MinLength: -1, MaxLength: -1}
	f.Label = r.Lang.word("entries")
	if len(n.shape.order) == 0 {
		f.Label = first(n.label(), f.Label)
	}
	f.Children = r.rows(n)
	if !n.locked && !h.denies("addable") && len(n.rows) < maxRows {
		f.Actions = []Action{r.addAction(n, f.Label)}
	}
	return f
}

// addAction names the button by what it adds.
func (r *renderer) addAction(n *node, label string) Action {
	item := n.shape.hints.text("itemLabel")
	if item == "" && n.shape.view.items != nil {
		item = r.tree.form.shapeOf(r.tree.form.viewOf(n.shape.view.items, nil), n.shape.hints.inside("items")).proto.Label
	}
	a := r.action("add", n.at.htmlName(), label, "")
	a.Label = r.Lang.say("action_add_entry", Params{"field": label})
	a.Name = r.Lang.say("action_add_entry_to", Params{"field": label})
	if item != "" {
		a.Label = r.Lang.say("action_add", Params{"field": r.amid(item)})
		a.Name = a.Label
	}
	a.Autofocus = r.takesFocus() || a.Autofocus
	return a
}

func (r *renderer) rows(n *node) []Field {
	rows := make([]Field, 0, len(n.rows))
	for _, c := range n.rows {
		rows = append(rows, r.row(n, c))
	}
	return rows
}

func (r *renderer) row(list, n *node) Field {
	label := rowLabel(list, n)
	row := Field{Kind: Row, Name: n.at.htmlName(), Pointer: n.at.pointer, ID: n.at.id() + "-row", Label: label, MinLength: -1, MaxLength: -1, ReadOnly: n.locked}
	if strings.TrimPrefix(r.Focus, "in:") == row.Name && r.Focus != row.Name {
		r.pending = true
	}
	isMap := list.shape.proto.Kind == Group
	if isMap {
		row.Children = append(row.Children, r.keyField(list, n))
	}
	field := r.field(n)
	switch {
	case field.Kind == Group && n.inner == nil && !n.openable:
		row.ID, row.Errors, row.Hidden = field.ID, field.Errors, field.Hidden
		row.Description, row.Help = field.Description, field.Help
		describeBy(&row)
		row.Children = append(row.Children, field.Children...)
	default:
		field.Label, field.Entry = label, true
		if isMap {
			field.Label = r.Lang.word("entry_value")
		}
		row.Children = append(row.Children, field)
	}
	row.Summary = summaryOf(row.Children)
	if !n.locked {
		row.Actions = r.rowActions(list, n, row)
	}
	return row
}

// keyField is the control for the key of a row of a map.
func (r *renderer) keyField(list, n *node) Field {
	name := place{name: n.at.name}.special("k")
	f := Field{Kind: Text, Name: name, ID: idOf(name), Pointer: n.at.pointer, Label: r.Lang.word("entry_key"), Value: n.keyText, Entry: true,
		MinLength: -1, MaxLength: -1, Errors: r.errors[name], Live: len(list.shape.view.patterns) > 0}
	if n.locked {
		f.Kind, f.ReadOnly = Static, true
	}
	if f.Live && !n.locked {
		f.Actions = []Action{r.update(f)}
	}
	if r.Focus == "in:"+name {
		r.pending = true
	}
	r.takeFocus(&f)
	describeBy(&f)
	return f
}

// summaryOf gives the first text in a row, which tells it from others.
func summaryOf(fields []Field) string {
	for _, f := range fields {
		text := ""
		switch f.Kind {
		case Text, Textarea, Number, Integer, Range, Email, URL, Date, DateTimeLocal, Static:
			text = f.Value
		case Select, Radio:
			for _, o := range f.Options {
				if o.Selected && o.Value != "" {
					text = o.Label
				}
			}
		case File:
			if f.File != nil {
				text = f.File.Name
			}
		case Group, Row:
			text = summaryOf(f.Children)
		}
		if text = strings.TrimSpace(text); text != "" {
			return cut(text)
		}
	}
	return ""
}

func (r *renderer) rowActions(list, n *node, row Field) []Action {
	name := n.at.htmlName()
	var actions []Action
	fixed := len(list.shape.view.prefix)
	if list.shape.proto.Kind == List && !list.shape.hints.denies("orderable") && n.index >= fixed {
		if n.index > fixed {
			actions = append(actions, r.action("up", name, row.Label, row.Summary))
		}
		if n.index < len(list.rows)-1 {
			actions = append(actions, r.action("down", name, row.Label, row.Summary))
		}
	}
	least, _ := list.shape.rowLimits()
	if !list.shape.hints.denies("removable") && len(list.rows) > least && (n.index >= fixed || n.index == len(list.rows)-1) {
		actions = append(actions, r.action("remove", name, row.Label, row.Summary))
	}
	return actions
}

// amid writes a label as it stands amid a sentence: English begins it small,
// unless it is an abbreviation.
func (r *renderer) amid(label string) string {
	if r.Lang.Tag != "" && r.Lang.Tag != English.Tag || len(label) < 2 || !isUpper(rune(label[0])) || !isLower(rune(label[1])) {
		return label
	}
	return string(label[0]+'a'-'A') + label[1:]
}

// action makes a button. Its whole name says what it is about: "Remove Line 3:
// Train ticket".
func (r *renderer) action(verb, name, label, summary string) Action {
	label, about := r.amid(label), r.amid(label)
	if summary != "" && summary != label {
		about += ": " + summary
	}
	a := Action{Op: verb + ":" + name, Verb: verb, ID: idOf(name) + "-" + verb}
	a.Label = r.Lang.say("action_"+verb, Params{"field": label})
	a.Name = r.Lang.say("action_"+verb+"_of", Params{"field": about})
	a.Autofocus = r.Focus == a.Op
	return a
}

// update is the button that shows the fields that go with a control, for
// browsers that run no scripts.
func (r *renderer) update(f Field) Action { return r.action("update", f.Name, f.Label, "") }

// switchOf gives the button that turns the whole form into JSON, or back.
func (r *renderer) switchOf(root *node) Action {
	base := r.tree.form.shapeOf(r.tree.form.viewOf(root.srcs, nil), root.hints)
	if root.locked || !base.structured() && len(base.view.branches) == 0 {
		return Action{}
	}
	verb := "json"
	if root.shape.proto.Kind == JSON && root.inner == nil {
		verb = "form"
	}
	return r.action(verb, rootName, "", "")
}
