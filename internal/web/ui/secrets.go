package ui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"tandem/internal/secret"
	"tandem/internal/views"
	"tandem/internal/web/guard"
)

const secretsPath = "/admin/secrets"

func (u *UI) secretRoutes() []Route {
	admin := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: secretsPath + pattern, Guard: guard.Admins, Handle: handle}
	}
	return []Route{
		admin(http.MethodGet, "", u.secrets),
		admin(http.MethodPost, "", u.addSecret),
		admin(http.MethodGet, "/{name}", u.secret),
		admin(http.MethodPost, "/{name}", u.replaceSecret),
		admin(http.MethodPost, "/{name}/delete", u.deleteSecret),
	}
}

func secretPath(name string) string { return secretsPath + "/" + url.PathEscape(name) }

func (u *UI) secrets(w http.ResponseWriter, r *http.Request) error {
	p := u.adminFrame(r, "secret.title")
	p.Notice = noticeFor(p, r, map[string]string{"saved": "secret.saved", "deleted": "secret.deleted"})
	return u.showSecrets(w, r, p, http.StatusOK, nil, faults{})
}

func (u *UI) showSecrets(w http.ResponseWriter, r *http.Request, p views.Page, status int, typed url.Values, wrong faults) error {
	if u.Secrets == nil {
		return secret.ErrNotFound
	}
	list, err := u.Secrets.List(r.Context(), actor(r), clip(r.URL.Query().Get("cursor"), maxLoginShown), adminPage+1)
	if err != nil {
		return err
	}
	b := newBox(p, "add-secret", secretsPath, typed, wrong)
	b.text("name", p.T("secret.name"), p.T("secret.name_help"), "", true)
	view := views.SecretsView{Add: secretForm(p, b, secret.Info{}).done(p.T("secret.add"), p.T("secret.add_text"), p.T("secret.add_button"))}
	view.Add.Folded = true
	view.Pager, list = keyPager(p, secretsPath, r.URL.Query(), list, func(s secret.Info) string { return s.Name })
	for _, s := range list {
		view.Rows = append(view.Rows, views.SecretRow{
			Name: s.Name, Href: p.Href(secretPath(s.Name)), Definitions: u.anyOf(p, s.Definitions), Hosts: u.anyOf(p, s.Hosts),
			Updated: p.Moment(s.UpdatedAt), By: s.UpdatedBy,
		})
	}
	return render(w, r, status, views.SecretsPage(p, view))
}

// anyOf gives a list of rules in words: * is any.
func (u *UI) anyOf(p views.Page, rules []string) []string {
	words := make([]string, len(rules))
	for i, rule := range rules {
		if words[i] = rule; rule == "*" {
			words[i] = p.T("secret.any")
		}
	}
	return words
}

func secretForm(p views.Page, b *box, s secret.Info) *box {
	b.secret("value", p.T("secret.value"), p.T("secret.value_help"), "off")
	b.text("definitions", p.T("secret.definitions"), p.T("secret.definitions_help"), strings.Join(s.Definitions, ", "), true)
	return b.text("hosts", p.T("secret.hosts"), p.T("secret.hosts_help"), strings.Join(s.Hosts, ", "), true)
}

func secretOf(values url.Values, name string) secret.NewSecret {
	return secret.NewSecret{Name: name, Value: values.Get("value"), Definitions: commaList(values.Get("definitions")), Hosts: commaList(values.Get("hosts"))}
}

func (u *UI) addSecret(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	if u.Secrets == nil {
		return secret.ErrNotFound
	}
	if err = u.Secrets.Set(r.Context(), actor(r), secretOf(values, trimmed(values, "name"))); err == nil {
		return u.redirect(w, r, withNotice(secretsPath, "saved"))
	}
	p := u.adminFrame(r, "secret.title")
	wrong, ok := faultsOf(p, err, nil)
	if !ok {
		return err // the value is kept nowhere
	}
	p.Problem = true
	return u.showSecrets(w, r, p, wrong.status, values, wrong)
}

// secretInfo gives what may be shown of the secret of an address.
func (u *UI) secretInfo(r *http.Request) (secret.Info, error) {
	if u.Secrets == nil {
		return secret.Info{}, secret.ErrNotFound
	}
	return u.Secrets.Info(r.Context(), actor(r), chi.URLParam(r, "name"))
}

func (u *UI) secret(w http.ResponseWriter, r *http.Request) error {
	s, err := u.secretInfo(r)
	if err != nil {
		return err
	}
	return u.showSecret(w, r, s, http.StatusOK, nil, faults{})
}

func (u *UI) showSecret(w http.ResponseWriter, r *http.Request, s secret.Info, status int, typed url.Values, wrong faults) error {
	p := u.adminFrame(r, "secret.title")
	p.Title, p.Problem, p.Current = s.Name, status >= 400, secretPath(s.Name)
	b := newBox(p, "replace-secret", secretPath(s.Name), typed, wrong)
	return render(w, r, status, views.SecretPage(p, views.SecretView{
		Name: s.Name, Made: p.Moment(s.CreatedAt), MadeBy: s.CreatedBy, Updated: p.Moment(s.UpdatedAt), UpdatedBy: s.UpdatedBy, Key: s.KeyID,
		Replace: secretForm(p, b, s).done(p.T("secret.replace"), p.T("secret.replace_text"), p.T("secret.replace_button")),
		Delete: views.Confirm{
			ID: "delete", Label: p.T("secret.delete"), Icon: "trash-2", Text: p.T("secret.delete_text"), Action: p.Href(secretPath(s.Name)) + "/delete", Danger: true,
		},
	}))
}

func (u *UI) replaceSecret(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	s, err := u.secretInfo(r)
	if err != nil {
		return err
	}
	if err = u.Secrets.Set(r.Context(), actor(r), secretOf(values, s.Name)); err == nil {
		return u.redirect(w, r, withNotice(secretsPath, "saved"))
	}
	wrong, ok := faultsOf(u.failurePage(r), err, nil)
	if !ok {
		return err
	}
	return u.showSecret(w, r, s, wrong.status, values, wrong)
}

func (u *UI) deleteSecret(w http.ResponseWriter, r *http.Request) error {
	s, err := u.secretInfo(r)
	if err != nil {
		return err
	}
	if err := u.Secrets.Delete(r.Context(), actor(r), s.Name); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(secretsPath, "deleted"))
}
