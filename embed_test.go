package tandem_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"tandem"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
)

// TestNew_refuses what it could not keep, before it opens the database.
func TestNew_refuses(t *testing.T) {
	t.Parallel()
	nothing := func(...any) (any, error) { return nil, nil }
	for want, c := range map[string]tandem.Config{
		"DatabaseURL is empty":       {},
		`register function "data.x"`: {DatabaseURL: "x", Functions: map[string]tandem.Func{"data.x": nothing}},
		`register function "a b"`:    {DatabaseURL: "x", Functions: map[string]tandem.Func{"a b": nothing}},
		"10.0.0.0/99":                {DatabaseURL: "x", HTTPAllow: []string{"10.0.0.0/99"}},
		"smtp://user:password":       {DatabaseURL: "x", SMTPURL: "mail.example.com"},
		`sender of mails "nobody"`:   {DatabaseURL: "x", MailFrom: "nobody"},
		"32 bytes in base64":         {DatabaseURL: "x", SecretsKey: "short"},
	} {
		app, err := tandem.New(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New(%+v) gave %v, want an error with %q", c, err, want)
		}
		if app != nil {
			app.Close()
		}
	}
}

// TestTandem_Validate knows the actions and functions of the program, which the
// function Validate cannot.
func TestTandem_Validate(t *testing.T) {
	t.Parallel()
	app, err := tandem.New(t.Context(), tandem.Config{
		DatabaseURL: dbtest.URL(t, db.Migrate),
		Actions: map[string]tandem.Action{"acme.pay": tandem.ActionFunc(func(context.Context, tandem.Call) (json.RawMessage, error) {
			return nil, nil
		})},
		Functions: map[string]tandem.Func{"acme.rate": func(...any) (any, error) { return json.Number("1"), nil }},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Close)
	document := []byte("format: 1\nname: x\nversion: 1.0.0\nsteps: [{name: a, type: machine, action: acme.pay, when: acme.rate() == 1}]\n")
	if errs, _ := app.Validate(document); len(errs) > 0 {
		t.Errorf("the program's own: %v", errs)
	}
	if errs, _ := tandem.Validate(document); len(errs) == 0 || errs[0].Code != "unknown_action" {
		t.Errorf("without the program: %v, want an unknown action first", errs)
	}
}
