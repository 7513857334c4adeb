package ui

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"tandem/internal/auth"
	"tandem/internal/oidc"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
)

const identitiesPath = profilePath + "/identities"

func (u *UI) identityRoutes() []Route {
	own := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: identitiesPath + pattern, Guard: guard.SignedIn, Handle: handle}
	}
	return []Route{
		own(http.MethodGet, "", u.askToLink),
		own(http.MethodPost, "", u.linkIdentity),
		own(http.MethodGet, "/with/{provider}", u.goAndLink),
		own(http.MethodPost, "/unlink", u.unlinkIdentity),
	}
}

// What is remembered of linking, where only the server can read it: who went to a
// provider for it, and whom the provider has named.
const (
	linkerKey = "linker"
	linkKey   = "link"
)

// linkAge is how long one may take to confirm.
const linkAge = 10 * time.Minute

// foundIdentity is whom a provider has named to somebody who wants to link it.
type foundIdentity struct {
	Account  string // login of who went
	At       time.Time
	Provider string // title
	Who      auth.Identity
}

func (u *UI) identitiesView(p views.Page, r *http.Request) (*views.IdentitiesView, error) {
	list, err := u.People.Identities(r.Context(), actor(r))
	if err != nil || len(list) == 0 && len(u.Providers) == 0 {
		return nil, err
	}
	var view views.IdentitiesView
	for _, b := range list {
		view.Rows = append(view.Rows, views.IdentityRow{
			Provider: u.providerTitle(b.Issuer), Subject: b.Subject, Since: p.Moment(b.Since),
			Unlink: views.Confirm{
				ID: "unlink-" + b.Subject, Label: p.T("identity.unlink"), Icon: "x", Text: p.T("identity.unlink_text"),
				Action: p.Href(identitiesPath + "/unlink"), Hidden: []views.Hidden{{Name: "issuer", Value: b.Issuer}, {Name: "subject", Value: b.Subject}},
			},
		})
	}
	for _, provider := range u.Providers {
		view.Link = append(view.Link, views.Link{Label: p.T("identity.link", provider.Title), Href: p.Href(identitiesPath + "/with/" + url.PathEscape(provider.Name))})
	}
	return &view, nil
}

func (u *UI) providerTitle(issuer string) string {
	for _, p := range u.Providers {
		if p.Issuer == issuer {
			return p.Title
		}
	}
	return issuer
}

// goAndLink leads to a provider. Nothing is changed here but a cookie: what comes
// back is linked by a form of its own.
func (u *UI) goAndLink(w http.ResponseWriter, r *http.Request) error {
	if _, err := u.provider(r); err != nil {
		return err
	}
	if err := u.Sessions.Keep(w, r, linkerKey, actor(r).ID); err != nil {
		return err
	}
	return u.leadTo(w, r)
}

// foundToLink reports whether an answer of a provider is for linking, and if so
// asks the person before whom the browser stands.
func (u *UI) foundToLink(w http.ResponseWriter, r *http.Request, p *oidc.Provider, who auth.Identity) (bool, error) {
	linker := u.Sessions.Kept(r, linkerKey)
	if linker == "" {
		return false, nil
	}
	if err := u.Sessions.Keep(w, r, linkerKey, ""); err != nil {
		return true, err
	}
	if a, ok := session.ActorFrom(r.Context()); !ok || a.ID != linker {
		return true, u.providerFailed(w, r, p, oidc.ErrStale)
	}
	text, err := json.Marshal(foundIdentity{Account: linker, At: u.Now(), Provider: p.Title, Who: auth.Identity{
		Issuer: who.Issuer, Subject: who.Subject, Login: clip(who.Login, maxLoginShown), Name: clip(who.Name, maxLoginShown), Email: clip(who.Email, maxLoginShown),
	}})
	if err != nil {
		return true, err
	}
	if err := u.Sessions.Keep(w, r, linkKey, string(text)); err != nil {
		return true, err
	}
	return true, u.redirect(w, r, identitiesPath)
}

// toLink gives whom the actor may link, if a provider has named somebody to him
// lately.
func (u *UI) toLink(r *http.Request) (found foundIdentity, ok bool) {
	err := json.Unmarshal([]byte(u.Sessions.Kept(r, linkKey)), &found)
	return found, err == nil && found.Account == actor(r).ID && u.Now().Sub(found.At) < linkAge
}

func (u *UI) askToLink(w http.ResponseWriter, r *http.Request) error {
	return u.showToLink(w, r, http.StatusOK, faults{})
}

func (u *UI) showToLink(w http.ResponseWriter, r *http.Request, status int, wrong faults) error {
	found, ok := u.toLink(r)
	if !ok {
		return u.redirect(w, r, profilePath)
	}
	me, err := u.People.User(r.Context(), actor(r).Tenant, actor(r).ID)
	if err != nil {
		return err
	}
	p := u.page(r, "", views.NavNone)
	p.Title, p.Problem, p.Current = p.T("identity.confirm"), status >= 400, identitiesPath
	b := newBox(p, "link-identity", identitiesPath, nil, wrong)
	if me.PasswordHash != "" {
		b.secret("present", p.T("profile.present"), "", "current-password")
	}
	name := cmp.Or(found.Who.Email, found.Who.Login, found.Who.Name, found.Who.Subject)
	return render(w, r, status, views.IdentityPage(p, b.done("", p.T("identity.text", found.Provider, name), p.T("identity.button"))))
}

func (u *UI) linkIdentity(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	found, ok := u.toLink(r)
	if !ok {
		return u.redirect(w, r, profilePath)
	}
	if err = u.People.LinkIdentity(r.Context(), actor(r), found.Who, values.Get("present"), session.Address(r)); err != nil {
		wrong, ok := faultsOf(u.failurePage(r), err, nil)
		if !ok {
			return err
		}
		setRetryAfter(w, err)
		return u.showToLink(w, r, wrong.status, wrong)
	}
	if err := u.Sessions.Keep(w, r, linkKey, ""); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(profilePath, "identity_linked"))
}

func (u *UI) unlinkIdentity(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	if err := u.People.UnlinkIdentity(r.Context(), actor(r), values.Get("issuer"), values.Get("subject")); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(profilePath, "identity_unlinked"))
}
