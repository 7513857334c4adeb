package form

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func compile(t testing.TB, schema, ui string) *Form {
	t.Helper()
	f, err := Compile(json.RawMessage(schema), json.RawMessage(ui))
	if err != nil {
		t.Fatalf("Compile(%s): %v", schema, err)
	}
	return f
}

func decodeText(t rapid.TB, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	v, _, err := readJSON([]byte(text), maxValueBytes)
	if err != nil {
		t.Fatalf("readJSON(%s): %v", text, err)
	}
	return v
}

func query(t testing.TB, q string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(q)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// messages lists "pointer: sentence".
func messages(errs *Errors) []string {
	if errs == nil {
		return nil
	}
	var out []string
	for _, e := range errs.List {
		out = append(out, e.Pointer+": "+e.Message)
	}
	return out
}

func TestForm_Submit(t *testing.T) {
	t.Parallel()
	const expense = `{"type":"object","required":["amount","requester"],"properties":{
		"amount":{"type":"number","exclusiveMinimum":0,"title":"Amount"},
		"requester":{"type":"string"},
		"days":{"type":"integer"},
		"urgent":{"type":"boolean"},
		"kind":{"enum":[1,"1",null,{"a":1}]},
		"mail":{"type":"string","format":"email"},
		"when":{"type":"string","format":"date-time"}}}`
	const nested = `{"type":"object","properties":{"address":{"type":"object","required":["street"],
		"properties":{"street":{"type":"string"},"home":{"type":"boolean"},"country":{"type":"string","default":"DE"}}}}}`
	tests := map[string]struct {
		schema, ui, stored, query string
		mode                      Mode
		want                      string
		errors                    []string
	}{
		"typed values":             {expense, "", "", "amount=12.50&requester=Ana&days=3&urgent=false&urgent=true&kind=1&mail=a@b.example", Full, `{"amount":12.50,"requester":"Ana","days":3,"urgent":true,"kind":"1","mail":"a@b.example"}`, nil},
		"number beyond 2^53":       {expense, "", "", "amount=90071992547409931234.10&requester=A", Full, `{"amount":90071992547409931234.10,"requester":"A"}`, nil},
		"unchecked is false":       {expense, "", "", "amount=1&requester=A&urgent=false", Full, `{"amount":1,"requester":"A","urgent":false}`, nil},
		"null by index":            {expense, "", "", "amount=1&requester=A&kind=2", Full, `{"amount":1,"requester":"A","kind":null}`, nil},
		"object by index":          {expense, "", "", "amount=1&requester=A&kind=3", Full, `{"amount":1,"requester":"A","kind":{"a":1}}`, nil},
		"zone":                     {expense, "", "", "amount=1&requester=A&when=2026-03-31T09:15", Full, `{"amount":1,"requester":"A","when":"2026-03-31T09:15:00+02:00"}`, nil},
		"empty is absent":          {expense, "", "", "amount=&requester=&days=", Full, `{}`, []string{"/amount: Amount is required", "/requester: Requester is required"}},
		"below the limit":          {expense, "", "", "amount=0&requester=A", Full, `{"amount":0,"requester":"A"}`, []string{"/amount: Amount must be more than 0"}},
		"not a number":             {expense, "", "", "amount=NaN&requester=A", Full, `{"amount":"NaN","requester":"A"}`, []string{"/amount: Amount must be a number, written like 1234.5"}},
		"locale comma":             {expense, "", "", "amount=1.234,50&requester=A", Full, `{"amount":"1.234,50","requester":"A"}`, []string{"/amount: Amount must be written with a point and without separators, like 1234.50"}},
		"not whole":                {expense, "", "", "amount=1&requester=A&days=1.5", Full, `{"amount":1,"requester":"A","days":1.5}`, []string{"/days: Days must be a whole number"}},
		"huge exponent":            {expense, "", "", "amount=1e999999999&requester=A", Full, `{"amount":"1e999999999","requester":"A"}`, []string{"/amount: Amount has a number with too many digits or too large an exponent; shorten it"}},
		"unknown name":             {expense, "", "", "amount=1&requester=A&admin=true&_outcome=x&token=y", Full, `{"amount":1,"requester":"A"}`, []string{": The form has no field called admin; reload the page and send it again"}},
		"sent twice":               {expense, "", "", "amount=1&amount=2&requester=A", Full, `{"amount":"1","requester":"A"}`, []string{"/amount: Amount was sent more than once; send it once"}},
		"no such choice":           {expense, "", "", "amount=1&requester=A&kind=9", Full, `{"amount":1,"requester":"A"}`, []string{"/kind: Kind must be one of the offered choices; choose again"}},
		"control character":        {expense, "", "", "amount=1&requester=a%00b", Full, `{"amount":1}`, []string{"/requester: Requester has a character that cannot be stored; remove control characters and broken symbols"}},
		"bad mail":                 {expense, "", "", "amount=1&requester=A&mail=nobody", Full, `{"amount":1,"requester":"A","mail":"nobody"}`, []string{"/mail: Mail must be an e-mail address, like name@example.com"}},
		"none keeps what is typed": {expense, "", "", "amount=abc&requester=", None, `{"amount":"abc"}`, nil},
		"none refuses unknown":     {expense, "", "", "admin=1", None, `{}`, []string{": The form has no field called admin; reload the page and send it again"}},
		"own schema":               {expense, "", "", "amount=&requester=A", Own(mustSchema(t, `{"required":["days"]}`)), `{"requester":"A"}`, []string{"/days: Days is required"}},

		"untouched optional group":  {nested, "", "", "address.street=&address.home=false&address.country=DE", Full, `{}`, nil},
		"touched optional group":    {nested, "", "", "address.street=&address.home=true&address.country=DE", Full, `{"address":{"home":true,"country":"DE"}}`, []string{"/address/street: Street is required"}},
		"stored group stays":        {nested, "", `{"address":{"street":"S"}}`, "address.street=S&address.home=false&address.country=", Full, `{"address":{"street":"S","home":false}}`, nil},
		"members without a field":   {nested, "", `{"x":1,"address":{"street":"S","y":2}}`, "address.street=T&address.home=false&address.country=", Full, `{"x":1,"address":{"street":"T","home":false,"y":2}}`, nil},
		"fixed values are not read": {`{"type":"object","required":["v"],"properties":{"v":{"const":2},"by":{"type":"string","readOnly":true},"h":{"type":"string"}}}`, `{"h":{"ui:widget":"hidden"}}`, `{"by":"ana","h":"s"}`, "v=3&by=eve&h=t", Full, `{"v":2,"by":"ana","h":"s"}`, nil},
		"fixed group is not read":   {`{"type":"object","properties":{"g":{"type":"object","readOnly":true,"properties":{"a":{"type":"string"}}}}}`, "", `{"g":{"a":"x"}}`, "g.a=eve", Full, `{"g":{"a":"x"}}`, nil},
		"password left empty stays": {`{"type":"object","properties":{"p":{"type":"string","writeOnly":true}}}`, "", `{"p":"secret"}`, "p=", Full, `{"p":"secret"}`, nil},
		"stored empty text stays":   {`{"type":"object","required":["s"],"properties":{"s":{"type":"string"}}}`, "", `{"s":""}`, "s=", Full, `{"s":""}`, nil},
		"nullable":                  {`{"type":"object","required":["s"],"properties":{"s":{"type":["string","null"]}}}`, "", "", "s=", Full, `{"s":null}`, nil},
		"line ends":                 {`{"type":"object","properties":{"s":{"type":"string"}}}`, `{"s":{"ui:widget":"textarea"}}`, "", "s=a%0D%0Ab", Full, `{"s":"a\nb"}`, nil},
		"checkboxes":                {`{"type":"object","properties":{"l":{"type":"array","uniqueItems":true,"items":{"enum":["a","b",3]}}}}`, "", "", "l=&l=2&l=0", Full, `{"l":["a",3]}`, nil},
		"no checkbox ticked":        {`{"type":"object","required":["l"],"properties":{"l":{"type":"array","minItems":1,"uniqueItems":true,"items":{"enum":["a"]}}}}`, "", "", "l=", Full, `{"l":[]}`, []string{"/l: L must have at least one entry"}},
		"json field":                {`{"type":"object","properties":{"lines":{"type":"array","items":{"type":"object","required":["amount"]}}}}`, "", "", `lines.~n=0,1&lines=[{"amount":1.0},{}]`, Full, `{"lines":[{"amount":1.0},{}]}`, []string{"/lines/1/amount: Lines 2: Amount is required"}},
		"broken json":               {`{"type":"object","properties":{"lines":{"type":"array"}}}`, "", "", "lines=[1,%0A+oops]", Full, `{"lines":"[1,\n oops]"}`, []string{"/lines: Lines is not valid JSON; look at line 2, column 2"}},
		"key twice":                 {`{"type":"object","properties":{"o":{}}}`, "", "", `o={"a":1,"a":2}`, Full, `{"o":"{\"a\":1,\"a\":2}"}`, []string{"/o: O has the key a twice; remove one of them"}},
		"lone surrogate":            {`{"type":"object","properties":{"o":{}}}`, "", "", `o="\ud800"`, Full, `{"o":"\"\\ud800\""}`, []string{"/o: O has a character that cannot be stored; remove control characters and broken symbols"}},
		"root json field":           {`{"type":"array","minItems":2}`, "", "", "~=[1]", Full, `[1]`, []string{": The value must have at least 2 entries"}},
		"escaped names":             {`{"type":"object","properties":{"a.b":{"type":"string"},"_x":{"type":"string"},"":{"type":"string"},"c[0]/~":{"type":"string"}}}`, "", "", "a~2b=1&~5x=2&~6=3&c~30~4~1~0=4", Full, `{"a.b":"1","_x":"2","":"3","c[0]/~":"4"}`, nil},
		"no schema":                 {"", "", "", "", Full, `{}`, nil},
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := compile(t, tc.schema, tc.ui)
			got, errs := f.Submit(query(t, tc.query), DecodeOptions{Stored: decodeText(t, tc.stored), Zone: zone, Reserved: []string{"token"}}, tc.mode)
			if diff := cmp.Diff(decodeText(t, tc.want), got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.errors, messages(errs)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func mustSchema(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := CompileSchema([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestForm_Submit_limits(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"type":"object","properties":{"s":{"type":"string"},"j":{}}}`, "")
	tests := map[string]struct {
		values url.Values
		code   string
	}{
		"bytes": {url.Values{"s": {strings.Repeat("x", maxValueBytes)}}, "too_large"},
		"depth": {url.Values{"j": {strings.Repeat("[", 100) + strings.Repeat("]", 100)}}, "json_depth"},
		"items": {url.Values{"j": {"[" + strings.Repeat("1,", maxNodes) + "1]"}}, "json_size"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, errs := f.Submit(tc.values, DecodeOptions{}, Full)
			if errs.Empty() || errs.List[0].Code != tc.code {
				t.Errorf("errors = %v, want code %s", messages(errs), tc.code)
			}
		})
	}
}

func TestErrors_In(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"type":"object","required":["a"],"properties":{"a":{"type":"integer","minimum":3,"title":"Betrag"}}}`, "")
	_, errs := f.Submit(url.Values{"a": {"2"}}, DecodeOptions{}, Full)
	want := []string{"/a: Betrag muss 3 oder mehr sein"}
	if diff := cmp.Diff(want, messages(errs.In(LangOf("de-AT")))); diff != "" {
		t.Errorf("German (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/a: Betrag must be 3 or more"}, messages(errs.In(LangOf("fr")))); diff != "" {
		t.Errorf("fallback (-want +got):\n%s", diff)
	}
}

func TestNewLang_falls_back_to_English(t *testing.T) {
	t.Parallel()
	l := NewLang("nl", map[string]string{"required": "{field} is verplicht"})
	for key, want := range map[string]string{"required": "A is verplicht", "not_allowed": "A is not allowed here; remove it", "no such key": "A is not valid"} {
		if got := l.Sentence(key, Params{"field": "A"}); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

func TestLang_catalogues_have_the_same_keys_and_parameters(t *testing.T) {
	t.Parallel()
	for key, text := range english {
		other, ok := german[key]
		if !ok {
			t.Errorf("German lacks %q", key)
		}
		if want, got := parameters(text), parameters(other); !slices.Equal(want, got) {
			t.Errorf("%s names %v in English, %v in German", key, want, got)
		}
	}
	if len(german) != len(english) {
		t.Errorf("German has %d sentences, English %d", len(german), len(english))
	}
}

func parameters(text string) []string {
	names := regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

func TestForm_errors_stand_at_reachable_fields_in_order(t *testing.T) {
	t.Parallel()
	f := compile(t, `{"type":"object","required":["z","secret"],"not":{"required":["never"]},"minProperties":1,"properties":{
		"z":{"type":"string","title":"Last name"},
		"a":{"type":"object","required":["x","y"],"properties":{"x":{"type":"string"},"y":{"type":"string"}}},
		"secret":{"type":"string"}}}`, `{"secret":{"ui:widget":"hidden"}}`)
	errs := f.Validate(map[string]any{"a": map[string]any{}, "extra": 1}, Full)
	got := f.Summary(State{Stored: map[string]any{"a": map[string]any{}}, Errors: errs})
	want := []SummaryItem{
		{"Last name is required", "f-z"},
		{"X is required", "f-a-2ex"},
		{"Y is required", "f-a-2ey"},
		{"Secret is required", ""},
	}
	_ = f.Fields(State{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	fields := f.Fields(State{Errors: errs, Lang: German})
	if diff := cmp.Diff([]string{"X fehlt; bitte ausfüllen"}, fields[1].Children[0].Errors); diff != "" {
		t.Errorf("errors at the field (-want +got):\n%s", diff)
	}
	if got, want := fields[0].DescribedBy, "f-z-error"; got != want {
		t.Errorf("DescribedBy = %q, want %q", got, want)
	}
}
