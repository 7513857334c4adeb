package ui

import (
	"net/http"
	"net/url"

	"tandem/internal/form"
)

// isFragment reports whether a script asks for a part of the page only.
func isFragment(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// acted does what a button of a form asks and gives the form as it is then. With
// scripts the focus is where people have gone on meanwhile, unless a button was
// pressed.
func acted(r *http.Request, f *form.Form, values url.Values, opts form.DecodeOptions) form.State {
	a := f.Act(values, values.Get("_op"), opts)
	state := form.State{Values: a.Values, Errors: a.Errors, Focus: a.Focus, Fixed: opts.Fixed}
	if isFragment(r) && isUpdate(values.Get("_op")) {
		state.Focus = "none"
	}
	return state
}

func isUpdate(op string) bool { return len(op) >= 6 && op[:6] == "update" }
