package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/totp"

	"tandem/internal/auth"
	"tandem/internal/memory"
	"tandem/internal/secret"
	"tandem/internal/workflow"
)

// boxes is a sealer as the program wires it.
type boxes struct{ *secret.Vault }

func (b boxes) Seal(tenant, name, value string) (auth.Box, error) {
	box, err := b.Vault.Seal(tenant, name, value)
	return auth.Box(box), err
}

func (b boxes) Open(tenant, name string, box auth.Box) (string, error) {
	return b.Vault.Open(tenant, name, secret.Box(box))
}

func (b boxes) Reseal(tenant, name string, box auth.Box) (auth.Box, bool, error) {
	sealed, changed, err := b.Vault.Reseal(tenant, name, secret.Box(box))
	return auth.Box(sealed), changed, err
}

// openSealing is openBrowser on a server with a master key.
func openSealing(t *testing.T) *browser {
	t.Helper()
	b := openBrowser(t, "")
	ring, err := secret.ParseKeys(secret.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	b.people.SealWith(boxes{secret.New(new(memory.Secrets), ring, nil)})
	return b
}

// appOf reads the secret of a page that sets an app up.
func appOf(t *testing.T, a answer) string {
	t.Helper()
	seed := strings.ReplaceAll(a.page.Find("[data-secret]").Text(), " ", "")
	if len(seed) != 32 {
		t.Fatalf("the secret is %q", seed)
	}
	a.has(t, "img.qr[src^='data:image/png;base64,'][alt]", 1)
	return seed
}

// codeIn is what an app shows some steps from now.
func codeIn(t *testing.T, seed string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(seed, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func codesOf(a answer) (codes []string) {
	a.page.Find("[data-code]").Each(func(_ int, s *goquery.Selection) { codes = append(codes, s.Text()) })
	return codes
}

// TestSecondFactor is the life of a second factor: set up, asked for, lost,
// removed.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	b := openSealing(t).signIn("otto")
	b.get("/profile").has(t, "#begin-factor input[name=present][type=password]", 1)
	b.get("/profile/second-factor").expect(t, http.StatusSeeOther, "/profile")
	b.post("/profile/second-factor", url.Values{"present": {"wrong"}}).says(t, "#begin-factor .problems", "present password is wrong")
	b.post("/profile/second-factor", url.Values{"present": {goodPassword}}).expect(t, http.StatusSeeOther, "/profile/second-factor")
	b.get("/profile").has(t, "a[href='/profile/second-factor']", 1)
	seed := appOf(t, b.get("/profile/second-factor"))
	guess := b.post("/profile/second-factor/confirm", url.Values{"code": {"000000"}})
	guess.expect(t, http.StatusUnprocessableEntity, "")
	guess.has(t, "input[name=code][aria-invalid=true][autocomplete=one-time-code]", 1)
	done := b.post("/profile/second-factor/confirm", url.Values{"code": {codeIn(t, seed, -1)}})
	done.expect(t, http.StatusOK, "")
	recovery := codesOf(done)
	if len(recovery) != 10 {
		t.Fatalf("recovery codes %q", recovery)
	}
	profile := b.get("/profile")
	profile.says(t, "#second-factor", "Recovery codes left: 10.")
	if strings.Contains(profile.html(), recovery[0]) || strings.Contains(profile.html(), seed) {
		t.Error("the profile shows a code or the secret")
	}

	other := b.another()
	other.get("/tasks?view=mine").expect(t, http.StatusSeeOther, "/login")
	other.post("/login", url.Values{"login": {"otto"}, "password": {goodPassword}}).expect(t, http.StatusSeeOther, "/login/code")
	other.get("/profile").expect(t, http.StatusSeeOther, "/login")
	other.get("/login/code").has(t, "form[action='/login/code'] input[name=code][autocomplete=one-time-code]", 1)
	bad := other.post("/login/code", url.Values{"code": {codeIn(t, seed, -1)}})
	bad.expect(t, http.StatusUnprocessableEntity, "")
	bad.says(t, ".problems", "wrong or was used before")
	other.post("/login/code", url.Values{"code": {codeIn(t, seed, 0)}}).expect(t, http.StatusSeeOther, "/profile")
	other.get("/profile").expect(t, http.StatusOK, "")
	other.post("/login/code", url.Values{"code": {codeIn(t, seed, 1)}}).expect(t, http.StatusUnprocessableEntity, "")

	lost := b.another()
	lost.get("/login/code").expect(t, http.StatusSeeOther, "/login?notice=begin")
	lost.post("/login", url.Values{"login": {"otto"}, "password": {goodPassword}}).expect(t, http.StatusSeeOther, "/login/code")
	lost.post("/login/code", url.Values{"code": {recovery[4]}}).expect(t, http.StatusSeeOther, "/")
	lost.get("/profile").says(t, "#second-factor", "Recovery codes left: 9.")
	renewed := lost.post("/profile/second-factor/codes", url.Values{"code": {recovery[5]}})
	renewed.expect(t, http.StatusOK, "")
	fresh := codesOf(renewed)
	lost.post("/profile/second-factor/codes", url.Values{"code": {recovery[6]}}).has(t, "#renew-codes[open] input[name=code][aria-invalid=true]", 1)
	lost.post("/profile/second-factor/remove", url.Values{"present": {goodPassword}, "code": {"1"}}).has(t, "#remove-factor[open] input[name=code][aria-invalid=true]", 1)
	lost.post("/profile/second-factor/remove", url.Values{"present": {goodPassword}, "code": {fresh[0]}}).expect(t, http.StatusSeeOther, "/profile?notice=factor_off")
	b.another().signIn("otto")
}

func TestSecondFactor_resetByAnAdministrator(t *testing.T) {
	t.Parallel()
	b := openSealing(t).signIn("otto")
	b.post("/profile/second-factor", url.Values{"present": {goodPassword}})
	seed := appOf(t, b.get("/profile/second-factor"))
	b.post("/profile/second-factor/confirm", url.Values{"code": {codeIn(t, seed, 0)}}).expect(t, http.StatusOK, "")
	admin := b.another().signIn("ada")
	admin.get("/admin/users/ada").has(t, "#reset-factor", 0)
	person := admin.get("/admin/users/otto")
	person.says(t, "main .facts", "App for codes")
	person.has(t, "form[action='/admin/users/otto/second-factor/reset']", 1)
	admin.post("/admin/users/otto/second-factor/reset", nil).expect(t, http.StatusSeeOther, "/admin/users/otto?notice=factor_reset")
	admin.get("/admin/users/otto").says(t, "main .facts", "None")
	b.get("/profile").expect(t, http.StatusSeeOther, "/login")
	b.signIn("otto")
}

// Who must have a second factor gets no session before it is set up.
func TestSecondFactor_demanded(t *testing.T) {
	t.Parallel()
	b := openSealing(t)
	b.people.Require(workflow.RoleAdmin)
	b.another().signIn("otto")
	b.get("/login/set-up").expect(t, http.StatusSeeOther, "/login?notice=begin")
	b.post("/login", url.Values{"login": {"ada"}, "password": {goodPassword}}).expect(t, http.StatusSeeOther, "/login/set-up")
	b.get("/profile").expect(t, http.StatusSeeOther, "/login")
	page := b.get("/login/set-up")
	page.says(t, "main", "Your role needs a second factor")
	seed := appOf(t, page)
	b.post("/login/set-up", url.Values{"code": {"123"}}).expect(t, http.StatusUnprocessableEntity, "")
	done := b.post("/login/set-up", url.Values{"code": {codeIn(t, seed, 0)}})
	done.expect(t, http.StatusOK, "")
	done.has(t, "a.btn-primary[href='/profile']", 1)
	if len(codesOf(done)) != 10 {
		t.Errorf("recovery codes %q", codesOf(done))
	}
	b.get("/profile").expect(t, http.StatusOK, "")
}

func TestSecondFactor_withoutAMasterKey(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("otto")
	page := b.get("/profile")
	page.says(t, "#second-factor", "TANDEM_SECRETS_KEY")
	page.has(t, "#begin-factor", 0)
	b.post("/profile/second-factor", url.Values{"present": {goodPassword}}).expect(t, http.StatusUnprocessableEntity, "")
	b.people.Require(workflow.RoleUser)
	b.another().post("/login", url.Values{"login": {"otto"}, "password": {goodPassword}}).says(t, ".problems", "no master key")
}
