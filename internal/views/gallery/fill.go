package gallery

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"tandem/internal/form"
	"tandem/internal/views"
)

// noon is the time on all pages.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// deepest bounds how deep samples are nested: rows within rows.
const deepest = 6

// several is how many entries a list has.
const several = 3

// filler fills view models with samples that fit the names of their fields.
type filler struct {
	page  views.Page
	made  int // makes ids unique
	forms int
	bare  bool // lists have no entries, and what may be absent is
}

// sample gives a view model all of whose fields say something.
func sample[V any](p views.Page) V { return filled[V](&filler{page: p}) }

// bare gives a view model whose lists are empty, and without what may be absent.
func bare[V any](p views.Page) V { return filled[V](&filler{page: p, bare: true}) }

func filled[V any](f *filler) V {
	var v V
	f.fill(reflect.ValueOf(&v).Elem(), "", 0)
	return v
}

var component = reflect.TypeFor[templ.Component]()

// fill fills a value that stands in a field of this name.
func (f *filler) fill(v reflect.Value, name string, depth int) {
	if !v.CanSet() || depth > deepest || f.special(v, name) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text(name))
	case reflect.Bool:
		v.SetBool(!f.bare)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(several)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Pointer:
		if f.bare {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), name, depth+1)
	case reflect.Slice:
		f.fillSlice(v, name, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), v.Type().Field(i).Name, depth+1)
		}
	case reflect.Interface:
		if v.Type() == component {
			v.Set(reflect.ValueOf(templ.Raw("<p>Two desks and a lamp, as agreed with <strong>Mia</strong>.</p>")))
		}
	}
}

func (f *filler) fillSlice(v reflect.Value, name string, depth int) {
	if f.bare || depth >= deepest-1 || v.Type().Elem() == v.Type() {
		return
	}
	list := reflect.MakeSlice(v.Type(), several, several)
	for i := range several {
		f.fill(list.Index(i), strings.TrimSuffix(name, "s"), depth+1)
	}
	v.Set(list)
}

// special fills values that are more than the names of their fields.
func (f *filler) special(v reflect.Value, name string) bool {
	switch v.Interface().(type) {
	case views.Moment:
		f.made++
		v.Set(reflect.ValueOf(f.page.Moment(noon.Add(-time.Duration(f.made*f.made) * time.Minute))))
	case views.Data:
		f.made++
		v.Set(reflect.ValueOf(f.page.Data(fmt.Sprintf("data-%d", f.made), []byte(sampleData))))
	case views.GraphView:
		v.Set(reflect.ValueOf(Graph()))
	case form.Shown:
		v.Set(reflect.ValueOf(form.Shown{Fields: f.fields()}))
	case views.BuilderStep:
		f.made++
		v.Set(reflect.ValueOf(views.BuilderStep{
			Path: fmt.Sprintf("step_%d", f.made), Name: fmt.Sprintf("step_%d", f.made), Title: "Look at it", Type: "group", Wrong: f.made%2 == 0,
			Inside: []views.BuilderStep{{Path: fmt.Sprintf("step_%d.pay", f.made), Name: "pay", Type: "machine", Current: f.made%5 == 0}},
		}))
	case []form.Field:
		v.Set(reflect.ValueOf(f.fields()))
	case views.TimelineTick:
		i := f.made % several
		f.made++
		v.Set(reflect.ValueOf(views.TimelineTick{At: []string{"0%", "33%", "66%"}[i], Label: []string{"0", "+1 d", "+2 d"}[i]}))
	case views.TimelineBar:
		i := f.made % several
		f.made++
		v.Set(reflect.ValueOf(views.TimelineBar{
			X: []string{"0%", "25%", "60%"}[i], Width: []string{"25%", "35%", "12%"}[i], Kind: []string{"wait", "failed", "work"}[i], State: "succeeded", Title: "Pay out: 35 ms",
		}))
	case views.InstanceExecution:
		rows := executions(&f.page, "waiting", "failed")
		row := rows[f.made%len(rows)]
		f.made++
		row.ID = fmt.Sprintf("sample-%d", f.made)
		v.Set(reflect.ValueOf(row))
	case views.BarChart:
		chart := views.BarChart{ID: f.text("ID"), Title: fmt.Sprintf("Completed, chart %d", f.made), Head: "Day", Total: views.CountLink{Value: "55", Some: !f.bare, Href: "#", Label: "completed"}}
		f.fill(reflect.ValueOf(&chart.Bars).Elem(), "Bars", 1)
		v.Set(reflect.ValueOf(chart))
	case views.Bar:
		i := f.made % several
		f.made++
		count := views.CountLink{Value: []string{"12", "3", "40"}[i], Some: true, Href: "#", Label: "completed"}
		v.Set(reflect.ValueOf(views.Bar{
			Name: fmt.Sprintf("%d Mar", i+1), Label: fmt.Sprintf("%d Mar", i+1), Count: count, Shown: true, Left: []string{"0%", "33%", "66%"}[i], Place: "33%",
			X: []string{"7%", "40%", "73%"}[i], Width: "20%", Y: []string{"65%", "80%", "17%"}[i], Height: []string{"20%", "5%", "68%"}[i], Middle: []string{"17%", "50%", "83%"}[i],
		}))
	case views.Span:
		f.made++
		v.Set(reflect.ValueOf(views.Span{Title: "Expense approval", Href: "#", From: "20%", To: fmt.Sprintf("%d%%", 40+f.made%5*10), Text: "2 h 5 min · 3 d 2 h"}))
	case views.Tick:
		i := f.made % several
		f.made++
		v.Set(reflect.ValueOf(views.Tick{At: []string{"10%", "50%", "90%"}[i], Label: []string{"1 min", "1 h", "1 d"}[i]}))
	case views.FormBox:
		box := views.FormBox{ID: f.text("ID"), Title: fmt.Sprintf("Form %d", f.forms+1), Text: "What it is for.", Action: "#", Fields: f.fields(), Button: "Save"}
		v.Set(reflect.ValueOf(box))
	case views.TaskProposal:
		v.Set(reflect.ValueOf(views.TaskProposal{Title: "Finn proposes to approve", Note: "The second invoice came today."}))
	case views.Problems: // only the states that are about them have some
	default:
		return false
	}
	return true
}

