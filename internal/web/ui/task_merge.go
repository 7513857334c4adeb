package ui

import (
	"encoding/json"
	"net/url"
	"strings"

	"tandem/internal/form"
	"tandem/internal/views"
)

// What is compared when a task has changed under the person who decides it: what
// the page said when it was opened, which the form carries; and what somebody
// else has proposed since.

// Limits of what a form carries about its page.
const (
	maxSeenRows = 200
	maxSeenText = 300      // characters of a value
	maxSeen     = 16 << 10 // bytes in all; a page that says more carries nothing
	pickPrefix  = "_pick:" // begins the name of a choice between two values
	mergeOp     = "merge"  // the button that ends the choosing
	pathMark    = " · "    // between the labels of a value inside another
)

// seen is what the page says about a task beside what people type.
type seen struct {
	Lang     string      `json:"lang"`
	Rows     [][2]string `json:"rows"` // label and value
	Proposal string      `json:"proposal,omitempty"`
}

func (t *openTask) seen(p views.Page) seen {
	s := seen{Lang: p.Lang}
	data := t.request(p)
	rows := data.Rows
	if len(rows) == 0 {
		rows = data.Data.Rows
	}
	s.add("", rows)
	s.add("", p.TaskRows(fixedFields(t.form().Fields(form.State{Fixed: t.fixed, Lang: form.LangOf(p.Lang), Zone: p.Zone}))))
	if t.guest { // is told nothing of others
		return s
	}
	facts := t.facts(p)
	s.add("", []views.DataRow{
		{Key: p.T("task.fact.due"), Value: facts.Due.Exact}, {Key: p.T("task.fact.assignee"), Value: facts.Assignee},
		{Key: p.T("task.fact.may"), Value: facts.May},
	})
	if t.Proposal != nil {
		text, _ := json.Marshal(t.Proposal) // strings alone
		s.Proposal = clip(string(text), maxSeenText)
	}
	return s
}

// add adds rows, those inside others under the labels of both.
func (s *seen) add(above string, rows []views.DataRow) {
	for _, row := range rows {
		switch {
		case len(row.Rows) > 0:
			s.add(above+row.Key+pathMark, row.Rows)
		case len(s.Rows) < maxSeenRows && row.Value != "":
			s.Rows = append(s.Rows, [2]string{above + row.Key, clip(row.Value, maxSeenText)})
		}
	}
}

// text is what the form carries.
func (s seen) text() string {
	text, err := json.Marshal(s)
	if err != nil || len(text) > maxSeen {
		return ""
	}
	return string(text)
}

func (s seen) rows() []views.DataRow {
	rows := make([]views.DataRow, len(s.Rows))
	for i, r := range s.Rows {
		rows[i] = views.DataRow{Key: r[0], Value: r[1]}
	}
	return rows
}

// fixedFields gives the fields that people cannot change, wherever they are.
func fixedFields(fields []form.Field) []form.Field {
	var fixed []form.Field
	for _, f := range fields {
		if f.ReadOnly {
			fixed = append(fixed, f)
		} else {
			fixed = append(fixed, fixedFields(f.Children)...)
		}
	}
	return fixed
}

// changed tells what the page says that it did not say when the form was opened.
func (t *openTask) changed(p views.Page, values url.Values) (views.Comparison, bool) {
	var before seen
	if err := json.Unmarshal([]byte(values.Get("_seen")), &before); err != nil || before.Lang != p.Lang || len(before.Rows) > maxSeenRows {
		return views.Comparison{}, false
	}
	now := t.seen(p)
	return views.Comparison{
		ID: "changed", Title: p.T("compare.changed"), Before: p.T("compare.seen"), Now: p.T("compare.now"),
		Rows: views.CompareRows(before.rows(), now.rows(), false),
	}, before.Proposal != now.Proposal
}

// merge asks, field by field, whether what was typed shall stand or what
// somebody has proposed since; nil when they agree.
func (t *openTask) merge(p views.Page, values url.Values) *views.TaskMerge {
	theirs := t.proposed(p)
	if theirs == nil {
		return nil
	}
	state := form.State{Lang: form.LangOf(p.Lang), Zone: p.Zone, Fixed: t.fixed}
	state.Values = values
	mine := t.form().Fields(state)
	state.Values = theirs
	rows := differing(p, mine, t.form().Fields(state))
	if len(rows) == 0 {
		return nil
	}
	var kept []views.Hidden
	for _, h := range hiddenOf(values) {
		if h.Name != "_version" && h.Name != "_op" && !strings.HasPrefix(h.Name, pickPrefix) {
			kept = append(kept, h)
		}
	}
	return &views.TaskMerge{Rows: rows, Hidden: kept}
}

