package action

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"
)

const canary = `can"ary/ä+9f2c`

var secrets = Secrets{
	{Name: "KEY", Value: canary, Hosts: []string{"api.example", "*.cdn.example", "inside:8443", "[::1]:80"}},
	{Name: "PIN", Value: "87654321", Hosts: []string{"*"}},
}

func TestSecrets_Allow(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"api.example": true, "API.example.:443": true, "x.cdn.example": true, "a.b.cdn.example:1": true, "inside:8443": true, "[::1]:80": true,
		"cdn.example": false, "xcdn.example": false, "api.example.evil": false, "evil-api.example": false, "inside": false, "inside:443": false, "[::1]:81": false, "": false,
	} {
		err := secrets.Allow(host)
		if (err == nil) != want {
			t.Errorf("Allow(%q) = %v, want allowed: %v", host, err, want)
		}
		if err != nil && (StepError(err).Code != "secret_refused" || !strings.Contains(err.Error(), "KEY") || strings.Contains(err.Error(), canary)) {
			t.Errorf("Allow(%q) says %v", host, err)
		}
	}
}

func TestSecrets_Mask(t *testing.T) {
	t.Parallel()
	quoted, _ := json.Marshal(canary)
	for _, form := range []string{
		canary, strings.Trim(string(quoted), `"`), url.QueryEscape(canary), url.PathEscape(canary),
		"can%22ary%2F%C3%A4%2B9f2c", base64.StdEncoding.EncodeToString([]byte(canary)), base64.RawURLEncoding.EncodeToString([]byte(canary)),
	} {
		if got := secrets.Mask("<" + form + "|" + form + ">"); got != "<•••|•••>" {
			t.Errorf("%q is masked as %q", form, got)
		}
	}
	raw, _ := json.Marshal(map[string]any{"list": []any{canary, 1.5, true, nil}, canary: map[string]any{"n": json.Number("187654321.50")}, "n": json.Number("1.50")})
	got, err := secrets.MaskJSON(raw)
	if want := `{"list":["•••",1.5,true,null],"n":1.50,"•••":{"n":"1•••.50"}}`; err != nil || string(got) != want {
		t.Errorf("masked %s, %v, want %s", got, err, want)
	}
	if got, err := Secrets(nil).MaskJSON(json.RawMessage(`{"a": 1}`)); err != nil || string(got) != `{"a": 1}` {
		t.Errorf("without secrets: %s, %v", got, err)
	}
}

func TestSecrets_Conceal(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"error":   &Error{Code: "c-" + canary, Message: "m-" + canary, Status: 402, RetryAfter: time.Minute},
		"plain":   fmt.Errorf("m-%s", canary),
		"skipped": &Skipped{Reason: "m-" + canary},
	} {
		out, got := secrets.Conceal(nil, err)
		var skipped *Skipped
		if out != nil || got.Error() != "m-•••" || strings.Contains(StepError(got).Code, "can") || errors.As(got, &skipped) != (name == "skipped") {
			t.Errorf("%s became %s, %+v", name, out, got)
		}
		if name == "error" && (StepError(got).Status != 402 || StepError(got).RetryAfter != time.Minute) {
			t.Errorf("status and wait were lost: %+v", got)
		}
	}
	for _, end := range []error{context.DeadlineExceeded, context.Canceled} {
		if _, got := secrets.Conceal(nil, end); !errors.Is(got, end) {
			t.Errorf("%v became %v", end, got)
		}
	}
}

func TestSecrets_Logger(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	log := secrets.Logger(slog.New(slog.NewTextHandler(&text, nil)))
	log.With("with", canary).WithGroup("g").Info("message "+canary, "text", canary, "error", errors.New(canary), "any", map[string]string{"a": canary},
		slog.Group("group", "in", canary), "number", 87654321, canary, 1, "lazy", lazy{}, "time", time.Second)
	got := text.String()
	if strings.Contains(got, "can") || strings.Contains(got, "9f2c") || strings.Contains(got, "87654321") || strings.Count(got, "•••") != 9 {
		t.Errorf("logged %s", got)
	}
	if !strings.Contains(got, "time=1s") {
		t.Errorf("logged %s, want what is no secret as it is", got)
	}
}

type lazy struct{}

func (lazy) LogValue() slog.Value { return slog.StringValue(canary) }
