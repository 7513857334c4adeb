package auth_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pquerna/otp/totp"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
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

func vaultOf(t *testing.T, keys ...string) boxes {
	t.Helper()
	ring, err := secret.ParseKeys(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return boxes{secret.New(new(memory.Secrets), ring, nil)}
}

// factorHouse is a service that can seal, in which otto has a password.
type factorHouse struct {
	*auth.Service
	at   *time.Time
	pool *pgxpool.Pool
	seed string
}

var otto = workflow.Actor{ID: "otto", Tenant: tenant, Via: "session"}

func setupFactor(t *testing.T, keys ...string) *factorHouse {
	t.Helper()
	at := time.Now()
	pool := dbtest.New(t, db.Migrate)
	h := &factorHouse{Service: auth.New(db.NewPeople(pool), func() time.Time { return at }), at: &at, pool: pool}
	h.SealWith(vaultOf(t, keys...))
	create(t, h.Service, auth.NewUser{Login: "otto", Password: password})
	return h
}

// begin starts the set-up of otto's app.
func (h *factorHouse) begin(t *testing.T) {
	t.Helper()
	if err := h.BeginSecondFactor(t.Context(), otto, password, addr); err != nil {
		t.Fatal(err)
	}
	setup, err := h.PendingSetUp(t.Context(), tenant, "otto", "Tandem")
	if err != nil || !strings.HasPrefix(setup.Address, "otpauth://totp/Tandem:otto?") {
		t.Fatalf("set-up %+v, %v", setup, err)
	}
	h.seed = setup.Secret
}

// turnOn gives otto a second factor and his recovery codes.
func (h *factorHouse) turnOn(t *testing.T) []string {
	t.Helper()
	h.begin(t)
	codes, err := h.ConfirmSecondFactor(t.Context(), otto, h.code(t), addr)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// code is what the app shows; the clock goes on so that it is another one.
func (h *factorHouse) code(t *testing.T) string {
	t.Helper()
	*h.at = h.at.Add(30 * time.Second)
	code, err := totp.GenerateCode(h.seed, *h.at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// half signs otto in by his password and gives what has to follow.
func (h *factorHouse) half(t *testing.T) auth.Half {
	t.Helper()
	_, err := h.SignIn(t.Context(), tenant, "otto", password, addr)
	var needs *auth.NeedsCode
	if !errors.As(err, &needs) {
		t.Fatalf("signed in: %v, want that a code is needed", err)
	}
	return needs.Half
}

func TestService_SecondFactor(t *testing.T) {
	t.Parallel()
	h := setupFactor(t, secret.NewKey())
	if err := h.BeginSecondFactor(t.Context(), otto, "not the password", addr); !errors.Is(err, auth.ErrWrongPassword) {
		t.Errorf("begun with a wrong password: %v", err)
	}
	token := otto
	token.Via = "token"
	if err := h.BeginSecondFactor(t.Context(), token, password, addr); workflow.KindOf(err) != workflow.KindForbidden {
		t.Errorf("begun by a token: %v", err)
	}
	h.begin(t)
	if _, err := h.SignIn(t.Context(), tenant, "otto", password, addr); err != nil {
		t.Errorf("one that is being set up asks for a code: %v", err)
	}
	if _, err := h.ConfirmSecondFactor(t.Context(), otto, "000000", addr); !errors.Is(err, auth.ErrBadCode) {
		t.Errorf("confirmed by a guess: %v", err)
	}
	first := h.code(t)
	recovery, err := h.ConfirmSecondFactor(t.Context(), otto, first, addr)
	if err != nil || len(recovery) != 10 {
		t.Fatalf("confirmed: %d codes, %v", len(recovery), err)
	}
	if _, err := h.PendingSetUp(t.Context(), tenant, "otto", "Tandem"); !errors.Is(err, auth.ErrNoSecondFactor) {
		t.Errorf("the secret is shown after it was confirmed: %v", err)
	}
	if _, err := h.SignInCode(t.Context(), h.half(t), first, addr); !errors.Is(err, auth.ErrBadCode) {
		t.Errorf("the code that confirmed signs in: %v", err)
	}
	code := h.code(t)
	who, err := h.SignInCode(t.Context(), h.half(t), code[:3]+" "+code[3:], addr)
	if err != nil || who.ID != "otto" || who.Via != "session" {
		t.Fatalf("signed in %+v, %v", who, err)
	}
	if _, err := h.SignInCode(t.Context(), h.half(t), code, addr); !errors.Is(err, auth.ErrBadCode) {
		t.Errorf("a code is good twice: %v", err)
	}
	if _, err := h.SignInCode(t.Context(), h.half(t), strings.ToUpper(recovery[2]), addr); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if _, err := h.SignInCode(t.Context(), h.half(t), recovery[2], addr); !errors.Is(err, auth.ErrBadCode) {
		t.Errorf("a recovery code is good twice: %v", err)
	}
	other, err := h.NewRecoveryCodes(t.Context(), otto, h.code(t), addr)
	if err != nil || slices.Contains(other, recovery[0]) {
		t.Fatalf("other codes: %v", err)
	}
	if _, err := h.SignInCode(t.Context(), h.half(t), recovery[0], addr); !errors.Is(err, auth.ErrBadCode) {
		t.Errorf("a recovery code of before is good: %v", err)
	}
	if err := h.RemoveSecondFactor(t.Context(), otto, "wrong", other[1], addr); !errors.Is(err, auth.ErrWrongPassword) {
		t.Errorf("removed with a wrong password: %v", err)
	}
	if err := h.RemoveSecondFactor(t.Context(), otto, password, "123456", addr); !errors.Is(err, auth.ErrBadCode) {
		t.Errorf("removed with a wrong code: %v", err)
	}
	if err := h.RemoveSecondFactor(t.Context(), otto, password, other[1], addr); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(t.Context(), tenant, "otto", password, addr); err != nil {
		t.Errorf("after removing: %v", err)
	}
}

func TestService_SignInCode_refuses(t *testing.T) {
	t.Parallel()
	h := setupFactor(t, secret.NewKey())
	h.turnOn(t)
	good := h.half(t)
	late := good
	late.At = h.at.Add(-auth.HalfAge - time.Second)
	other := good
	other.Mark = "another password"
	for name, half := range map[string]auth.Half{
		"too late": late, "another password meanwhile": other, "nobody": {}, "to be set up": {Tenant: tenant, Login: "otto", At: *h.at, SetUp: true},
	} {
		if _, err := h.SignInCode(t.Context(), half, h.code(t), addr); !errors.Is(err, auth.ErrHalfOver) {
			t.Errorf("%s: %v, want ErrHalfOver", name, err)
		}
	}
	off := true
	if err := h.UpdateUser(t.Context(), root, "otto", auth.Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignInCode(t.Context(), good, h.code(t), addr); !errors.Is(err, auth.ErrDisabled) {
		t.Errorf("disabled meanwhile: %v", err)
	}
}

// Codes are guessed ten times in a quarter of an hour, from wherever, however
// often the password is given between them.
func TestService_SignInCode_throttled(t *testing.T) {
	t.Parallel()
	h := setupFactor(t, secret.NewKey())
	h.turnOn(t)
	for i := range 10 {
		from := "192.0.2." + string(rune('1'+i%9)) + ":1"
		if _, err := h.SignInCode(t.Context(), h.half(t), "000000", from); !errors.Is(err, auth.ErrBadCode) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	right := h.code(t)
	_, err := h.SignInCode(t.Context(), h.half(t), right, "198.51.100.7:1")
	var wait auth.Wait
	if workflow.KindOf(err) != workflow.KindTooMany || !errors.As(err, &wait) {
		t.Fatalf("the eleventh: %v, want that one has to wait", err)
	}
	*h.at = h.at.Add(time.Duration(wait))
	if _, err := h.SignInCode(t.Context(), h.half(t), h.code(t), addr); err != nil {
		t.Errorf("after waiting: %v", err)
	}
}

func TestService_ResetSecondFactor(t *testing.T) {
	t.Parallel()
	h := setupFactor(t, secret.NewKey())
	h.turnOn(t)
	admin := workflow.Actor{ID: "ada", Tenant: tenant, Via: "session", Roles: []workflow.Role{workflow.RoleAdmin}}
	self := admin
	self.ID = "otto"
	for name, by := range map[string]workflow.Actor{"a person": otto, "himself": self} {
		if err := h.ResetSecondFactor(t.Context(), by, "otto"); workflow.KindOf(err) != workflow.KindForbidden {
			t.Errorf("%s: %v, want forbidden", name, err)
		}
	}
	if err := h.ResetSecondFactor(t.Context(), admin, "otto"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(t.Context(), tenant, "otto", password, addr); err != nil {
		t.Errorf("after the reset: %v", err)
	}
	if err := h.ResetSecondFactor(t.Context(), admin, "otto"); !errors.Is(err, auth.ErrNoSecondFactor) {
		t.Errorf("a second reset: %v", err)
	}
}

// Who holds a role that demands a second factor sets one up before the first
// session begins.
func TestService_Require(t *testing.T) {
	t.Parallel()
	h := setupFactor(t, secret.NewKey())
	h.Require(workflow.RoleUser)
	half := h.half(t)
	if !half.SetUp {
		t.Fatalf("%+v, want that one has to be set up", half)
	}
	if err := h.BeginHalf(t.Context(), auth.Half{Tenant: tenant, Login: "otto", At: *h.at, Mark: half.Mark}, addr); !errors.Is(err, auth.ErrHalfOver) {
		t.Errorf("begun without being asked: %v", err)
	}
	if err := h.BeginHalf(t.Context(), half, addr); err != nil {
		t.Fatal(err)
	}
	setup, err := h.PendingSetUp(t.Context(), tenant, "otto", "Tandem")
	if err != nil {
		t.Fatal(err)
	}
	h.seed = setup.Secret
	who, codes, err := h.ConfirmHalf(t.Context(), half, h.code(t), addr)
	if err != nil || who.ID != "otto" || len(codes) != 10 {
		t.Fatalf("%+v, %d codes, %v", who, len(codes), err)
	}
	if h.half(t).SetUp {
		t.Error("it has to be set up again")
	}
	if err := h.BeginHalf(t.Context(), half, addr); workflow.KindOf(err) != workflow.KindConflict {
		t.Errorf("a half that was used replaces the second factor: %v", err)
	}
}

// A role that demands a second factor demands it of who switches to where he
// holds it, too.
func TestService_Require_when_switching(t *testing.T) {
	t.Parallel()
	h := setupFactor(t, secret.NewKey())
	create(t, h.Service, auth.NewUser{Login: "ada", Password: password, Roles: admins})
	create(t, h.Service, auth.NewUser{Login: "ines", Roles: nil})
	ada := signedIn(t, h.Service, tenant, "ada")
	if _, err := h.CreateTenant(t.Context(), ada, "acme", "Acme", workflow.TenantLimits{}); err != nil {
		t.Fatal(err)
	}
	for login, role := range map[string]workflow.Role{"otto": workflow.RoleAdmin, "ada": workflow.RoleUser, "ines": workflow.RoleAdmin} {
		if err := h.AddMember(t.Context(), ada, "acme", tenant, login, []workflow.Role{role}); err != nil {
			t.Fatal(err)
		}
	}
	h.Require(workflow.RoleAdmin)
	check := func(login, why string, want error) {
		t.Helper()
		if _, err := h.Switch(t.Context(), signedIn(t, h.Service, tenant, login), "acme"); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", why, err, want)
		}
	}
	check("otto", "a role that demands one", auth.ErrFactorNeeded)
	check("ada", "a role there that demands none", nil)
	check("ines", "an account without a password", nil)
	h.begin(t)
	check("otto", "one that is being set up", auth.ErrFactorNeeded)
	if _, err := h.ConfirmSecondFactor(t.Context(), otto, h.code(t), addr); err != nil {
		t.Fatal(err)
	}
	check("otto", "with a second factor", nil)
}

func TestService_SecondFactor_without_a_key(t *testing.T) {
	t.Parallel()
	h := setupFactor(t)
	err := h.BeginSecondFactor(t.Context(), otto, password, addr)
	if workflow.KindOf(err) != workflow.KindInvalid || !strings.Contains(err.Error(), "TANDEM_SECRETS_KEY") || h.CanSeal() {
		t.Errorf("without a master key: %v, can seal %v", err, h.CanSeal())
	}
}

// TestService_ResealFactors seals second factors with the current master key.
func TestService_ResealFactors(t *testing.T) {
	t.Parallel()
	old, fresh := secret.NewKey(), secret.NewKey()
	h := setupFactor(t, old)
	h.turnOn(t)
	h.SealWith(vaultOf(t, fresh, old))
	for i, want := range []int{1, 0} {
		if n, err := h.ResealFactors(t.Context(), root); n != want || err != nil {
			t.Errorf("time %d: %d, %v, want %d", i+1, n, err, want)
		}
	}
	h.SealWith(vaultOf(t, fresh))
	if _, err := h.SignInCode(t.Context(), h.half(t), h.code(t), addr); err != nil {
		t.Errorf("with the new key alone: %v", err)
	}
}

// TestService_SecondFactor_records: the audit has who, and no code and no secret.
func TestService_SecondFactor_records(t *testing.T) {
	t.Parallel()
	h := setupFactor(t, secret.NewKey())
	recovery := h.turnOn(t)
	code := h.code(t)
	if _, err := h.SignInCode(t.Context(), h.half(t), code, addr); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignInCode(t.Context(), h.half(t), recovery[0], addr); err != nil {
		t.Fatal(err)
	}
	rows, err := h.pool.Query(t.Context(), `SELECT to_jsonb(a)::text FROM audit a ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	text := strings.Join(all, "\n")
	for _, secret := range append(recovery, h.seed, code, password) {
		if strings.Contains(text, secret) {
			t.Errorf("the audit holds %q", secret)
		}
	}
	for _, want := range []string{`"user.set_second_factor"`, `"user.enter_code"`, `recovery_codes_left`} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit has no %s", want)
		}
	}
	var row json.RawMessage
	if err := h.pool.QueryRow(t.Context(), `SELECT to_jsonb(f) FROM second_factors f`).Scan(&row); err != nil || strings.Contains(string(row), h.seed) {
		t.Errorf("the row %s, %v", row, err)
	}
}
