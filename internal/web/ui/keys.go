package ui

import (
	"net/http"

	"tandem/internal/views"
)

// keysCookie holds that single keys do nothing.
const keysCookie = "tandem_keys"

// keysOff reports whether the person wants no single keys.
func keysOff(r *http.Request) bool {
	c, err := r.Cookie(keysCookie)
	return err == nil && c.Value == "off"
}

// showKeys lists the keys: as a page, and as the dialog that ? opens.
func (u *UI) showKeys(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavNone)
	p.Title = p.T("keys.title")
	if isFragment(r) {
		return render(w, r, http.StatusOK, views.KeysDialog(p))
	}
	return render(w, r, http.StatusOK, views.KeysPage(p))
}
