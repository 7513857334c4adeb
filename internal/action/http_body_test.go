package action

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"
)

func TestDecodeBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ contentType, body, want string }{
		{"application/json", `{"n": 1.50, "big": 12345678901234567890.10}`, `{"body":{"big":12345678901234567890.10,"n":1.50}}`},
		{"application/problem+json; charset=utf-8", `[1]`, `{"body":[1]}`},
		{"application/json", `{"a":1} {"b":2}`, `{"body":"{\"a\":1} {\"b\":2}"}`},
		{"application/json", `not json`, `{"body":"not json"}`},
		{"application/json", ``, `{"body":null}`},
		{"text/html", `<b>`, `{"body":"<b>"}`},
		{"text/plain", `{"n":1}`, `{"body":"{\"n\":1}"}`},
		{"", "a\x00b", `{"body":null,"body_base64":"YQBi"}`},
		{"image/png", "\x89PNG\xff", `{"body":null,"body_base64":"iVBOR/8="}`},
	} {
		got, err := encode(decodeBody(tt.contentType, []byte(tt.body)))
		if err != nil || string(got) != tt.want {
			t.Errorf("decodeBody(%q, %q) = %s, %v, want %s", tt.contentType, tt.body, got, err, tt.want)
		}
	}
}

func FuzzDecodeBody(f *testing.F) {
	for _, seed := range []struct{ contentType, body string }{
		{"application/json", `{"n": 1.50, "deep": [[[{}]]], "t": "\u0000\ud800"}`},
		{"application/vnd.x+json; charset=\"", `1e999999999`},
		{"text/plain", "\xff\xfe"},
		{"application/json", `"`},
	} {
		f.Add(seed.contentType, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		out := decodeBody(contentType, body)
		raw, err := encode(out)
		if err != nil || !json.Valid(raw) {
			t.Fatalf("the result %s is no JSON: %v", raw, err)
		}
		if out.Base64 != "" {
			back, err := base64.StdEncoding.DecodeString(out.Base64)
			if err != nil || !bytes.Equal(back, body) {
				t.Errorf("base64 gives %q, want %q", back, body)
			}
		}
		if text, ok := out.Body.(string); ok && !isJSON(contentType) && text != string(body) {
			t.Errorf("text %q, want %q", text, body)
		}
	})
}
