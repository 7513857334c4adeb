package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

func (u *UI) tokenRoutes() []Route {
	admin := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: pattern, Guard: guard.Admins, Handle: handle}
	}
	const one = "/admin/tokens/{id}"
	return []Route{
		admin(http.MethodGet, "/admin/tokens", u.tokens),
		admin(http.MethodPost, "/admin/tokens", u.addToken),
		admin(http.MethodPost, one+"/rotate", u.rotateToken),
		admin(http.MethodPost, one+"/revoke", u.revokeToken),
	}
}

func (u *UI) tokens(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "token.title")
	p.Notice = noticeFor(p, r, map[string]string{"token_revoked": "token.revoked"})
	return u.showTokens(w, r, p, http.StatusOK, nil, nil, faults{})
}

func (u *UI) showTokens(w http.ResponseWriter, r *http.Request, p views.Page, status int, shown *views.Shown, typed url.Values, wrong faults) error {
	login := clip(trimmed(r.URL.Query(), "login"), maxLoginShown)
	view, err := u.tokensView(p, r, login, "/admin/tokens")
	if err != nil {
		return err
	}
	view.People, view.Query, view.Shown = true, login, shown
	view.Add = u.tokenForm(p, "/admin/tokens", true, typed, wrong)
	return render(w, r, status, views.TokensPage(p, view))
}

// tokensView lists tokens: of one person, or everyone's for an empty login. On
// the page of tokens and in the profile they can be rotated and revoked, below a
// path.
func (u *UI) tokensView(p views.Page, r *http.Request, login, path string) (view views.TokensView, err error) {
	query := r.URL.Query()
	before, _ := uuid.Parse(query.Get("cursor")) // what is none begins with the newest
	if path != "/admin/tokens" {
		before = uuid.Nil
	}
	list, err := u.People.Tokens(r.Context(), actor(r), login, before, adminPage+1)
	if err != nil {
		return view, err
	}
	pager, list := keyPager(p, path, query, list, func(t auth.Token) string { return t.ID.String() })
	if path == "/admin/tokens" {
		view.Pager = pager
	}
	base := "/admin/tokens/"
	if path == profilePath {
		base = profilePath + "/tokens/"
	}
	for _, t := range list {
		view.Rows = append(view.Rows, u.tokenRow(p, t, p.Href(base+t.ID.String())))
	}
	return view, nil
}

func (u *UI) tokenRow(p views.Page, t auth.Token, path string) views.TokenRow {
	row := views.TokenRow{
		ID: t.ID.String(), Label: t.Label, Login: t.Login, Href: p.Href(personPath(t.Login)), Scopes: t.Scopes,
		Used: momentOf(p, t.LastUsedAt), Ends: momentOf(p, t.ExpiresAt),
	}
	state := tokenState(t, u.Now())
	row.State = p.TokenState(state)
	if state != "active" {
		return row
	}
	if t.PreviousUntil != nil && t.PreviousUntil.After(u.Now()) {
		row.Overlap = p.Moment(*t.PreviousUntil)
	}
	row.Rotate = &views.Confirm{ID: "rotate-" + row.ID, Action: path + "/rotate"}
	for _, o := range overlaps {
		row.Overlaps = append(row.Overlaps, views.FilterChoice{Value: o, Label: p.T("token.overlap." + o), Chosen: o == "24h"})
	}
	row.Revoke = &views.Act{Label: p.T("token.revoke"), Icon: "ban", Action: path + "/revoke"}
	return row
}

// overlaps are the times that a secret may stay good after a rotation.
var overlaps = []string{"0", "1h", "24h", "168h"}

func tokenState(t auth.Token, now time.Time) string {
	switch {
	case t.RevokedAt != nil:
		return "revoked"
	case t.ExpiresAt != nil && !now.Before(*t.ExpiresAt):
		return "expired"
	}
	return "active"
}

