package views_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/views/gallery"
	"tandem/internal/views/msg"
)

func parse(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// words returns the text of what a selector finds, with single blanks.
func words(doc *goquery.Document, selector string) string {
	return strings.Join(strings.Fields(doc.Find(selector).Text()), " ")
}

func expect(t *testing.T, doc *goquery.Document, selector string, count int) *goquery.Selection {
	t.Helper()
	found := doc.Find(selector)
	if found.Length() != count {
		t.Errorf("%d elements match %s, want %d", found.Length(), selector, count)
	}
	return found
}

func TestPages_KeepThePolicy(t *testing.T) {
	t.Parallel()
	p := samplePage()
	p.Prefix = "/x"
	for name, page := range samples(p) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, page)
			expect(t, doc, "style, [style], script:not([src])", 0)
			doc.Find("*").Each(func(_ int, s *goquery.Selection) {
				for _, a := range s.Nodes[0].Attr {
					if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") {
						t.Errorf("inline handler %s=%q", a.Key, a.Val)
					}
				}
			})
		})
	}
}

func TestPages_StayBelowThePrefix(t *testing.T) {
	t.Parallel()
	p := samplePage()
	p.Prefix = "/x"
	for name, page := range samples(p) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parse(t, page).Find("[href], [src], [action]").Each(func(_ int, s *goquery.Selection) {
				for _, attr := range []string{"href", "src", "action"} {
					to, ok := s.Attr(attr)
					sample := strings.HasPrefix(to, "/tasks/") // rows of the sample graph
					if ok && !sample && !strings.HasPrefix(to, "/x/") && !strings.HasPrefix(to, "#") {
						t.Errorf("%s=%q leaves the prefix", attr, to)
					}
				}
			})
		})
	}
}

func TestPages_AreSound(t *testing.T) {
	t.Parallel()
	for name, page := range samples(samplePage()) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, page)
			expect(t, doc, "main#main", 1)
			expect(t, doc, "h1", 1)
			ids := map[string]bool{}
			doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				id := s.AttrOr("id", "")
				if ids[id] {
					t.Errorf("two elements have the id %q", id)
				}
				ids[id] = true
			})
			doc.Find("[for], [aria-describedby], [aria-labelledby]").Each(func(_ int, s *goquery.Selection) {
				for _, attr := range []string{"for", "aria-describedby", "aria-labelledby"} {
					for _, id := range strings.Fields(s.AttrOr(attr, "")) {
						if !ids[id] {
							t.Errorf("%s names %q, which is not there", attr, id)
						}
					}
				}
			})
		})
	}
}

func TestLayout_Navigation(t *testing.T) {
	t.Parallel()
	p := samplePage()
	doc := parse(t, views.Layout(p))
	if got, want := words(doc, ".nav-item[aria-current=page] > span:first-of-type"), "Instances"; got != want {
		t.Errorf("current entry = %q, want %q", got, want)
	}
	if got, want := words(doc, "#inbox-count .sr-only"), "(7 open tasks)"; got != want {
		t.Errorf("inbox says %q, want %q", got, want)
	}
	expect(t, doc, ".nav-item", 6)
	expect(t, doc, "form[method=post][action='/logout'] button", 1)
	if got := doc.Find("form[action='/preferences'] input[name=back]").First().AttrOr("value", ""); got != p.Current {
		t.Errorf("preferences lead back to %q, want %q", got, p.Current)
	}

	p.User.Admin = false
	expect(t, parse(t, views.Layout(p)), ".nav-item", 5)
	p.User = nil
	expect(t, parse(t, views.Layout(p)), "a[href='/login']", 1)
}

func TestLayout_ThemeAndLanguage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		theme     views.Theme
		lang      string
		wantTheme string
		wantLang  string
	}{
		{views.ThemeAuto, "", "", "en"},
		{views.ThemeDark, "de", "dark", "de"},
		{views.ThemeLight, "fr", "light", "en"},
	}
	for _, tt := range tests {
		p := samplePage()
		p.Theme, p.Lang = tt.theme, tt.lang
		html := parse(t, views.Layout(p)).Find("html")
		if got := html.AttrOr("data-theme", ""); got != tt.wantTheme {
			t.Errorf("data-theme = %q, want %q", got, tt.wantTheme)
		}
		if got := html.AttrOr("lang", ""); got != tt.wantLang {
			t.Errorf("lang = %q, want %q", got, tt.wantLang)
		}
	}
}

