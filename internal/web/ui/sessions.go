package ui

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"tandem/internal/views"
	"tandem/internal/web/session"
)

// sessionsView lists the sessions of a person: his own, or to administrators
// anyone's. Their buttons post below a path.
func (u *UI) sessionsView(p views.Page, r *http.Request, login, path string) (view views.SessionsView, err error) {
	list, err := u.People.Sessions(r.Context(), actor(r), login, uuid.Nil, adminPage+1)
	if err != nil {
		return view, err
	}
	view.More = len(list) > adminPage
	current := session.InfoFrom(r.Context()).ID
	others := 0
	for _, s := range list[:min(len(list), adminPage)] {
		row := views.SessionRow{
			ID: s.ID.String(), Agent: browserName(p, s.Agent), Address: s.Address, Began: p.Moment(s.CreatedAt),
			Used: p.Moment(s.UsedAt), Ends: p.Moment(s.EndsAt), Current: s.ID == current,
			End: views.Act{Label: p.T("session.end"), Action: p.Href(path + "/sessions/" + s.ID.String() + "/end")},
		}
		if !row.Current {
			others++
		}
		view.Rows = append(view.Rows, row)
	}
	if others > 0 {
		label := p.T("session.end_all")
		if others < len(view.Rows) {
			label = p.T("session.end_other")
		}
		view.All = &views.Act{Label: label, Icon: "log-out", Action: p.Href(path + "/sessions/end")}
	}
	return view, nil
}

// browserName makes of what a browser says of itself the two words that people
// know: its name and its system.
func browserName(p views.Page, agent string) string {
	name := firstIn(agent, [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"},
		{"Safari/", "Safari"}, {"curl/", "curl"},
	})
	system := firstIn(agent, [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "macOS"},
		{"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	switch {
	case name != "" && system != "":
		return name + ", " + system
	case name+system != "":
		return name + system
	case agent != "":
		return clip(agent, 60)
	}
	return p.T("session.unknown")
}

func firstIn(text string, words [][2]string) string {
	for _, w := range words {
		if strings.Contains(text, w[0]) {
			return w[1]
		}
	}
	return ""
}