// tokenForm is the form that makes a token, of a named person or of oneself.
func (u *UI) tokenForm(p views.Page, action string, named bool, typed url.Values, wrong faults) views.FormBox {
	b := newBox(p, "add-token", action, typed, wrong)
	if named {
		b.add(form.Field{Kind: form.Text, Name: "login", Label: p.T("profile.login"), Required: true, Autocomplete: "off"})
	}
	b.text("label", p.T("token.label"), "", "", true)
	b.choices(form.Checkboxes, "scopes", p.T("token.scope"), p.T("token.scope_help"), false, scopeOptions(p, named))
	b.add(form.Field{Kind: form.Date, Name: "expires_at", Label: p.T("token.expires"), Help: p.T("token.expires_help")})
	f := b.done(p.T("token.add"), "", p.T("token.add_button"))
	f.Folded = true
	return f
}

func scopeOptions(p views.Page, actAs bool) []form.Option {
	var options []form.Option
	for _, resource := range auth.Resources() {
		name := p.T("resource." + resource)
		options = append(options,
			form.Option{Value: resource + ":read", Label: p.T("token.scope_read", name)},
			form.Option{Value: resource + ":write", Label: p.T("token.scope_write", name)})
	}
	if actAs {
		options = append(options, form.Option{Value: auth.ScopeActAs, Label: p.T("token.scope_act")})
	}
	return options
}

// newTokenOf reads the form of a token.
func newTokenOf(values url.Values, login string) (auth.NewToken, error) {
	n := auth.NewToken{Login: login, Label: values.Get("label"), Scopes: given(values["scopes"])}
	day := trimmed(values, "expires_at")
	if day == "" {
		return n, nil
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "This is no date.")
		e.Fields = []workflow.Problem{{Pointer: "/expires_at", Code: "bad_date", Message: "This is no date. Write it as 2026-12-31."}}
		return n, e
	}
	n.ExpiresAt = at.AddDate(0, 0, 1)
	return n, nil
}

func (u *UI) addToken(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	p := u.adminFrame(r, "token.title")
	shown, err := u.makeToken(p, r, values, strings.ToLower(trimmed(values, "login")))
	if err == nil {
		return u.showTokens(w, r, p, http.StatusOK, shown, nil, faults{})
	}
	wrong, ok := faultsOf(p, err, nil)
	if !ok {
		return u.failKeeping(w, r, values, err)
	}
	p.Problem = true
	return u.showTokens(w, r, p, wrong.status, nil, values, wrong)
}

// makeToken makes the token that a form asks for and gives its secret.
func (u *UI) makeToken(p views.Page, r *http.Request, values url.Values, login string) (*views.Shown, error) {
	n, err := newTokenOf(values, login)
	if err != nil {
		return nil, err
	}
	t, secret, err := u.People.CreateToken(r.Context(), actor(r), n)
	if err != nil {
		return nil, err
	}
	return shownToken(p, t, secret), nil
}

func shownToken(p views.Page, t auth.Token, secret string) *views.Shown {
	return &views.Shown{Title: p.T("token.shown", t.Label), Text: p.T("token.shown_text"), Value: secret}
}

func (u *UI) rotateToken(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "token.title")
	shown, err := u.rotated(p, r)
	if err != nil {
		return err
	}
	p.Current = "/admin/tokens"
	return u.showTokens(w, r, p, http.StatusOK, shown, nil, faults{})
}

// rotated gives the token of the address another secret.
func (u *UI) rotated(p views.Page, r *http.Request) (*views.Shown, error) {
	values, err := postedForm(r)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return nil, auth.ErrTokenNotFound
	}
	var overlap time.Duration
	if text := values.Get("overlap"); slices.Contains(overlaps, text) && text != "0" {
		overlap, _ = time.ParseDuration(text) // one of ours
	}
	t, secret, err := u.People.RotateToken(r.Context(), actor(r), id, overlap)
	if err != nil {
		return nil, err
	}
	return shownToken(p, t, secret), nil
}

func (u *UI) revokeToken(w http.ResponseWriter, r *http.Request) error {
	return u.revoke(w, r, "/admin/tokens")
}

func (u *UI) revoke(w http.ResponseWriter, r *http.Request, back string) error {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return auth.ErrTokenNotFound
	}
	if err := u.People.RevokeToken(r.Context(), actor(r), id); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(back, "token_revoked"))
}
