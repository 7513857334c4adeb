package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tandem/internal/auth"
	"tandem/internal/views"
	"tandem/internal/views/msg"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// DemoPerson is a person who is offered on the sign-in page.
type DemoPerson struct{ Login, About string }

// ShowDemoPerson adds a person to those offered on the sign-in page. Call it
// before serving.
func (u *UI) ShowDemoPerson(login, about string) {
	u.Demo = append(u.Demo, DemoPerson{Login: login, About: about})
}

func (u *UI) loginRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/login", Guard: guard.Public, Handle: u.showLogin},
		{Method: http.MethodPost, Pattern: "/login", Guard: guard.Public, Handle: u.signIn},
		{Method: http.MethodPost, Pattern: "/logout", Guard: guard.Public, Handle: u.signOut},
		{Method: http.MethodPost, Pattern: "/preferences", Guard: guard.Public, Handle: u.savePreferences},
	}
}

// loginPage is the page of the sign-in form, without a person.
func (u *UI) loginPage(r *http.Request) views.Page {
	p := u.failurePage(r)
	p.User, p.Title, p.Current = nil, msg.T(p.Lang, "login.title"), "/login"
	return p
}

var loginNotices = map[string]string{"begin": "login.begin", "signed_out": "login.signed_out", "password_set": "welcome.done", "set_up": "setup.done"}

func (u *UI) showLogin(w http.ResponseWriter, r *http.Request) error {
	if _, ok := session.ActorFrom(r.Context()); ok {
		return u.redirect(w, r, "/")
	}
	p := u.loginPage(r)
	p.Notice = noticeFor(p, r, loginNotices)
	open, err := u.People.SetupOpen(r.Context())
	if err != nil { // the page itself needs no database
		u.Log.WarnContext(r.Context(), "whether an administrator exists", "error", err)
	}
	if open {
		p.Notice = &views.Notice{Kind: views.NoticeInfo, Text: p.T("setup.hint")}
	}
	as := clip(r.URL.Query().Get("as"), maxLoginShown)
	view := views.LoginView{Login: as, People: u.demoPeople(p, as), Providers: u.providers(p)}
	if r.URL.Query().Get("notice") == "signed_out" {
		view.Elsewhere = u.signOutElsewhere(r, p)
	}
	return render(w, r, http.StatusOK, views.LoginPage(p, view))
}

// maxLoginShown bounds how much of a login name is shown again, in bytes.
const maxLoginShown = 200

// clip cuts a text to at most n bytes of whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

func (u *UI) demoPeople(p views.Page, current string) []views.DemoPerson {
	people := make([]views.DemoPerson, len(u.Demo))
	for i, d := range u.Demo {
		people[i] = views.DemoPerson{
			Login: d.Login, About: d.About, Current: d.Login == current,
			Href: p.Href("/login?as=" + url.QueryEscape(d.Login)),
		}
	}
	return people
}

func (u *UI) signIn(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	login, password := strings.TrimSpace(values.Get("login")), values.Get("password")
	if login == "" || password == "" {
		return u.refuseSignIn(w, r, login, password == "", nil)
	}
	tenant, name := auth.SplitLogin(login, u.Tenant)
	who, err := u.People.SignIn(r.Context(), tenant, name, password, session.Address(r))
	var needs *auth.NeedsCode
	switch {
	case errors.As(err, &needs):
		return u.askForCode(w, r, needs.Half)
	case err != nil:
		return u.refuseSignIn(w, r, login, false, err)
	}
	return u.welcomeIn(w, r, who, "password")
}

// useOwnLanguage gives a browser the language of the person who has signed in.
func (u *UI) useOwnLanguage(w http.ResponseWriter, r *http.Request, who workflow.Actor) {
	me, err := u.People.User(r.Context(), who.Tenant, who.ID)
	switch {
	case err != nil:
		u.Log.WarnContext(r.Context(), "language of a person", "actor", who.ID, "error", err)
	case me.Lang != "":
		u.setPreference(w, r, langCookie, me.Lang)
	}
}

// refuseSignIn shows the form again: with what is missing, or why the attempt
// was refused. Faults that are not the person's are returned.
func (u *UI) refuseSignIn(w http.ResponseWriter, r *http.Request, login string, noPassword bool, cause error) error {
	p := u.loginPage(r)
	p.Problem = true
	view := views.LoginView{Login: clip(login, maxLoginShown)}
	view.People, view.Providers = u.demoPeople(p, view.Login), u.providers(p)
	status := http.StatusUnprocessableEntity
	if cause != nil {
		u.noteSignIn(r, login, cause)
		var e *workflow.Error
		if !errors.As(cause, &e) || !msg.Has("login."+e.Code) {
			return cause
		}
		view.Problem = p.T("login." + e.Code)
		status = signInStatus(cause)
		setRetryAfter(w, cause)
	} else {
		if login == "" {
			view.LoginError = p.T("login.empty_login")
		}
		if noPassword {
			view.PasswordError = p.T("login.empty_pass")
		}
	}
	return render(w, r, status, views.LoginPage(p, view))
}

// noteSignIn tells the audit of an attempt to sign in that was refused. What was
// typed is kept only if it is somebody's login name: it may be a password in the
// wrong field.
func (u *UI) noteSignIn(r *http.Request, login string, cause error) {
	var e *workflow.Error
	if u.Refused == nil || !errors.As(cause, &e) || workflow.KindOf(cause) == workflow.KindUnavailable {
		return
	}
	by := workflow.Actor{Tenant: u.Tenant, Via: "login", Address: session.Address(r), Request: requestIDOf(r)}
	line := by.Record(u.Now().UTC(), "session.begin", "user", u.knownLogin(r, login))
	line.Refused, line.Reason = e.Code, msg.Printer{Lang: msg.Languages()[0]}.T("login."+e.Code)
	u.Refused(line)
}

// knownLogin gives the login name that was typed if somebody has it, else
// nothing.
func (u *UI) knownLogin(r *http.Request, typed string) string {
	login := strings.ToLower(strings.TrimSpace(typed))
	if _, err := u.People.User(r.Context(), u.Tenant, login); err != nil {
		return ""
	}
	return login
}

// signInStatus keeps the status of refusals that are about too many attempts;
// all others are a form to fill in again.
func signInStatus(err error) int {
	switch workflow.KindOf(err) {
	case workflow.KindTooMany, workflow.KindUnavailable:
		return respond.ProblemOf(err, "").Status
	}
	return http.StatusUnprocessableEntity
}

func setRetryAfter(w http.ResponseWriter, err error) {
	var wait auth.Wait
	if errors.As(err, &wait) {
		w.Header().Set("Retry-After", strconv.Itoa(int(time.Duration(wait)/time.Second)+1))
	}
}

func (u *UI) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := u.Sessions.SignOut(w, r); err != nil {
		return err
	}
	return u.redirect(w, r, "/login?notice=signed_out")
}
