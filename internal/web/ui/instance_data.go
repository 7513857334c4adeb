package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"tandem/internal/views"
	"tandem/internal/workflow"
)

func (u *UI) showEdit(w http.ResponseWriter, r *http.Request) error {
	in, def, err := u.mendable(r)
	if err != nil {
		return err
	}
	p, view := u.editView(r, in, def)
	return render(w, r, http.StatusOK, views.EditPage(p, view))
}

func (u *UI) editView(r *http.Request, in workflow.Instance, def *workflow.Definition) (views.Page, views.EditView) {
	p, frame := u.mendFrame(r, in, def, "data", "mend.edit_title")
	view := views.EditView{MendFrame: frame, Whole: true, Seen: workflow.DataMark(in.Data), Data: p.Data("now", in.Data)}
	view.Text = view.Data.Source
	return p, view
}

// edit changes the data, unless it has changed since the page showed it.
func (u *UI) edit(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	in, def, err := u.mendable(r)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(values.Get("data"), "\r\n", "\n")
	p, view := u.editView(r, in, def)
	if at, ok := jsonFault(p, text); !ok {
		return u.editRefused(w, r, p, view, values, http.StatusUnprocessableEntity, at)
	}
	change, raw := u.Engine.PatchData, json.RawMessage(text)
	if values.Get("how") == "whole" {
		change = u.Engine.ReplaceData
	}
	changed, err := change(r.Context(), actor(r), in.ID, raw, values.Get("seen"), reasonIn(values))
	if err == nil {
		return u.settled(w, r, changed, "instance_edit")
	}
	status, err := refusedMend(&p, &view.MendFrame, values, err, func(fault workflow.Problem) views.ProblemItem {
		return views.ProblemItem{Text: editFault(p, fault), Href: "#mend-data"}
	})
	if err != nil {
		return err
	}
	return u.editRefused(w, r, p, view, values, status, "")
}

// editRefused shows the page again with what was typed. Seen is that of the
// present data, so that whoever has looked at it may repeat the change.
func (u *UI) editRefused(w http.ResponseWriter, r *http.Request, p views.Page, view views.EditView, values url.Values, status int, fault string) error {
	p.Problem, view.Reason = true, values.Get("reason")
	view.Text, view.Whole = strings.ReplaceAll(values.Get("data"), "\r\n", "\n"), values.Get("how") == "whole"
	if fault != "" {
		view.Problems.Items = append(view.Problems.Items, views.ProblemItem{Text: fault, Href: "#mend-data"})
	}
	return render(w, r, status, views.EditPage(p, view))
}

// editFault says what is wrong and where: by the pointer into the typed JSON.
func editFault(p views.Page, fault workflow.Problem) string {
	pointer := strings.TrimPrefix(strings.TrimPrefix(fault.Pointer, "/patch"), "/data")
	if pointer == "" || pointer == "/reason" {
		return fault.Message
	}
	return p.T("mend.at", pointer, fault.Message)
}

// jsonFault says where a text stops being JSON; ok reports that it is all JSON.
func jsonFault(p views.Page, text string) (fault string, ok bool) {
	var syntax *json.SyntaxError
	var v any
	err := json.Unmarshal([]byte(text), &v)
	if !errors.As(err, &syntax) {
		return "", true
	}
	before := text[:min(max(int(syntax.Offset), 0), len(text))]
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return p.T("mend.no_json", line, max(column, 1), jsonReason(p, syntax.Error())), false
}

// jsonReasons tell the messages of encoding/json by a part of them. It says them
// in English alone.
var jsonReasons = []struct{ part, key string }{
	{"unexpected end", "json.end"},
	{"object key string", "json.key"},
	{"after object key:value pair", "json.comma"},
	{"after array element", "json.comma"},
	{"after object key", "json.colon"},
	{"after top-level value", "json.after"},
	{"looking for beginning of value", "json.value"},
	{"in string", "json.string"},
	{"in literal", "json.literal"},
	{"numeric literal", "json.number"},
}

// jsonReason says why a text is no JSON in the page's language, with the words
// of the decoder behind it.
func jsonReason(p views.Page, message string) string {
	for _, r := range jsonReasons {
		if strings.Contains(message, r.part) {
			return p.T(r.key, message)
		}
	}
	return message
}
