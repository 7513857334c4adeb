package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"

	"tandem"
)

// login is how the people of this program sign in: a real one asks for a
// password.
type login struct {
	mu       sync.Mutex
	sessions map[string]string // login by the value of the cookie
}

const cookie = "acme_session"

// staff are the people of this program.
var staff = map[string]tandem.Actor{
	"ana": {ID: "ana", Name: "Ana", Tenant: "default", Roles: []tandem.Role{"user"}},
	"bo":  {ID: "bo", Name: "Bo", Tenant: "default", Roles: []tandem.Role{"user"}, Groups: []string{"bosses"}},
}

func newLogin() *login { return &login{sessions: map[string]string{}} }

// actor tells Tandem who acts in a request.
func (l *login) actor(r *http.Request) (tandem.Actor, bool) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return tandem.Actor{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := staff[l.sessions[c.Value]]
	return a, ok
}

// guard sends who is not signed in to this program's own page.
func (l *login) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := l.actor(r); !ok {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (l *login) home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if a, ok := l.actor(r); ok {
		fmt.Fprintf(w, `<p>You are %s. <a href="/workflows/">Workflows</a></p>`, a.Name)
	}
	fmt.Fprint(w, `<form method="post" action="/login">Who are you? <button name="who" value="ana">Ana</button> <button name="who" value="bo">Bo</button></form>`)
}

func (l *login) signIn(w http.ResponseWriter, r *http.Request) {
	who := r.PostFormValue("who")
	if _, known := staff[who]; !known {
		http.Error(w, "Nobody has this name.", http.StatusForbidden)
		return
	}
	value := rand.Text()
	l.mu.Lock()
	l.sessions[value] = who
	l.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/workflows/", http.StatusSeeOther)
}
