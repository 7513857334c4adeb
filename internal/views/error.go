package views

import "net/http"

// ErrorView is a page that says why a request was not answered.
type ErrorView struct {
	Status    int
	Detail    string // a sentence in English
	RequestID string // "" for none
	SignedIn  bool
	Resend    *Resend // nil unless a form was sent that can be sent again
}

// Resend is a form that could not be taken, with everything that was typed.
type Resend struct {
	Action string // with the path prefix
	Hidden []Hidden
}

// title heads the page: a session that has ended while a form was filled in is no
// error of anybody's.
func (v ErrorView) title(p Page) string {
	if v.sessionEnded() {
		return p.T("error.session_title")
	}
	return p.T("error.title." + ErrorKind(v.Status))
}

func (v ErrorView) sessionEnded() bool { return v.Status == http.StatusUnauthorized }

var errorKinds = map[int]string{
	http.StatusBadRequest:            "malformed",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method",
	http.StatusConflict:              "conflict",
	http.StatusPreconditionFailed:    "conflict",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "malformed",
	http.StatusUnprocessableEntity:   "invalid",
	http.StatusTooManyRequests:       "too_many",
	http.StatusServiceUnavailable:    "unavailable",
}

// ErrorKind returns the word for an HTTP status under which the catalogue has
// its title, error.title.KIND; "internal" for those without one.
func ErrorKind(status int) string {
	if kind, ok := errorKinds[status]; ok {
		return kind
	}
	return "internal"
}

func errorIcon(status int) string {
	switch ErrorKind(status) {
	case "not_found":
		return "search"
	case "forbidden":
		return "lock"
	case "unavailable", "too_many":
		return "clock"
	}
	return "triangle-alert"
}
