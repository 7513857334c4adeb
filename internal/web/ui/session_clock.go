package ui

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/session"
)

func (u *UI) sessionRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/session", Guard: guard.SignedIn, Stream: true, Handle: u.sessionLeft},
		{Method: http.MethodPost, Pattern: "/session", Guard: guard.SignedIn, Handle: u.staySignedIn},
	}
}

// mostWarning is how long before its end a session is warned of, at most.
const mostWarning = 5 * time.Minute

// clockOf tells a page when its session ends; nil where there is none.
func (u *UI) clockOf(p views.Page, info session.Info) *views.SessionClock {
	if info.ID == uuid.Nil {
		return nil
	}
	warn := min(mostWarning, max(info.Idle/4, time.Minute))
	return &views.SessionClock{
		Left: u.secondsTo(info.Ends), Last: u.secondsTo(info.Last), Ends: p.Moment(info.Last), Warn: int(warn / time.Second),
	}
}

// left is what the script of a page is told, in seconds.
type left struct {
	Left int `json:"left"`
	Last int `json:"last"`
}

// sessionLeft tells how long the session of the request is good, and does not
// count as use.
func (u *UI) sessionLeft(w http.ResponseWriter, r *http.Request) error {
	ends, err := u.sessionOf(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(left{Left: u.secondsTo(ends.EndsAt), Last: u.secondsTo(ends.Deadline)})
}

// sessionOf gives the session of a request as it is stored.
func (u *UI) sessionOf(r *http.Request) (auth.Session, error) {
	info := session.InfoFrom(r.Context())
	list, err := u.People.Sessions(r.Context(), actor(r), actor(r).ID, uuid.Nil, maxSessions)
	for _, s := range list {
		if s.ID == info.ID {
			return s, nil
		}
	}
	return auth.Session{EndsAt: info.Ends, Deadline: info.Last}, err
}

// maxSessions is in how many sessions of a person his own is looked for.
const maxSessions = 200

func (u *UI) secondsTo(t time.Time) int { return int(t.Sub(u.Now()) / time.Second) }

// staySignedIn has put the end of the session off by being asked: programs are
// told until when, people led back.
func (u *UI) staySignedIn(w http.ResponseWriter, r *http.Request) error {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		return u.sessionLeft(w, r)
	}
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	back := values.Get("back")
	if !session.LocalPath(back) {
		back = "/"
	}
	return u.redirect(w, r, back)
}
