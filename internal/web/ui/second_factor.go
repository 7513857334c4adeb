package ui

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image/png"
	"net/http"
	"slices"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"tandem/internal/auth"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
)

const factorPath = profilePath + "/second-factor"

func (u *UI) secondFactorRoutes() []Route {
	own := func(method, pattern string, handle Handler) Route {
		return Route{Method: method, Pattern: factorPath + pattern, Guard: guard.SignedIn, Handle: handle}
	}
	return []Route{
		own(http.MethodGet, "", u.setUpFactor),
		own(http.MethodPost, "", u.beginFactor),
		own(http.MethodPost, "/confirm", u.confirmFactor),
		own(http.MethodPost, "/cancel", u.cancelFactor),
		own(http.MethodPost, "/codes", u.renewCodes),
		own(http.MethodPost, "/remove", u.removeFactor),
	}
}

// issuer is the name that apps for codes show beside a login.
func (u *UI) issuer() string {
	_, host, _ := strings.Cut(u.PublicURL, "://")
	host, _, _ = strings.Cut(host, "/")
	if host == "" {
		return "Tandem"
	}
	return "Tandem " + host
}

func (u *UI) secondFactorView(p views.Page, r *http.Request, typed typedProfile) (view views.SecondFactorView, err error) {
	f, err := u.People.SecondFactor(r.Context(), actor(r).Tenant, actor(r).ID)
	switch {
	case errors.Is(err, auth.ErrNoSecondFactor):
		view.Missing = !u.People.CanSeal()
		if !view.Missing {
			view.Forms = []views.FormBox{u.beginFactorForm(p, typed)}
		}
		return view, nil
	case err != nil:
		return view, err
	case f.ConfirmedAt == nil:
		view.GoOn = p.Href(factorPath)
		view.Cancel = views.Act{Label: p.T("factor.cancel"), Action: p.Href(factorPath + "/cancel")}
		return view, nil
	}
	view.On = p.T("factor.on", p.Moment(*f.ConfirmedAt).Exact) + " " + p.T("factor.left", len(f.Recovery))
	view.Forms = []views.FormBox{u.renewForm(p, typed), u.removeFactorForm(p, typed)}
	return view, nil
}

func (u *UI) beginFactorForm(p views.Page, typed typedProfile) views.FormBox {
	values, wrong := typed.of("begin-factor")
	b := newBox(p, "begin-factor", factorPath, values, wrong)
	b.secret("present", p.T("profile.present"), "", "current-password")
	f := b.done(p.T("factor.begin"), p.T("factor.begin_text"), p.T("factor.begin_button"))
	f.Folded = true
	return f
}

// code adds the field of a code.
func (b *box) code(help string) *box {
	return b.add(form.Field{Kind: form.Text, Name: "code", Label: b.p.T("factor.code"), Help: help, Required: true, Autocomplete: "one-time-code"})
}

func (u *UI) renewForm(p views.Page, typed typedProfile) views.FormBox {
	_, wrong := typed.of("renew-codes")
	f := newBox(p, "renew-codes", factorPath+"/codes", nil, wrong).code(p.T("factor.code_help")).
		done(p.T("factor.renew"), p.T("factor.renew_text"), p.T("factor.renew_button"))
	f.Folded = true
	return f
}

func (u *UI) removeFactorForm(p views.Page, typed typedProfile) views.FormBox {
	_, wrong := typed.of("remove-factor")
	b := newBox(p, "remove-factor", factorPath+"/remove", nil, wrong)
	b.secret("present", p.T("profile.present"), "", "current-password").code(p.T("factor.code_help"))
	f := b.done(p.T("factor.remove"), p.T("factor.remove_text"), p.T("factor.remove_button"))
	f.Folded, f.Danger = true, true
	return f
}

func (u *UI) beginFactor(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	if err := u.People.BeginSecondFactor(r.Context(), actor(r), values.Get("present"), session.Address(r)); err != nil {
		return u.refuseFactor(w, r, "begin-factor", err)
	}
	return u.redirect(w, r, factorPath)
}

// refuseFactor shows a form of the profile again, without what was typed.
func (u *UI) refuseFactor(w http.ResponseWriter, r *http.Request, box string, cause error) error {
	if _, ok := faultsOf(u.failurePage(r), cause, nil); !ok {
		return cause
	}
	return u.refuseProfile(w, r, box, nil, cause)
}

func (u *UI) setUpFactor(w http.ResponseWriter, r *http.Request) error {
	return u.showSetUp(w, r, http.StatusOK, faults{})
}

