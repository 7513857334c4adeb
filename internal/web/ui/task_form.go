package ui

import (
	"net/http"
	"strconv"

	"tandem/internal/form"
	"tandem/internal/views"
)

// decoding says how what the task's form sends is read.
func (t *openTask) decoding(p views.Page) form.DecodeOptions {
	return form.DecodeOptions{Zone: p.Zone, Fixed: t.fixed}
}

// changeTaskForm changes the shape of a task's form as one of its buttons asks.
func (u *UI) changeTaskForm(w http.ResponseWriter, r *http.Request) error {
	d, err := readDecision(r)
	if err != nil {
		return err
	}
	t, err := u.task(r)
	if err != nil {
		return u.failKeeping(w, r, d.values, err)
	}
	p := u.taskPage(r, t)
	if !t.mayDecide(actor(r)) && !t.mayPropose(actor(r)) {
		return u.notTaken(w, r, p, t, d)
	}
	if d.values.Get("_op") == mergeOp {
		if d.version != t.Version {
			return u.notTaken(w, r, p, t, d)
		}
		d.values = t.merged(p, d.values)
	}
	refused, err := u.attach(r, t.form(), d.values)
	if err != nil {
		return u.failKeeping(w, r, d.values, err)
	}
	typed := d.typed()
	state := acted(r, t.form(), d.values, t.decoding(p))
	typed.values, typed.errs, typed.focus = state.Values, state.Errors.With(refused), state.Focus
	view := u.taskView(r, p, t, typed)
	if d.version != 0 {
		view.Version = strconv.FormatInt(d.version, 10) // a change meanwhile shows when the decision is sent
		view.Form.Seen = d.values.Get("_seen")
	}
	if isFragment(r) {
		return render(w, r, http.StatusOK, views.TaskDecision(p, view))
	}
	return render(w, r, http.StatusOK, t.page(p, view))
}