func TestLayout_Title(t *testing.T) {
	t.Parallel()
	p := samplePage()
	if got, want := words(parse(t, views.Layout(p)), "title"), "Expense 6,000 EUR · Tandem"; got != want {
		t.Errorf("title = %q, want %q", got, want)
	}
	p.Problem = true
	if got, want := words(parse(t, views.Layout(p)), "title"), "Error: Expense 6,000 EUR · Tandem"; got != want {
		t.Errorf("title = %q, want %q", got, want)
	}
}

func TestStateBadge_HasIconAndWordForEachState(t *testing.T) {
	t.Parallel()
	p := samplePage()
	for _, state := range allStates {
		doc := parse(t, views.StateBadge(p, state))
		expect(t, doc, ".state.state-"+state+" svg use", 1)
		if !msg.Has("state."+state) || words(doc, ".state") != p.T("state."+state) {
			t.Errorf("state %s says %q", state, words(doc, ".state"))
		}
	}
	if got := words(parse(t, views.StateBadge(p, "odd")), ".state"); got != "odd" {
		t.Errorf("an unknown state says %q, want it as it is", got)
	}
	for _, kind := range strings.Fields("machine human timer webhook gateway workflow group") {
		if p.TypeWord(kind) != p.T("type."+kind) || !msg.Has("type."+kind) {
			t.Errorf("step type %s says %q", kind, p.TypeWord(kind))
		}
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 3600)
	tests := []struct {
		lang  string
		after time.Duration
		want  string
	}{
		{"en", 0, "just now"}, {"en", -59 * time.Second, "just now"}, {"en", 30 * time.Second, "in a moment"},
		{"en", -time.Minute, "1 min ago"}, {"en", -3*time.Hour - 59*time.Minute, "3 h ago"}, {"en", 25 * time.Hour, "in 1 day"}, {"en", 48*time.Hour - time.Minute, "in 2 days"}, {"en", time.Hour - time.Second, "in 1 h"},
		{"de", -50 * time.Hour, "vor 2 Tagen"}, {"de", 5 * time.Minute, "in 5 Min."}, {"en", -90 * 24 * time.Hour, "2 Dec 2025"},
	}
	for _, tt := range tests {
		p := views.Page{Lang: tt.lang, Now: noon}
		if got := p.Moment(noon.Add(tt.after)).Relative; got != tt.want {
			t.Errorf("%s, %v after: got %q, want %q", tt.lang, tt.after, got, tt.want)
		}
	}
	m := views.Page{Now: noon, Zone: berlin}.Moment(noon)
	if m.ISO != "2026-03-02T12:00:00Z" || m.Exact != "2 March 2026, 13:00:00 CET" {
		t.Errorf("got %+v", m)
	}
	doc := parse(t, views.RelTime(views.Page{}, m))
	if got := doc.Find("time").AttrOr("title", ""); got != m.Exact {
		t.Errorf("title = %q, want %q", got, m.Exact)
	}
	if got := words(parse(t, views.RelTime(views.Page{}, views.Moment{})), ".sr-only"); got != "none" {
		t.Errorf("no time says %q, want none", got)
	}
}

func TestFormFields(t *testing.T) {
	t.Parallel()
	p := samplePage()
	doc := parse(t, views.FormFields(p, sampleFields()))
	amount := expect(t, doc, "input#f-amount[type=number][aria-invalid=true][aria-required=true]", 1)
	if got, want := amount.AttrOr("aria-describedby", ""), "f-amount-help f-amount-error"; got != want {
		t.Errorf("aria-describedby = %q, want %q", got, want)
	}
	if got, want := words(doc, "#f-amount-error"), "Error: Amount in EUR must be more than 0"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
	if got, want := doc.Find("textarea#f-why").Text(), "Fair in Leipzig\n</textarea><b>"; got != want {
		t.Errorf("textarea = %q, want %q", got, want)
	}
	if got, want := words(doc, "label[for=f-day]"), "Day (optional)"; got != want {
		t.Errorf("label = %q, want %q", got, want)
	}
	expect(t, doc, "select#f-category option[selected][value='0']", 1)
	expect(t, doc, "input[type=hidden][name=urgent][value=false] + label input[type=checkbox][checked][value=true]", 1)
	expect(t, doc, "fieldset input[type=radio][name=paid]", 2)
	expect(t, doc, "input[type=hidden][name=with][value='']", 1)
	expect(t, doc, "fieldset#f-address input[name='address.street']", 1)
	expect(t, doc, "[name='']", 0)
	if got := words(doc, "#f-due-hint"); !strings.Contains(got, "Europe/Berlin") {
		t.Errorf("hint of a date with time = %q, want its zone", got)
	}
}

