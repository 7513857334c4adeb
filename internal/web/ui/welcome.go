package ui

import (
	"net/http"
	"net/url"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
)

func (u *UI) welcomeRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/welcome", Guard: guard.Public, Handle: u.welcome},
		{Method: http.MethodPost, Pattern: "/welcome", Guard: guard.Public, Handle: u.setPassword},
		{Method: http.MethodGet, Pattern: "/setup", Guard: guard.Public, Handle: u.setup},
		{Method: http.MethodPost, Pattern: "/setup", Guard: guard.Public, Handle: u.finishSetup},
	}
}

// linkPage is the page of a link, whose secret stands in its address and goes
// nowhere else: preferences lead back to the sign-in page.
func (u *UI) linkPage(r *http.Request, title string) views.Page {
	p := u.loginPage(r)
	p.Title = p.T(title)
	return p
}

// openLink gives the link of an address, if it is one for this page.
func (u *UI) openLink(r *http.Request, secret string, setup bool) (auth.Link, error) {
	l, err := u.People.OpenLink(r.Context(), secret)
	if err == nil && (l.Purpose == auth.PurposeSetup) != setup {
		err = auth.ErrLinkNotFound
	}
	return l, err
}

func (u *UI) welcome(w http.ResponseWriter, r *http.Request) error {
	return u.showWelcome(w, r, http.StatusOK, r.URL.Query().Get("token"), faults{})
}

func (u *UI) showWelcome(w http.ResponseWriter, r *http.Request, status int, secret string, wrong faults) error {
	l, err := u.openLink(r, secret, false)
	if err != nil {
		return err
	}
	p := u.linkPage(r, "welcome.title")
	p.Problem = status >= 400
	b := newBox(p, "welcome", "/welcome", nil, wrong)
	b.form.Hidden = []views.Hidden{{Name: "token", Value: secret}}
	b.add(form.Field{Kind: form.Text, Name: "username", Label: p.T("profile.login"), Value: l.Login, ReadOnly: true, Autocomplete: "username"})
	b.secret("password", p.T("login.password"), p.T("profile.next_help", auth.MinPassword), "new-password")
	return render(w, r, status, views.LinkPage(p, b.done("", p.T("welcome.text", l.Login), p.T("welcome.button"))))
}

func (u *UI) setPassword(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	_, err = u.People.UseLink(r.Context(), values.Get("token"), values.Get("password"), session.Address(r))
	if err == nil {
		return u.redirect(w, r, "/login?notice=password_set")
	}
	wrong, ok := faultsOf(u.failurePage(r), err, nil)
	if !ok {
		return err
	}
	return u.showWelcome(w, r, wrong.status, values.Get("token"), wrong)
}

func (u *UI) setup(w http.ResponseWriter, r *http.Request) error {
	return u.showSetup(w, r, http.StatusOK, r.URL.Query().Get("token"), nil, faults{})
}

func (u *UI) showSetup(w http.ResponseWriter, r *http.Request, status int, secret string, typed url.Values, wrong faults) error {
	if _, err := u.openLink(r, secret, true); err != nil {
		return err
	}
	p := u.linkPage(r, "setup.title")
	p.Problem = status >= 400
	b := newBox(p, "setup", "/setup", typed, wrong)
	b.form.Hidden = []views.Hidden{{Name: "token", Value: secret}}
	b.add(form.Field{Kind: form.Text, Name: "login", Label: p.T("profile.login"), Help: p.T("people.login_help"), Required: true, Autocomplete: "username"})
	b.add(form.Field{Kind: form.Text, Name: "name", Label: p.T("profile.name"), Autocomplete: "name"})
	b.add(form.Field{Kind: form.Email, Name: "email", Label: p.T("people.email"), Autocomplete: "email"})
	b.secret("password", p.T("login.password"), p.T("profile.next_help", auth.MinPassword), "new-password")
	return render(w, r, status, views.LinkPage(p, b.done("", p.T("setup.text"), p.T("setup.button"))))
}

func (u *UI) finishSetup(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	_, err = u.People.FinishSetup(r.Context(), values.Get("token"), auth.NewUser{
		Login: trimmed(values, "login"), Name: trimmed(values, "name"), Email: trimmed(values, "email"), Password: values.Get("password"),
	}, session.Address(r))
	if err == nil {
		return u.redirect(w, r, "/login?notice=set_up")
	}
	wrong, ok := faultsOf(u.failurePage(r), err, nil)
	if !ok {
		return err
	}
	return u.showSetup(w, r, wrong.status, values.Get("token"), values, wrong)
}