func (u *UI) showSetUp(w http.ResponseWriter, r *http.Request, status int, wrong faults) error {
	p := u.page(r, "", views.NavNone)
	p.Title, p.Problem, p.Current = p.T("factor.setup_title"), status >= 400, factorPath
	setup, err := u.People.PendingSetUp(r.Context(), actor(r).Tenant, actor(r).ID, u.issuer())
	if errors.Is(err, auth.ErrNoSecondFactor) {
		return u.redirect(w, r, profilePath)
	}
	if err != nil {
		return err
	}
	view, err := setUpView(p, setup, factorPath+"/confirm", wrong)
	if err != nil {
		return err
	}
	view.Cancel = &views.Act{Label: p.T("factor.cancel"), Action: p.Href(factorPath + "/cancel")}
	return render(w, r, status, views.SetUpPage(p, view))
}

func setUpView(p views.Page, s auth.SetUp, action string, wrong faults) (view views.SetUpView, err error) {
	if view.Picture, err = pictureOf(s.Address); err != nil {
		return view, err
	}
	groups := slices.Collect(slices.Chunk([]byte(s.Secret), 4))
	view.Secret = string(bytes.Join(groups, []byte(" ")))
	view.Confirm = newBox(p, "confirm-factor", action, nil, wrong).code(p.T("factor.digits_help")).
		done(p.T("factor.prove"), "", p.T("factor.prove_button"))
	return view, nil
}

// pictureOf draws an address as a QR code, four pixels a module, and gives it as
// a data address: it must not lie anywhere.
func pictureOf(address string) (string, error) {
	const pixels, quiet = 4, 4
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return "", err
	}
	side := code.Bounds().Dx() * pixels
	if code, err = barcode.Scale(code, side, side); err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, framed(code, pixels*quiet)); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

func (u *UI) confirmFactor(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	codes, err := u.People.ConfirmSecondFactor(r.Context(), actor(r), values.Get("code"), session.Address(r))
	if err == nil {
		return u.showCodes(w, r, codes)
	}
	wrong, ok := faultsOf(u.failurePage(r), err, nil)
	if !ok {
		return err
	}
	setRetryAfter(w, err)
	return u.showSetUp(w, r, wrong.status, wrong)
}

func (u *UI) showCodes(w http.ResponseWriter, r *http.Request, codes []string) error {
	p := u.page(r, "", views.NavNone)
	p.Title, p.Current = p.T("factor.codes"), profilePath
	return render(w, r, http.StatusOK, views.CodesPage(p, views.CodesView{Codes: codes, Done: p.Href(profilePath)}))
}

func (u *UI) cancelFactor(w http.ResponseWriter, r *http.Request) error {
	err := u.People.CancelSecondFactor(r.Context(), actor(r))
	if err != nil && !errors.Is(err, auth.ErrNoSecondFactor) {
		return err
	}
	return u.redirect(w, r, withNotice(profilePath, "factor_canceled"))
}

func (u *UI) renewCodes(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	codes, err := u.People.NewRecoveryCodes(r.Context(), actor(r), values.Get("code"), session.Address(r))
	if err != nil {
		return u.refuseFactor(w, r, "renew-codes", err)
	}
	return u.showCodes(w, r, codes)
}

func (u *UI) removeFactor(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	err = u.People.RemoveSecondFactor(r.Context(), actor(r), values.Get("present"), values.Get("code"), session.Address(r))
	if err != nil {
		return u.refuseFactor(w, r, "remove-factor", err)
	}
	return u.redirect(w, r, withNotice(profilePath, "factor_off"))
}

// addSecondFactor tells administrators of a person's second factor, and lets them
// reset it unless it is their own.
func (u *UI) addSecondFactor(p views.Page, r *http.Request, login string, view *views.PersonView) error {
	f, err := u.People.SecondFactor(r.Context(), actor(r).Tenant, login)
	switch {
	case errors.Is(err, auth.ErrNoSecondFactor), err == nil && f.ConfirmedAt == nil:
		view.Factor = p.T("factor.none")
		return nil
	case err != nil:
		return err
	}
	view.Factor = p.T("factor.app", p.Moment(*f.ConfirmedAt).Exact)
	if login != actor(r).ID {
		view.Confirms = append(view.Confirms, views.Confirm{
			ID: "reset-factor", Label: p.T("factor.reset"), Icon: "refresh-cw", Text: p.T("factor.reset_text"), Button: p.T("factor.reset_button"),
			Action: p.Href(personPath(login)) + "/second-factor/reset", Danger: true,
		})
	}
	return nil
}

func (u *UI) resetSecondFactor(w http.ResponseWriter, r *http.Request) error {
	return u.onPerson(w, r, "factor_reset", func(ctx context.Context, login string) error {
		return u.People.ResetSecondFactor(ctx, actor(r), login)
	})
}
