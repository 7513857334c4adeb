package ui

import (
	"encoding/json"
	"errors"
	"net/http"

	"tandem/internal/auth"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
)

func (u *UI) codeRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/login/code", Guard: guard.Public, Handle: u.showCode},
		{Method: http.MethodPost, Pattern: "/login/code", Guard: guard.Public, Handle: u.signInCode},
		{Method: http.MethodGet, Pattern: "/login/set-up", Guard: guard.Public, Handle: u.showSetUpFirst},
		{Method: http.MethodPost, Pattern: "/login/set-up", Guard: guard.Public, Handle: u.setUpFirst},
	}
}

// halfKey names what is remembered between the password and the code.
const halfKey = "half"

// askForCode leads somebody whose password is right to what is missing.
func (u *UI) askForCode(w http.ResponseWriter, r *http.Request, half auth.Half) error {
	to := "/login/code"
	if half.SetUp {
		to = "/login/set-up"
		if err := u.People.BeginHalf(r.Context(), half, session.Address(r)); err != nil {
			return u.refuseSignIn(w, r, half.Login, false, err)
		}
	}
	if err := u.keepHalf(w, r, half); err != nil {
		return err
	}
	return u.redirect(w, r, to)
}

func (u *UI) keepHalf(w http.ResponseWriter, r *http.Request, half auth.Half) error {
	text, err := json.Marshal(half)
	if err != nil {
		return err
	}
	return u.Sessions.Keep(w, r, halfKey, string(text))
}

// half gives who is half signed in, nobody when it is none.
func (u *UI) half(r *http.Request) (half auth.Half) {
	if err := json.Unmarshal([]byte(u.Sessions.Kept(r, halfKey)), &half); err != nil {
		return auth.Half{}
	}
	return half
}

func (u *UI) showCode(w http.ResponseWriter, r *http.Request) error {
	half := u.half(r)
	if half.Login == "" || half.SetUp {
		return u.redirect(w, r, "/login?notice=begin")
	}
	return u.renderCode(w, r, http.StatusOK, faults{})
}

func (u *UI) renderCode(w http.ResponseWriter, r *http.Request, status int, wrong faults) error {
	p := u.loginPage(r)
	p.Title, p.Problem, p.Current = p.T("factor.ask_title"), status >= 400, "/login/code"
	b := newBox(p, "code", "/login/code", nil, wrong).code("")
	b.form.Fields[0].Autofocus = !p.Problem
	return render(w, r, status, views.CodePage(p, views.CodeView{
		Form: b.done("", p.T("factor.ask_text"), p.T("factor.ask_button")), Other: p.Href("/login"),
	}))
}

func (u *UI) signInCode(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	half := u.half(r)
	who, err := u.People.SignInCode(r.Context(), half, values.Get("code"), session.Address(r))
	if err != nil {
		return u.refuseCode(w, r, half, err, u.renderCode)
	}
	if err := u.Sessions.Keep(w, r, halfKey, ""); err != nil {
		return err
	}
	return u.welcomeIn(w, r, who, "code")
}

// refuseCode shows a form for a code again, or the sign-in page when that has to
// begin anew.
func (u *UI) refuseCode(w http.ResponseWriter, r *http.Request, half auth.Half, cause error, again func(http.ResponseWriter, *http.Request, int, faults) error) error {
	if errors.Is(cause, auth.ErrHalfOver) || errors.Is(cause, auth.ErrDisabled) || errors.Is(cause, auth.ErrNoSecondFactor) {
		if err := u.Sessions.Keep(w, r, halfKey, ""); err != nil {
			return err
		}
		return u.refuseSignIn(w, r, half.Login, false, auth.ErrHalfOver)
	}
	wrong, ok := faultsOf(u.failurePage(r), cause, nil)
	if !ok {
		return cause
	}
	u.noteSignIn(r, half.Login, cause)
	setRetryAfter(w, cause)
	return again(w, r, wrong.status, wrong)
}

func (u *UI) showSetUpFirst(w http.ResponseWriter, r *http.Request) error {
	return u.renderSetUpFirst(w, r, http.StatusOK, faults{})
}

func (u *UI) renderSetUpFirst(w http.ResponseWriter, r *http.Request, status int, wrong faults) error {
	half := u.half(r)
	if half.Login == "" || !half.SetUp {
		return u.redirect(w, r, "/login?notice=begin")
	}
	p := u.loginPage(r)
	p.Title, p.Problem, p.Current = p.T("factor.setup_title"), status >= 400, "/login/set-up"
	setup, err := u.People.PendingSetUp(r.Context(), half.Tenant, half.Login, u.issuer())
	if errors.Is(err, auth.ErrNoSecondFactor) {
		return u.redirect(w, r, "/login?notice=begin")
	}
	if err != nil {
		return err
	}
	view, err := setUpView(p, setup, "/login/set-up", wrong)
	if err != nil {
		return err
	}
	view.Lead = p.T("factor.demanded")
	return render(w, r, status, views.SetUpFirstPage(p, view))
}

func (u *UI) setUpFirst(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	half := u.half(r)
	who, codes, err := u.People.ConfirmHalf(r.Context(), half, values.Get("code"), session.Address(r))
	if err != nil {
		return u.refuseCode(w, r, half, err, u.renderSetUpFirst)
	}
	if err := u.Sessions.Keep(w, r, halfKey, ""); err != nil {
		return err
	}
	to, err := u.openSession(w, r, who, "set-up")
	if err != nil {
		return err
	}
	p := u.loginPage(r)
	p.Title = p.T("factor.codes")
	return render(w, r, http.StatusOK, views.CodesFirstPage(p, views.CodesView{Codes: codes, Done: to}))
}
