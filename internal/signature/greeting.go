package signature

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Greeting gives the answer to a call by which a provider only tries whether an
// address is there: GitHub's ping, Slack's url_verification. Such a call must
// not use up an address that works once.
func Greeting(scheme Scheme, call Call) (answer json.RawMessage, is bool) {
	switch {
	case scheme == GitHub && call.Header("X-GitHub-Event") == "ping":
		return json.RawMessage(`{"status":"pong"}`), true
	case scheme == Slack:
		var hello struct {
			Type      string `json:"type"`
			Challenge string `json:"challenge"`
		}
		if json.Unmarshal(call.Body, &hello) != nil || hello.Type != "url_verification" {
			return nil, false
		}
		answer, err := json.Marshal(map[string]string{"challenge": hello.Challenge})
		return answer, err == nil
	}
	return nil, false
}

// ErrForm says that a form cannot be read.
var ErrForm = fmt.Errorf("the form cannot be read")

// Payload gives what a call tells, as JSON text that is not checked. GitHub and
// Slack can send forms: then it is what stands in the field payload, else an
// object with the fields, a list where one is given several times.
func Payload(scheme Scheme, call Call) (json.RawMessage, error) {
	media, _, _ := strings.Cut(call.Header("Content-Type"), ";")
	if !slices.Contains([]Scheme{GitHub, Slack}, scheme) || !strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return call.Body, nil
	}
	form, err := url.ParseQuery(string(call.Body))
	if err != nil {
		return nil, ErrForm
	}
	if form.Has("payload") {
		return json.RawMessage(form.Get("payload")), nil
	}
	fields := make(map[string]any, len(form))
	for name, values := range form {
		fields[name] = values
		if len(values) == 1 {
			fields[name] = values[0]
		}
	}
	return json.Marshal(fields)
}