func TestFormFields_LeaveJudgementToTheServer(t *testing.T) {
	t.Parallel()
	doc := parse(t, views.FormFields(samplePage(), sampleFields()))
	expect(t, doc, "[required], [pattern], [maxlength], [minlength]", 0)
}

func TestFormFields_CompiledForm(t *testing.T) {
	t.Parallel()
	schema := `{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"colour":{"enum":["red","blue"]}}}`
	compiled, err := form.Compile([]byte(schema), nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := parse(t, views.FormFields(samplePage(), compiled.Fields(form.State{})))
	expect(t, doc, "[name=name]", 1)
	expect(t, doc, "[name=colour]", 1)
}

func TestProblemSummary(t *testing.T) {
	t.Parallel()
	p := samplePage()
	doc := parse(t, views.ProblemSummary(p, views.SummaryOf(sampleFields())))
	expect(t, doc, "[role=alert][tabindex='-1']", 1)
	var links []string
	doc.Find("li a").Each(func(_ int, s *goquery.Selection) { links = append(links, s.AttrOr("href", "")) })
	if want := []string{"#f-amount", "#w-0", "#f-street"}; !slices.Equal(links, want) {
		t.Errorf("links = %v, want %v", links, want)
	}
	if got := render(t, views.ProblemSummary(p, views.Problems{})); got != "" {
		t.Errorf("no problems render %q, want nothing", got)
	}
}

func TestConfirmAction(t *testing.T) {
	t.Parallel()
	doc := parse(t, views.ConfirmAction(samplePage(), views.Confirm{
		ID: "skip", Label: "Skip", Action: "/x/skip", Reason: true, ReasonRequired: true, Danger: true,
		Hidden: []views.Hidden{{Name: "version", Value: "3"}},
	}))
	expect(t, doc, "details form[method=post][action='/x/skip']", 1)
	expect(t, doc, "label[for=skip-reason] + textarea#skip-reason[name=reason][required]", 1)
	expect(t, doc, "input[name=version][value='3']", 1)
	expect(t, doc, "button.btn-danger[type=submit]", 1)
}

func TestDataView(t *testing.T) {
	t.Parallel()
	p := samplePage()
	tests := []struct {
		name, value string
		want        string
	}{
		{"order is kept", `{"b":1.50,"a":"x"}`, "b 1.50 a x"},
		{"nested", `{"l":[{"k":true},[]],"o":{}}`, "l 1 k true 2 empty list o empty object"},
		{"scalar", `"<b>"`, "Value <b>"},
		{"null", `null`, "Value null"},
		{"large number", `{"n":12345678901234567890}`, "n 12345678901234567890"},
		{"not JSON", `{oops`, ""},
		{"nothing", ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, views.DataView(p, "Data", p.Data("d", []byte(tt.value))))
			if got := strings.Join(strings.Fields(textWithGaps(doc.Find("body > div > dl"))), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// textWithGaps returns text with a blank between terms.
func textWithGaps(s *goquery.Selection) string {
	var b strings.Builder
	s.Find("dt, dd").Each(func(_ int, e *goquery.Selection) {
		if e.Find("dl").Length() == 0 {
			b.WriteString(e.Text() + " ")
		}
	})
	return b.String()
}

func TestDataView_Bounds(t *testing.T) {
	t.Parallel()
	p := samplePage()
	long := p.Data("d", []byte("["+strings.Repeat("1,", 5000)+"1]"))
	if len(long.Rows) != 500 || !long.Shortened {
		t.Errorf("%d rows, shortened %v; want 500, true", len(long.Rows), long.Shortened)
	}
	deep := p.Data("d", []byte(strings.Repeat("[", 200)+strings.Repeat("]", 200)))
	if !deep.Shortened || strings.Count(deep.Source, "[") != 200 {
		t.Errorf("a deep value: shortened %v, source %d levels; want true, 200", deep.Shortened, strings.Count(deep.Source, "["))
	}
}

func TestGraph_TableTwin(t *testing.T) {
	t.Parallel()
	p := samplePage()
	doc := parse(t, views.Graph(p, sampleGraph(true)))
	expect(t, doc, "[data-graph] [data-graph-canvas]", 1)
	if got := doc.Find("[data-graph-source]").Text(); got != gallery.Source {
		t.Errorf("source = %q", got)
	}
	row := expect(t, doc, "table[data-graph-states] tr[data-node=n3][data-state=waiting]", 1)
	var cells []string
	row.Find("th, td").Each(func(_ int, s *goquery.Selection) { cells = append(cells, strings.TrimSpace(s.Text())) })
	if want := []string{"Finance approves", "Person", "Waiting", "2"}; !slices.Equal(cells, want) {
		t.Errorf("row = %q, want %q", cells, want)
	}
	expect(t, doc, "tr[data-edge=e1][data-taken=true]", 1)
	expect(t, doc, "tr[data-edge=e0][data-taken=false]", 1)

	still := parse(t, views.Graph(p, sampleGraph(false)))
	expect(t, still, "table[data-graph-states] thead th", 2)
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Ada Lovelace": "AL", "otto": "O", "Émile  de la Tour": "ÉT", " ": "?"} {
		if got := views.Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestSources_UseWhatExists reads the components themselves: every sentence and
// every icon that they name has to be there.
func TestSources_UseWhatExists(t *testing.T) {
	t.Parallel()
	icons := iconNames(t)
	sentence := regexp.MustCompile(`\b([TN])\("([a-z0-9_.]+)"`)
	icon := regexp.MustCompile(`Icon\(p, "([a-z0-9-]+)"|Icon: +"([a-z0-9-]+)"`)
	found := 0
	for _, file := range sources(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range sentence.FindAllStringSubmatch(string(text), -1) {
			found++
			if key := m[2]; !msg.Has(key) && !msg.Has(key+".other") && !strings.HasSuffix(key, ".") {
				t.Errorf("%s: no sentence %q", file, key)
			}
		}
		for _, m := range icon.FindAllStringSubmatch(string(text), -1) {
			if name := m[1] + m[2]; !slices.Contains(icons, name) {
				t.Errorf("%s: no icon %q in static/icons.txt", file, name)
			}
		}
	}
	if found < 50 {
		t.Errorf("found %d sentences in the sources, want more: does the pattern still match?", found)
	}
}

func iconNames(t *testing.T) []string {
	t.Helper()
	list, err := os.ReadFile("../../static/icons.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(list))
}

// TestPages_IconsExist looks at what was rendered, icons chosen by state and
// type included.
func TestPages_IconsExist(t *testing.T) {
	t.Parallel()
	icons, p := iconNames(t), samplePage()
	components := []templ.Component{}
	for _, page := range samples(p) {
		components = append(components, page)
	}
	for _, kind := range strings.Fields("machine human timer webhook gateway workflow group odd") {
		components = append(components, views.StepType(p, kind))
	}
	for _, kind := range []views.NoticeKind{views.NoticeDone, views.NoticeInfo, views.NoticeWarning, views.NoticeFailed} {
		components = append(components, views.NoticeBox(p, views.Notice{Kind: kind}))
	}
	parse(t, group(components...)).Find("svg use").Each(func(_ int, s *goquery.Selection) {
		_, name, _ := strings.Cut(s.AttrOr("href", ""), "#")
		if !slices.Contains(icons, name) {
			t.Errorf("no icon %q in static/icons.txt", name)
		}
	})
}

func sources(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.templ", "*.go", "../web/*.go", "../web/*/*.go"} {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range matches {
			if !strings.HasSuffix(m, "_templ.go") && !strings.HasSuffix(m, "_test.go") {
				files = append(files, m)
			}
		}
	}
	return files
}