// proposed is the form as somebody proposes to fill it in, nil for none.
func (t *openTask) proposed(p views.Page) url.Values {
	if t.Proposal == nil || len(t.Proposal.Output) == 0 {
		return nil
	}
	return t.form().Typed(decoded(t.Proposal.Output), t.decoding(p))
}

// differing lists the fields that read differently. Groups are compared member
// by member where both have the same ones, lists as a whole.
func differing(p views.Page, mine, theirs []form.Field) []views.Compare {
	var rows []views.Compare
	for _, f := range mine {
		other := fieldNamed(theirs, f.Name)
		if f.ReadOnly {
			continue
		}
		if f.Kind == form.Group && other.Kind == form.Group && sameFields(f.Children, other.Children) {
			rows = append(rows, differing(p, f.Children, other.Children)...)
			continue
		}
		row := views.Compare{Name: f.Name, Label: f.Label, Before: oneRow(p, f), Now: oneRow(p, other)}
		if !views.SameRow(row.Before, row.Now) {
			row.TakeIt = row.Before.Value == "" && len(row.Before.Rows) == 0
			rows = append(rows, row)
		}
	}
	for _, f := range theirs {
		if fieldNamed(mine, f.Name).Name == "" && !f.ReadOnly {
			rows = append(rows, views.Compare{Name: f.Name, Label: f.Label, Now: oneRow(p, f), TakeIt: true})
		}
	}
	return rows
}

func fieldNamed(fields []form.Field, name string) form.Field {
	for _, f := range fields {
		if f.Name == name {
			return f
		}
	}
	return form.Field{}
}

func sameFields(a, b []form.Field) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name {
			return false
		}
	}
	return true
}

func oneRow(p views.Page, f form.Field) views.DataRow {
	rows := p.TaskRows([]form.Field{f})
	if len(rows) == 0 {
		return views.DataRow{}
	}
	return rows[0]
}

// merged gives what was typed, with the proposed values of the fields for which
// they were chosen.
func (t *openTask) merged(p views.Page, values url.Values) url.Values {
	theirs := t.proposed(p)
	out, taken := url.Values{}, []string{}
	for name, texts := range values {
		if field, ok := strings.CutPrefix(name, pickPrefix); !ok {
			out[name] = texts
		} else if values.Get(name) == "now" {
			taken = append(taken, field)
		}
	}
	out.Del("_op")
	out.Set("_seen", t.seen(p).text())
	for _, field := range taken {
		for name := range out {
			if belongs(name, field) {
				out.Del(name)
			}
		}
		for name, texts := range theirs {
			if belongs(name, field) {
				out[name] = texts
			}
		}
	}
	return out
}

// belongs reports whether a value is that of a field, or inside it.
func belongs(name, field string) bool {
	rest, ok := strings.CutPrefix(name, field)
	return ok && !strings.HasPrefix(name, "_") && (field == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
}

// both sets what was typed beside what was decided instead.
func (t *openTask) both(p views.Page, d decision) views.Comparison {
	theirs := []views.DataRow{{Key: p.T("task.fact.outcome"), Value: titleOfOutcome(t.step, t.Outcome)}}
	if answer := t.answer(p); len(answer.Rows) > 0 {
		theirs = append(theirs, answer.Rows...)
	} else {
		theirs = append(theirs, answer.Data.Rows...)
	}
	theirs = append(theirs, views.DataRow{Key: p.T("task.note"), Value: t.Comment})
	rows := views.CompareRows(t.typedRows(p, d), theirs, true)
	c := views.Comparison{ID: "typed", Title: p.T("compare.both"), Before: p.T("compare.typed"), Now: p.T("compare.decided")}
	for _, row := range rows {
		if !views.SameRow(row.Before, views.DataRow{}) || !views.SameRow(row.Now, views.DataRow{}) {
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}
