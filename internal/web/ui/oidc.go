package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"tandem/internal/oidc"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

func (u *UI) oidcRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/login/with/{provider}", Guard: guard.Public, Handle: u.signInWith},
		{Method: http.MethodGet, Pattern: "/login/callback/{provider}", Guard: guard.Public, Handle: u.signedInWith},
	}
}

// attemptKey names what is remembered on the way to a provider and back.
const attemptKey = "attempt"

func (u *UI) provider(r *http.Request) (*oidc.Provider, error) {
	name := chi.URLParam(r, "provider")
	i := slices.IndexFunc(u.Providers, func(p *oidc.Provider) bool { return p.Name == name })
	if i < 0 {
		return nil, workflow.Errorf(workflow.KindNotFound, "no_such_page", "There is no identity provider of this name. Begin at the sign-in page.")
	}
	return u.Providers[i], nil
}

// signInWith leads to a provider. Nothing is changed here but a cookie.
func (u *UI) signInWith(w http.ResponseWriter, r *http.Request) error {
	if err := u.Sessions.Keep(w, r, linkerKey, ""); err != nil {
		return err
	}
	return u.leadTo(w, r)
}

// leadTo leads to the provider of an address and remembers the attempt.
func (u *UI) leadTo(w http.ResponseWriter, r *http.Request) error {
	p, err := u.provider(r)
	if err != nil {
		return err
	}
	address, attempt, err := p.Begin(r.Context())
	if err != nil {
		return u.providerFailed(w, r, p, err)
	}
	text, err := json.Marshal(attempt)
	if err != nil {
		return err
	}
	if err := u.Sessions.Keep(w, r, attemptKey, string(text)); err != nil {
		return err
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// signedInWith takes the answer of a provider; an attempt is good for one.
func (u *UI) signedInWith(w http.ResponseWriter, r *http.Request) error {
	p, err := u.provider(r)
	if err != nil {
		return err
	}
	var attempt oidc.Attempt
	if err := json.Unmarshal([]byte(u.Sessions.Kept(r, attemptKey)), &attempt); err != nil {
		attempt = oidc.Attempt{} // nothing was begun here
	}
	if err := u.Sessions.Keep(w, r, attemptKey, ""); err != nil {
		return err
	}
	who, err := p.Finish(r.Context(), attempt, r.URL.Query())
	if err != nil {
		return u.providerFailed(w, r, p, err)
	}
	if linking, err := u.foundToLink(w, r, p, who); linking {
		return err
	}
	a, err := u.People.Admit(r.Context(), u.Tenant, who, p.Admission, session.Address(r))
	if err != nil {
		return u.providerFailed(w, r, p, err)
	}
	return u.welcomeIn(w, r, a, p.Name)
}

// welcomeIn opens the session of somebody who has proved who he is, by what the
// audit is told, and leads to where he wanted.
func (u *UI) welcomeIn(w http.ResponseWriter, r *http.Request, who workflow.Actor, by string) error {
	to, err := u.openSession(w, r, who, by)
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// openSession is welcomeIn without leading on: it gives the address.
func (u *UI) openSession(w http.ResponseWriter, r *http.Request, who workflow.Actor, by string) (to string, err error) {
	if to, err = u.Sessions.TakeReturn(w, r); err != nil {
		return "", err
	}
	if err := u.Sessions.SignIn(w, r, who, by); err != nil {
		return "", err
	}
	if to == "" || strings.HasPrefix(to, u.Prefix+"/login") {
		to = u.Prefix + "/"
	}
	u.useOwnLanguage(w, r, who)
	return to, nil
}

// providerFailed shows the sign-in page with why the way over a provider ended.
func (u *UI) providerFailed(w http.ResponseWriter, r *http.Request, p *oidc.Provider, cause error) error {
	var e *workflow.Error
	key, status := "login.provider_failed", http.StatusBadGateway
	switch {
	case errors.Is(cause, oidc.ErrDenied):
		key, status = "login.provider_denied", http.StatusUnprocessableEntity
	case errors.Is(cause, oidc.ErrStale):
		key, status = "login.provider_stale", http.StatusUnprocessableEntity
	case errors.As(cause, &e) && e.Code == "not_admitted", errors.As(cause, &e) && e.Code == "account_disabled":
		u.noteSignIn(r, "", cause)
		key, status = "login."+e.Code, http.StatusForbidden
	case errors.As(cause, &e):
		return cause
	default:
		u.Log.WarnContext(r.Context(), "sign in by an identity provider", "provider", p.Name, "error", cause)
	}
	page := u.loginPage(r)
	page.Problem = true
	return render(w, r, status, views.LoginPage(page, views.LoginView{
		Problem: page.T(key), People: u.demoPeople(page, ""), Providers: u.providers(page),
	}))
}

// providers offers the ways to sign in that lead over a provider.
func (u *UI) providers(p views.Page) []views.Link {
	var links []views.Link
	for _, provider := range u.Providers {
		links = append(links, views.Link{Label: p.T("login.with", provider.Title), Href: p.Href("/login/with/" + url.PathEscape(provider.Name))})
	}
	return links
}

// signOutElsewhere offers to sign out of the providers that can, too.
func (u *UI) signOutElsewhere(r *http.Request, p views.Page) []views.Link {
	var links []views.Link
	for _, provider := range u.Providers {
		if address := provider.EndSession(r.Context(), u.PublicURL+"/login"); address != "" {
			links = append(links, views.Link{Label: p.T("login.out_of", provider.Title), Href: address})
		}
	}
	return links
}
