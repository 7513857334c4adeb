package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/views/msg"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// box builds a form of a page: its fields with what was typed and what is wrong
// with it.
type box struct {
	p      views.Page
	form   views.FormBox
	values url.Values // as typed; nil shows what is stored
	faults faults
}

// faults are what is wrong with a form: sentences by the name of a field, and of
// the form as a whole.
type faults struct {
	fields map[string][]string
	whole  string
	status int
}

// fieldOfCode names the field that a refusal without a place is about.
var fieldOfCode = map[string]string{
	"login_taken": "login", "user_not_found": "login", "account_deleted": "login", "wrong_password": "present",
	"bad_code": "code", "wrong_code": "code",
}

// faultsOf tells what an error says about a form; ok is false for one that its
// sender cannot mend. alias gives fields another name in the form.
func faultsOf(p views.Page, err error, alias map[string]string) (f faults, ok bool) {
	var e *workflow.Error
	if !errors.As(err, &e) {
		return f, false
	}
	f = faults{fields: map[string][]string{}, status: http.StatusUnprocessableEntity}
	switch e.Kind {
	case workflow.KindTooMany, workflow.KindUnavailable:
		f.status, f.whole = respond.ProblemOf(err, "").Status, faultText(p, e.Code, "", e.Message)
		return f, e.Kind == workflow.KindTooMany || msg.Has("login."+e.Code)
	case workflow.KindInvalid, workflow.KindConflict, workflow.KindNotFound:
	default:
		return f, false
	}
	for _, fault := range e.Fields {
		name := strings.TrimPrefix(fault.Pointer, "/")
		if other := alias[name]; other != "" {
			name = other
		}
		f.fields[name] = append(f.fields[name], faultText(p, fault.Code, name, fault.Message))
	}
	switch name := fieldOfCode[e.Code]; {
	case len(e.Fields) > 0:
	case name != "":
		f.fields[name] = []string{faultText(p, e.Code, name, e.Message)}
	case e.Kind == workflow.KindNotFound:
		return f, false
	default:
		f.whole = faultText(p, e.Code, "", e.Message)
	}
	return f, true
}

// faultText is the sentence of a fault in the page's language, its own where the
// catalogue has none.
func faultText(p views.Page, code, field, sentence string) string {
	for _, key := range []string{"fault." + code + "." + field, "fault." + code, "login." + code} {
		if msg.Has(key) {
			return p.T(key)
		}
	}
	return p.Refusal(code, sentence)
}

func newBox(p views.Page, id, action string, values url.Values, f faults) *box {
	return &box{p: p, values: values, faults: f, form: views.FormBox{ID: id, Action: p.Href(action), Problem: f.whole}}
}

// add adds a field, with what was typed into it and what is wrong with it.
func (b *box) add(f form.Field) *box {
	f.ID = b.form.ID + "-" + f.Name
	if b.values != nil && f.Kind != form.Password {
		f.Value = b.values.Get(f.Name)
	}
	if f.Help != "" {
		f.HelpID = f.ID + "-help"
		f.DescribedBy = f.HelpID
	}
	if f.Errors = b.faults.fields[f.Name]; len(f.Errors) > 0 {
		f.ErrorID = f.ID + "-error"
		f.DescribedBy = strings.TrimSpace(f.DescribedBy + " " + f.ErrorID)
	}
	f.MinLength, f.MaxLength = -1, -1
	for i := range f.Options {
		f.Options[i].ID = f.ID + "-" + strconv.Itoa(i)
		if b.values != nil {
			f.Options[i].Selected = contains(b.values[f.Name], f.Options[i].Value)
		}
	}
	if len(f.Options) > 0 && f.Kind != form.Select {
		f.ID = f.Options[0].ID
	}
	b.form.Fields = append(b.form.Fields, f)
	return b
}

func contains(list []string, value string) bool {
	for _, v := range list {
		if v == value {
			return true
		}
	}
	return false
}

// text adds a line of text.
func (b *box) text(name, label, help, value string, required bool) *box {
	return b.add(form.Field{Kind: form.Text, Name: name, Label: label, Help: help, Value: value, Required: required})
}

// once names the form, so that sending it twice has one effect; see sentOnce.
func (b *box) once() *box {
	name := b.values.Get(onceField)
	if name == "" {
		name = uuid.NewString()
	}
	b.form.Hidden = append(b.form.Hidden, views.Hidden{Name: onceField, Value: name})
	return b
}

// onceField is the hidden field that names a form.
const onceField = "_once"

// sentOnce is the key of a form that was sent, so that a double click has one
// effect. Forms that show a secret afterwards have none: who clicked twice sees
// the second answer, which must be the one with the secret.
func sentOnce(r *http.Request, values url.Values) engine.Idempotency {
	return engine.Idempotency{Method: r.Method, Path: r.URL.Path, Key: values.Get(onceField), Body: []byte(values.Encode())}
}

// secret adds a password, which is never shown again.
func (b *box) secret(name, label, help, autocomplete string) *box {
	return b.add(form.Field{Kind: form.Password, Name: name, Label: label, Help: help, Required: true, Autocomplete: autocomplete})
}

// choices adds a field of several values.
func (b *box) choices(kind form.Kind, name, label, help string, required bool, options []form.Option) *box {
	if len(options) == 0 {
		return b
	}
	return b.add(form.Field{Kind: kind, Name: name, Label: label, Help: help, Options: options, Required: required, Inline: kind == form.Checkboxes})
}

// done gives the form. What is wrong with fields that it does not have is said
// of it as a whole.
func (b *box) done(title, text, button string) views.FormBox {
	b.form.Title, b.form.Text, b.form.Button = title, text, button
	for name, sentences := range b.faults.fields {
		if !b.has(name) {
			b.form.Problem = strings.TrimSpace(b.form.Problem + " " + strings.Join(sentences, " "))
		}
	}
	return b.form
}

func (b *box) has(name string) bool {
	for _, f := range b.form.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

// roleOptions offers the roles.
func roleOptions(p views.Page, held []workflow.Role) []form.Option {
	var options []form.Option
	for _, role := range workflow.Roles() {
		o := form.Option{Value: string(role), Label: p.T("role." + string(role))}
		for _, h := range held {
			o.Selected = o.Selected || h == role
		}
		options = append(options, o)
	}
	return options
}

// langOptions offers the languages.
func langOptions(p views.Page, chosen string) []form.Option {
	return []form.Option{
		{Value: "", Label: p.T("people.lang_auto"), Selected: chosen == ""},
		{Value: "en", Label: "English", Selected: chosen == "en"},
		{Value: "de", Label: "Deutsch", Selected: chosen == "de"},
	}
}

// noticeFor gives the notice that an address asks for by a key of the catalogue.
func noticeFor(p views.Page, r *http.Request, codes map[string]string) *views.Notice {
	key := codes[r.URL.Query().Get("notice")]
	if key == "" {
		return nil
	}
	return &views.Notice{Kind: views.NoticeDone, Text: p.T(key)}
}
