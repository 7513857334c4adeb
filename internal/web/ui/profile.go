package ui

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

const profilePath = "/profile"

func (u *UI) profileRoutes() []Route {
	own := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: profilePath + pattern, Guard: guard.SignedIn, Handle: handle}
	}
	return []Route{
		own(http.MethodGet, "", u.showProfile),
		own(http.MethodPost, "", u.saveProfile),
		own(http.MethodPost, "/password", u.changePassword),
		own(http.MethodPost, "/sessions/end", u.endOtherSessions),
		own(http.MethodPost, "/sessions/{id}/end", u.endOwnSession),
		own(http.MethodPost, "/substitutes", u.addSubstitute),
		own(http.MethodPost, "/substitutes/{id}/remove", u.removeSubstitute),
		own(http.MethodPost, "/tokens", u.addOwnToken),
		own(http.MethodPost, "/tokens/{id}/rotate", u.rotateOwnToken),
		own(http.MethodPost, "/tokens/{id}/revoke", u.revokeOwnToken),
	}
}

// typedProfile is a form of the profile that is shown again.
type typedProfile struct {
	box    string // its id
	values url.Values
	wrong  faults
	shown  *views.Shown
}

var profileNotices = map[string]string{
	"identity_linked": "identity.linked", "identity_unlinked": "identity.unlinked",
	"factor_off": "factor.off_done", "factor_canceled": "factor.canceled",
	"saved": "people.saved", "password": "profile.password_done", "session_ended": "session.ended",
	"sessions_ended": "session.all_ended", "token_revoked": "token.revoked",
	"substitute_added": "substitute.added", "substitute_removed": "substitute.removed",
}

func (u *UI) showProfile(w http.ResponseWriter, r *http.Request) error {
	return u.renderProfile(w, r, http.StatusOK, typedProfile{})
}

func (u *UI) renderProfile(w http.ResponseWriter, r *http.Request, status int, typed typedProfile) error {
	p := u.page(r, "", views.NavNone)
	p.Title, p.Notice, p.Problem = p.T("profile.title"), noticeFor(p, r, profileNotices), status >= 400
	if r.Method != http.MethodGet {
		p.Current = profilePath
	}
	view, err := u.profileView(p, r, typed)
	if err != nil {
		return err
	}
	return render(w, r, status, views.ProfilePage(p, view))
}

func (u *UI) profileView(p views.Page, r *http.Request, typed typedProfile) (view views.ProfileView, err error) {
	a := actor(r)
	view = views.ProfileView{Login: a.ID, Roles: p.User.Roles, Groups: a.Groups}
	me, err := u.People.User(r.Context(), a.Tenant, a.ID)
	if errors.Is(err, auth.ErrUserNotFound) || session.InfoFrom(r.Context()).ID == uuid.Nil {
		return view, nil // the host program knows its people
	}
	if err != nil {
		return view, err
	}
	account := u.accountForm(p, me, typed)
	view.Account = &account
	if me.PasswordHash != "" {
		password := u.passwordForm(p, typed)
		view.Password = &password
		factor, err := u.secondFactorView(p, r, typed)
		if err != nil {
			return view, err
		}
		view.SecondFactor = &factor
	}
	if view.Identities, err = u.identitiesView(p, r); err != nil {
		return view, err
	}
	if view.Substitutes, err = u.substitutesView(p, r, typed); err != nil {
		return view, err
	}
	if view.Sessions, err = u.sessionsView(p, r, a.ID, profilePath); err != nil {
		return view, err
	}
	if view.Tokens, err = u.tokensView(p, r, a.ID, profilePath); err != nil {
		return view, err
	}
	values, wrong := typed.of("add-token")
	view.Tokens.Add = u.tokenForm(p, profilePath+"/tokens", false, values, wrong)
	view.Tokens.Shown = typed.shown
	return view, nil
}

// of gives what was typed into a form, nothing for all others.
func (t typedProfile) of(box string) (url.Values, faults) {
	if t.box == box {
		return t.values, t.wrong
	}
	return nil, faults{}
}

