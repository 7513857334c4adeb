package ui

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
)

// substitutesView lists who stands in for the actor, and for whom he does.
func (u *UI) substitutesView(p views.Page, r *http.Request, typed typedProfile) (view views.SubstitutesView, err error) {
	list, err := u.People.Substitutes(r.Context(), actor(r), actor(r).ID)
	if err != nil {
		return view, err
	}
	names := u.naming(r)
	for _, s := range list {
		view.Rows = append(view.Rows, views.SubstituteRow{
			Name: names.of(s.Substitute), From: p.Moment(s.From), Until: p.Moment(s.Until),
			Remove: views.Act{Label: p.T("substitute.remove"), Icon: "circle-x", Action: p.Href(profilePath + "/substitutes/" + s.ID.String() + "/remove")},
		})
	}
	for _, other := range actor(r).For {
		view.For = append(view.For, p.T("substitute.standing_in", names.of(other.Login)))
	}
	values, wrong := typed.of("add-substitute")
	b := newBox(p, "add-substitute", profilePath+"/substitutes", values, wrong)
	b.add(form.Field{Kind: form.Text, Name: "substitute", Label: p.T("substitute.who"), Help: p.T("substitute.who_help"), Required: true, Autocomplete: "off"})
	b.add(form.Field{Kind: form.Date, Name: "from", Label: p.T("substitute.from"), Help: p.T("substitute.from_help")})
	b.add(form.Field{Kind: form.Date, Name: "until", Label: p.T("substitute.until"), Help: p.T("substitute.until_help"), Required: true})
	view.Add = b.once().done(p.T("substitute.add"), "", p.T("substitute.add_button"))
	view.Add.Folded = true
	return view, nil
}

func (u *UI) addSubstitute(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	from, until := day(values.Get("from")), day(values.Get("until"))
	if !until.IsZero() {
		until = until.AddDate(0, 0, 1) // the last day counts
	}
	_, _, err = u.Engine.Once(r.Context(), actor(r), sentOnce(r, values), func(ctx context.Context) error {
		_, err := u.People.AddSubstitute(ctx, actor(r), actor(r).ID, trimmed(values, "substitute"), from, until)
		return err
	})
	if err != nil {
		return u.refuseProfile(w, r, "add-substitute", values, err)
	}
	return u.redirect(w, r, withNotice(profilePath, "substitute_added"))
}

// day reads a day as browsers send it, the zero time for what is none.
func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

func (u *UI) removeSubstitute(w http.ResponseWriter, r *http.Request) error {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return auth.ErrSubstituteNotFound
	}
	if err := u.People.RemoveSubstitute(r.Context(), actor(r), id); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(profilePath, "substitute_removed"))
}
