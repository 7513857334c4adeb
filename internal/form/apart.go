package form

import "strings"

// Apart gives the form for a page that shows another one beside it: all names
// and ids begin with prefix, so that none is there twice. What people send of it
// cannot be decoded.
func (s Shown) Apart(prefix string) Shown {
	s.Fields, s.Hidden = apartFields(s.Fields, prefix), apartInputs(s.Hidden, prefix)
	summary := make([]SummaryItem, len(s.Summary))
	for i, item := range s.Summary {
		summary[i] = SummaryItem{item.Message, apartID(item.Target, prefix)}
	}
	s.Summary = summary
	s.Switch.ID = apartID(s.Switch.ID, prefix)
	return s
}

func apartID(id, prefix string) string {
	if id == "" {
		return ""
	}
	return prefix + id
}

func apartFields(fields []Field, prefix string) []Field {
	out := make([]Field, len(fields))
	for i, f := range fields {
		for _, name := range []*string{&f.Name, &f.ID, &f.HelpID, &f.ErrorID, &f.FileName} {
			*name = apartID(*name, prefix)
		}
		described := strings.Fields(f.DescribedBy)
		for j := range described {
			described[j] = prefix + described[j]
		}
		f.DescribedBy = strings.Join(described, " ")
		f.Options, f.Actions = apartOptions(f.Options, prefix), apartActions(f.Actions, prefix)
		f.Hidden, f.Children = apartInputs(f.Hidden, prefix), apartFields(f.Children, prefix)
		out[i] = f
	}
	return out
}

func apartOptions(options []Option, prefix string) []Option {
	out := make([]Option, len(options))
	for i, o := range options {
		o.ID = apartID(o.ID, prefix)
		out[i] = o
	}
	return out
}

func apartActions(actions []Action, prefix string) []Action {
	out := make([]Action, len(actions))
	for i, a := range actions {
		a.ID = apartID(a.ID, prefix)
		out[i] = a
	}
	return out
}

func apartInputs(inputs []Input, prefix string) []Input {
	out := make([]Input, len(inputs))
	for i, in := range inputs {
		out[i] = Input{prefix + in.Name, in.Value}
	}
	return out
}