func (u *UI) accountForm(p views.Page, me auth.User, typed typedProfile) views.FormBox {
	values, wrong := typed.of("account")
	b := newBox(p, "account", profilePath, values, wrong)
	b.add(form.Field{Kind: form.Text, Name: "name", Label: p.T("profile.name"), Value: me.Name, Required: true, Autocomplete: "name"})
	b.add(form.Field{Kind: form.Email, Name: "email", Label: p.T("people.email"), Value: me.Email, Autocomplete: "email"})
	b.choices(form.Select, "lang", p.T("people.lang"), "", false, langOptions(p, me.Lang))
	return b.done(p.T("profile.account"), "", p.T("people.save"))
}

func (u *UI) passwordForm(p views.Page, typed typedProfile) views.FormBox {
	values, wrong := typed.of("password")
	b := newBox(p, "password", profilePath+"/password", values, wrong)
	b.secret("present", p.T("profile.present"), "", "current-password")
	b.secret("password", p.T("profile.next"), p.T("profile.next_help", auth.MinPassword), "new-password")
	return b.done(p.T("profile.password"), p.T("profile.password_text"), p.T("profile.password_button"))
}

// refuseProfile shows a form of the profile again with what is wrong.
func (u *UI) refuseProfile(w http.ResponseWriter, r *http.Request, box string, values url.Values, cause error) error {
	wrong, ok := faultsOf(u.failurePage(r), cause, nil)
	if !ok {
		return u.failKeeping(w, r, values, cause)
	}
	setRetryAfter(w, cause)
	return u.renderProfile(w, r, wrong.status, typedProfile{box: box, values: values, wrong: wrong})
}

func (u *UI) saveProfile(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	name, email, lang := trimmed(values, "name"), trimmed(values, "email"), trimmed(values, "lang")
	if err := u.People.UpdateOwn(r.Context(), actor(r), auth.Change{Name: &name, Email: &email, Lang: &lang}); err != nil {
		return u.refuseProfile(w, r, "account", values, err)
	}
	u.setPreference(w, r, langCookie, lang)
	return u.redirect(w, r, withNotice(profilePath, "saved"))
}

func (u *UI) changePassword(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	err = u.People.ChangePassword(r.Context(), actor(r), values.Get("present"), values.Get("password"),
		session.InfoFrom(r.Context()).ID, session.Address(r))
	if workflow.KindOf(err) == workflow.KindForbidden && err != nil {
		return err
	}
	if err != nil {
		return u.refuseProfile(w, r, "password", url.Values{}, err)
	}
	return u.redirect(w, r, withNotice(profilePath, "password"))
}

func (u *UI) endOtherSessions(w http.ResponseWriter, r *http.Request) error {
	if _, err := u.People.EndSessions(r.Context(), actor(r), actor(r).ID, session.InfoFrom(r.Context()).ID); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(profilePath, "sessions_ended"))
}

func (u *UI) endOwnSession(w http.ResponseWriter, r *http.Request) error {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return auth.ErrSessionNotFound
	}
	if err := u.People.EndSession(r.Context(), actor(r), actor(r).ID, id); err != nil {
		return err
	}
	return u.redirect(w, r, withNotice(profilePath, "session_ended"))
}

func (u *UI) addOwnToken(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	shown, err := u.makeToken(u.failurePage(r), r, values, actor(r).ID)
	if err != nil {
		return u.refuseProfile(w, r, "add-token", values, err)
	}
	return u.renderProfile(w, r, http.StatusOK, typedProfile{shown: shown})
}

func (u *UI) rotateOwnToken(w http.ResponseWriter, r *http.Request) error {
	if err := u.ownToken(r); err != nil {
		return err
	}
	shown, err := u.rotated(u.failurePage(r), r)
	if err != nil {
		return err
	}
	return u.renderProfile(w, r, http.StatusOK, typedProfile{shown: shown})
}

func (u *UI) revokeOwnToken(w http.ResponseWriter, r *http.Request) error {
	if err := u.ownToken(r); err != nil {
		return err
	}
	return u.revoke(w, r, profilePath)
}

// ownToken refuses the token of somebody else, whatever the actor's rights: the
// page of tokens is for those.
func (u *UI) ownToken(r *http.Request) error {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return auth.ErrTokenNotFound
	}
	t, err := u.People.Token(r.Context(), actor(r), id)
	if err == nil && t.Login != actor(r).ID {
		err = auth.ErrTokenNotFound
	}
	return err
}