// fields gives the controls of a form without errors; those of a page's further
// forms have ids of their own.
func (f *filler) fields() []form.Field {
	f.forms++
	fields, end := Fields(), ""
	if f.forms > 1 {
		end = fmt.Sprintf("-%d", f.forms)
	}
	own(fields, end)
	return fields
}

// own takes the errors from fields and ends their ids in an end of their own.
func own(fields []form.Field, end string) {
	for i := range fields {
		field := &fields[i]
		field.Errors, field.ErrorID = nil, ""
		for _, id := range []*string{&field.ID, &field.HelpID} {
			if *id != "" {
				*id += end
			}
		}
		field.DescribedBy = ""
		for j := range field.Options {
			field.Options[j].ID += end
		}
		own(field.Children, end)
	}
}

const sampleData = `{"title":"Train & hotel","amount":6000,"lines":[{"what":"Train","eur":120.50},{"what":"Hotel","eur":5879.5}],"manager":null,"tags":[]}`

// samples are texts by how the name of a field ends; the first that fits counts.
var samples = []struct {
	end   string
	texts []string
}{
	{"LiveURL", []string{""}}, {"Live", []string{""}},
	{"Href", []string{"#"}}, {"URL", []string{"#"}}, {"Action", []string{"#"}}, {"Act", []string{"#"}}, {"Next", []string{"#"}}, {"First", []string{"#"}}, {"Delete", []string{"#"}},
	{"Claim", []string{"#"}}, {"OnlyOpen", []string{"#"}},
	{"State", []string{"running", "waiting", "failed", "completed", "paused", "canceled", "skipped", "pending"}},
	{"Picture", []string{"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"}},
	{"Icon", []string{"circle-check", "play", "ban"}},
	{"Type", []string{"human", "machine", "timer", "gateway"}},
	{"Kind", []string{"done"}},
	{"Version", []string{"1.2.0", "1.1.0", "1.0.0"}}, {"Short", []string{"8f29723c", "a8a58f29", "119e7477"}},
	{"Login", []string{"mia", "finn", "otto"}}, {"By", []string{"Mia", "Finn", "Otto"}}, {"Requester", []string{"Otto", "Ana", "Finn"}},
	{"Assignee", []string{"Mia", "the group finance", "Finn"}}, {"Owner", []string{"Mia"}}, {"Who", []string{"Mia", "Finn", "Otto"}}, {"Person", []string{"mia"}},
	{"Group", []string{"finance", "managers", "staff"}}, {"Role", []string{"operator", "author", "auditor"}},
	{"Name", []string{"expense_approval", "order_processing", "document_review"}},
	{"Definition", []string{"Expense approval", "Order processing", "Document review"}},
	{"Title", []string{"Approve 6,000 EUR: Desk for the new room", "Check the delivery of order 4711", "Sign the contract of Mia"}},
	{"Label", []string{"Expense approval", "Order processing", "Document review"}}, {"Step", []string{"Manager approves", "Pay out", "Inform"}},
	{"Why", []string{"Waits for the group finance since 2 days."}}, {"Text", []string{"Nothing was lost. Try again, or ask whoever sent you here."}},
	{"Note", []string{"The second invoice was missing."}}, {"Reason", []string{"On leave until Monday"}}, {"Message", []string{"The payment service answered 503 Service Unavailable."}},
	{"Problem", []string{""}}, {"Error", []string{"payment refused: card expired"}}, {"Warning", []string{"Somebody else has changed this meanwhile."}},
	{"Count", []string{"12", "3", "0"}}, {"Value", []string{"6,000", "120.50", "12"}}, {"Total", []string{"1,000+"}}, {"P50", []string{"2 h 5 min"}}, {"P95", []string{"3 d 2 h"}},
	{"Took", []string{"35 ms", "2 h 5 min", "1 d 2 h"}}, {"Outcome", []string{"Approve", "Reject"}}, {"Decision", []string{"Approve", "Reject"}}, {"Query", []string{"desk"}},
	{"After", []string{"2026-03-01"}}, {"Before", []string{"2026-03-02"}}, {"Since", []string{"2026-03-01"}}, {"Day", []string{"2026-03-02"}}, {"Date", []string{"2026-03-02"}},
}

// text gives a sample for a field.
func (f *filler) text(name string) string {
	f.made++
	if name == "ID" || strings.HasSuffix(name, "ID") {
		return fmt.Sprintf("sample-%d", f.made)
	}
	switch name {
	case "Summary":
		return fmt.Sprintf("Summary %d", f.made)
	case "Around":
		return "/fragment"
	case "X", "Y", "Width", "Height", "At", "Middle": // of drawings
		return fmt.Sprint(f.made % 5 * 10)
	}
	for _, s := range samples {
		if strings.HasSuffix(name, s.end) {
			return s.texts[f.made%len(s.texts)]
		}
	}
	return words(name)
}

// words makes words of the name of a field: "CorrelationWord" is
// "Correlation word".
func words(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
