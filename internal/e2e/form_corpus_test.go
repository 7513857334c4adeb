package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"tandem"
	"tandem/internal/form"
)

// Every schema of internal/form's corpus is filled in by plain requests, as a
// browser without scripts sends them: as JSON, turned into fields, sent
// untouched. What is stored is what the form makes of the value.
func TestForms_OverHTTP(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	c := h.reader(t)
	exact := 0
	names := sampleNames(t)
	for _, name := range names {
		s := readSample(t, name)
		f, err := form.Compile(s.Schema, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := h.app.Apply(t.Context(), []byte(fmt.Sprintf(sampleDoc, "corpus_"+name, s.Schema))); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		value := parsed(t, s.longest())
		want, refused := f.Submit(f.Typed(value, form.DecodeOptions{}), form.DecodeOptions{}, form.Full)
		status, stored := c.fillIn("/definitions/corpus_"+name+"/start", s.longest(), f.Typed(value, form.DecodeOptions{}))
		switch {
		case refused != nil && status != http.StatusUnprocessableEntity:
			t.Errorf("%s is answered with %d, want it refused like in Go: %v", name, status, refused)
		case refused == nil && status != http.StatusOK:
			t.Errorf("%s is answered with %d:\n%s", name, status, stored)
		case refused == nil:
			if diff := cmp.Diff(want, parsed(t, stored)); diff != "" {
				t.Errorf("%s (-want +stored):\n%s", name, diff)
			}
			if cmp.Equal(value, want) {
				exact++
			}
		}
	}
	if exact < len(names)*5/6 {
		t.Errorf("%d of %d values are stored as they were given; the others have members that people cannot enter", exact, len(names))
	}
}

// sampleDoc is a workflow that waits, with a start form.
const sampleDoc = `{"format": 1, "name": %q, "version": "1.0.0", "input_schema": %s, "steps": [{"name": "stay", "type": "timer", "duration": "1h"}]}`

func sampleNames(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("../form/testdata/corpus/*.json")
	if err != nil || len(paths) < 80 {
		t.Fatalf("%d samples, %v", len(paths), err)
	}
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(path), ".json")
	}
	return paths
}

// reader is somebody whose browser knows no scripts.
type reader struct {
	t      *testing.T
	house  house
	client *http.Client
}

func (h house) reader(t *testing.T) reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := reader{t, h, &http.Client{Jar: jar}}
	c.ask(http.MethodPost, "/login", url.Values{"login": {"otto"}, "password": {tandem.DemoPassword}})
	return c
}

// ask sends a request, follows where it leads, and gives the page.
func (c reader) ask(method, path string, values url.Values) (*http.Response, *goquery.Document) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.house.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer, page
}

// fillIn fills in a form with a value, as JSON where it can be, and gives the
// status and what is stored, or the problems.
func (c reader) fillIn(path, value string, typed url.Values) (int, string) {
	c.t.Helper()
	_, page := c.ask(http.MethodGet, path, nil)
	values := sentBy(page)
	if change, ok := page.Find(".form-switch button").Attr("formaction"); ok {
		values.Set("_op", page.Find(".form-switch button").AttrOr("value", ""))
		_, page = c.ask(http.MethodPost, change, values)
		values = sentBy(page)
		values.Set("~", value)
		values.Set("_op", page.Find(".form-switch button").AttrOr("value", ""))
		_, page = c.ask(http.MethodPost, change, values)
		values = sentBy(page)
	} else {
		for name, texts := range typed {
			values[name] = texts
		}
	}
	answer, page := c.ask(http.MethodPost, path, values)
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode, page.Find(".problems").Text()
	}
	return answer.StatusCode, c.data(strings.TrimPrefix(answer.Request.URL.Path, "/instances/"))
}

// data is what an instance was started with.
func (c reader) data(instance string) string {
	c.t.Helper()
	answer, err := c.client.Get(c.house.url + "/api/v1/instances/" + instance)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	var detail struct {
		Data json.RawMessage `json:"context_data"`
	}
	if err == nil {
		err = json.Unmarshal(text, &detail)
	}
	if err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return string(detail.Data)
}

// sentBy gives what a browser sends of the form of a page.
func sentBy(page *goquery.Document) url.Values {
	values := url.Values{}
	page.Find("main form.form [name]:not(button):not([disabled])").Each(func(_ int, s *goquery.Selection) {
		name, kind := s.AttrOr("name", ""), s.AttrOr("type", "")
		switch {
		case goquery.NodeName(s) == "textarea":
			values.Add(name, s.Text())
		case goquery.NodeName(s) == "select":
			chosen := s.Find("option[selected]")
			if _, many := s.Attr("multiple"); chosen.Length() == 0 && !many {
				chosen = s.Find("option").First()
			}
			chosen.Each(func(_ int, o *goquery.Selection) { values.Add(name, o.AttrOr("value", "")) })
		case kind == "file":
		case kind == "checkbox" || kind == "radio":
			if _, checked := s.Attr("checked"); checked {
				values.Add(name, s.AttrOr("value", "on"))
			}
		default:
			values.Add(name, s.AttrOr("value", ""))
		}
	})
	return values
}
