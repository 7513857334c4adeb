package session

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gorilla/sessions"
)

const (
	returnKey    = "return_to"
	returnAge    = 30 * time.Minute // time to sign in
	maxReturnLen = 1500             // bytes; encrypted it must fit a cookie
)

// loginCookies returns the store of the cookie that lives before a login:
// encrypted and signed with keys of their own, derived from the secret.
func loginCookies(secret []byte, path string, secure bool) (*sessions.CookieStore, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("the secret for cookies has %d bytes, give it at least %d random ones", len(secret), MinSecret)
	}
	sign, err := hkdf.Key(sha256.New, secret, nil, "tandem login cookie: signing", 32)
	if err != nil {
		return nil, fmt.Errorf("derive signing key: %w", err)
	}
	seal, err := hkdf.Key(sha256.New, secret, nil, "tandem login cookie: encryption", 32)
	if err != nil {
		return nil, fmt.Errorf("derive encryption key: %w", err)
	}
	store := sessions.NewCookieStore(sign, seal)
	store.Options = &sessions.Options{Path: path, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	store.MaxAge(int(returnAge.Seconds()))
	return store, nil
}

// SaveReturn remembers where to go after a login, for half an hour. An address
// that is not [LocalPath] is not remembered. Call it before writing the answer.
func (m *Manager) SaveReturn(w http.ResponseWriter, r *http.Request, path string) error {
	if !LocalPath(path) {
		return nil
	}
	s, _ := m.login.Get(r, LoginCookieName) // an unreadable cookie gives an empty one
	s.Values[returnKey] = path
	if err := s.Save(r, w); err != nil {
		return fmt.Errorf("save return address: %w", err)
	}
	return nil
}

// TakeReturn returns where to go after the login and forgets it; empty when
// nothing was remembered, it is too old, or someone has tampered with it. Call
// it before writing the answer.
func (m *Manager) TakeReturn(w http.ResponseWriter, r *http.Request) (string, error) {
	s, _ := m.login.Get(r, LoginCookieName)
	path, ok := s.Values[returnKey].(string)
	if !ok {
		return "", nil
	}
	delete(s.Values, returnKey)
	if len(s.Values) == 0 {
		s.Options.MaxAge = -1
	}
	if err := s.Save(r, w); err != nil {
		return "", fmt.Errorf("take return address: %w", err)
	}
	if !LocalPath(path) {
		return "", nil
	}
	return path, nil
}

// Keep keeps a text in the cookie that lives before a login, for half an hour,
// where neither the browser nor anybody else can read or change it; an empty one
// is forgotten. Call it before writing the answer.
func (m *Manager) Keep(w http.ResponseWriter, r *http.Request, name, text string) error {
	s, _ := m.login.Get(r, LoginCookieName) // an unreadable cookie gives an empty one
	s.Values["kept "+name] = text
	if text == "" {
		delete(s.Values, "kept "+name)
	}
	if err := s.Save(r, w); err != nil {
		return fmt.Errorf("keep %s before the login: %w", name, err)
	}
	return nil
}

// Kept gives a text that Keep has kept, empty when there is none.
func (m *Manager) Kept(r *http.Request, name string) string {
	s, _ := m.login.Get(r, LoginCookieName)
	text, _ := s.Values["kept "+name].(string)
	return text
}

// LocalPath reports whether an address leads to this server whatever browser
// follows it: a path that begins with a single "/", perhaps a query and a
// fragment, with neither a backslash nor a control character nor "//" in the
// path, and no longer than 1,500 bytes.
func LocalPath(s string) bool {
	if len(s) > maxReturnLen || !strings.HasPrefix(s, "/") || strings.Contains(s, `\`) {
		return false
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	path := s
	if end := strings.IndexAny(s, "?#"); end >= 0 {
		path = s[:end]
	}
	if strings.Contains(path, "//") {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && u.Opaque == ""
}
