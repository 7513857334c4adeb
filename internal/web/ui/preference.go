package ui

import (
	"net/http"
	"slices"
	"time"

	"tandem/internal/views"
	"tandem/internal/views/msg"
	"tandem/internal/web/session"
)

// preferenceAge is how long a browser keeps a preference.
const preferenceAge = 365 * 24 * time.Hour

// savePreferences keeps theme, language and whether single keys work in cookies and leads back.
func (u *UI) savePreferences(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	switch theme := views.Theme(values.Get("theme")); theme {
	case views.ThemeLight, views.ThemeDark:
		u.setPreference(w, r, themeCookie, string(theme))
	case "auto":
		u.setPreference(w, r, themeCookie, "")
	}
	switch values.Get("keys") {
	case "off":
		u.setPreference(w, r, keysCookie, "off")
	case "on":
		u.setPreference(w, r, keysCookie, "")
	}
	if lang := values.Get("lang"); slices.Contains(msg.Languages(), lang) {
		u.setPreference(w, r, langCookie, lang)
	}
	back := values.Get("back")
	if !session.LocalPath(back) {
		back = "/"
	}
	return u.redirect(w, r, back)
}

// setPreference sets a cookie, and takes it back for an empty value.
func (u *UI) setPreference(w http.ResponseWriter, r *http.Request, name, value string) {
	age := int(preferenceAge.Seconds())
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: u.Prefix + "/", MaxAge: age,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}
