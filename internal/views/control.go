package views

import (
	"slices"

	"github.com/a-h/templ"

	"tandem/internal/form"
)

// described returns the attributes that every control has for its state and its
// description.
func (p Page) described(f form.Field) templ.Attributes {
	attrs := templ.Attributes{}
	put(attrs, "aria-describedby", p.describedBy(f))
	single := !slices.Contains([]form.Kind{form.Group, form.List, form.Row}, f.Kind) && !isChoice(f)
	if len(f.Errors) > 0 && single {
		attrs["aria-invalid"] = "true"
	}
	if f.Required && single && f.Kind != form.Checkbox && f.Kind != form.Range && f.Kind != form.File {
		attrs["aria-required"] = "true"
	}
	if f.Kind == form.Radio { // of which only the group may say what holds for it
		attrs["role"] = "radiogroup"
		if len(f.Errors) > 0 {
			attrs["aria-invalid"] = "true"
		}
		if f.Required {
			attrs["aria-required"] = "true"
		}
	}
	if f.Autofocus && single && len(f.Errors) == 0 {
		attrs["autofocus"] = true
	}
	if f.ReadOnly && f.Kind == form.Select {
		attrs["disabled"] = true
	}
	return attrs
}

// typing returns the attributes of controls that one types into.
func (p Page) typing(f form.Field) templ.Attributes {
	attrs := templ.Attributes{}
	put(attrs, "placeholder", f.Placeholder)
	put(attrs, "autocomplete", f.Autocomplete)
	put(attrs, "inputmode", f.InputMode)
	if f.ReadOnly {
		attrs["readonly"] = true
	}
	if f.Kind == form.JSON {
		attrs["spellcheck"] = "false"
	}
	return attrs
}

// limits returns the native limits of an <input>. The form is not validated by
// the browser; they shape its controls. Lengths and patterns are left to the
// server, which keeps what was typed and says what is wrong with it.
func (p Page) limits(f form.Field) templ.Attributes {
	attrs := templ.Attributes{}
	put(attrs, "min", f.Min)
	put(attrs, "max", f.Max)
	put(attrs, "step", f.Step)
	if len(f.Suggestions) > 0 {
		attrs["list"] = f.ID + "-list"
	}
	return attrs
}

func put(attrs templ.Attributes, name, value string) {
	if value != "" {
		attrs[name] = value
	}
}

func (p Page) optionLabel(o form.Option) string {
	if o.Label == "" && o.Value == "" {
		return p.T("form.not_set")
	}
	return o.Label
}

// optionAttrs returns the attributes of one of several choices: the first gets
// the focus of the field, and check boxes say that their field is wrong.
func optionAttrs(f form.Field, o form.Option) templ.Attributes {
	attrs := templ.Attributes{}
	if f.Autofocus && len(f.Errors) == 0 && o.ID == f.ID {
		attrs["autofocus"] = true
	}
	if f.Kind == form.Checkboxes && len(f.Errors) > 0 {
		attrs["aria-invalid"] = "true"
	}
	return attrs
}
