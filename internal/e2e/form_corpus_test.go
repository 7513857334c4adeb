package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tandem"
	"tandem/internal/form"
)

// formSample is a schema with values that it takes.
type formSample struct {
	Schema json.RawMessage   `json:"schema"`
	Valid  []json.RawMessage `json:"valid"`
}

// longest gives the value that says most.
func (s formSample) longest() string {
	text := ""
	for _, v := range s.Valid {
		if len(v) > len(text) {
			text = string(v)
		}
	}
	return text
}

// corpusSample is a sample of internal/form's corpus that is the start form of a
// workflow.
type corpusSample struct {
	name    string
	value   string       // that is filled in, as JSON
	typed   url.Values   // the same, field by field
	want    any          // what is stored, as the form says in Go
	refused *form.Errors // of the form in Go; nil where it takes the value
	exact   bool         // what is stored is the value itself
}

func (s corpusSample) start() string { return "/definitions/corpus_" + s.name + "/start" }

// corpus makes a workflow of every sample.
func (h house) corpus(t *testing.T) []corpusSample {
	t.Helper()
	paths, err := filepath.Glob("../form/testdata/corpus/*.json")
	if err != nil || len(paths) < 80 {
		t.Fatalf("%d samples, %v", len(paths), err)
	}
	all := make([]corpusSample, len(paths))
	for i, path := range paths {
		all[i] = h.corpusSample(t, path)
	}
	return all
}

// sampleDoc is a workflow that waits, with a start form.
const sampleDoc = `{"format": 1, "name": %q, "version": "1.0.0", "input_schema": %s, "steps": [{"name": "stay", "type": "timer", "duration": "1h"}]}`

func (h house) corpusSample(t *testing.T, path string) corpusSample {
	t.Helper()
	s := corpusSample{name: strings.TrimSuffix(filepath.Base(path), ".json")}
	text, err := os.ReadFile(path)
	var written formSample
	if err == nil {
		err = json.Unmarshal(text, &written)
	}
	var f *form.Form
	if err == nil {
		f, err = form.Compile(written.Schema, nil)
	}
	if err == nil {
		_, err = h.app.Apply(t.Context(), fmt.Appendf(nil, sampleDoc, "corpus_"+s.name, written.Schema))
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	s.value = written.longest()
	value, err := parse(s.value)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	s.typed = f.Typed(value, form.DecodeOptions{})
	s.want, s.refused = f.Submit(s.typed, form.DecodeOptions{}, form.Full)
	s.exact = cmp.Equal(value, s.want)
	return s
}

func parse(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return v, d.Decode(&v)
}

// differs compares what a form that was sent led to with what it leads to in Go.
func (s corpusSample) differs(ctx context.Context, h house, status int, instance string) error {
	switch {
	case s.refused != nil && status != http.StatusUnprocessableEntity:
		return fmt.Errorf("the answer is %d, want it refused as in Go: %w", status, s.refused)
	case s.refused != nil:
		return nil
	case status != http.StatusOK:
		return fmt.Errorf("the answer is %d", status)
	}
	id, err := uuid.Parse(instance)
	if err != nil {
		return fmt.Errorf("no instance, but %s: %w", instance, err)
	}
	in, err := h.app.Engine().Instance(ctx, tandem.System("test"), id)
	if err != nil {
		return err
	}
	stored, err := parse(string(in.Data))
	if err != nil {
		return err
	}
	if diff := cmp.Diff(s.want, stored); diff != "" {
		return fmt.Errorf("(-want +stored):\n%s", diff)
	}
	return nil
}

// Every sample is filled in by plain requests, as a browser without scripts
// sends them: as JSON, turned into fields, sent untouched. What is stored is
// what the form makes of the value.
func TestForms_OverHTTP(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	c := h.reader(t)
	corpus, exact := h.corpus(t), 0
	for _, s := range corpus {
		status, left := c.fillIn(s)
		if err := s.differs(t.Context(), h, status, left); err != nil {
			t.Errorf("%s: %v\n%s", s.name, err, left)
		}
		if s.exact {
			exact++
		}
	}
	if exact < len(corpus)*5/6 {
		t.Errorf("%d of %d values are stored as they were given; the others have members that people cannot enter", exact, len(corpus))
	}
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

// fillIn starts the workflow of a sample with its value, as JSON where it can
// be, and gives the status and the id of the instance, or the problems.
func (c reader) fillIn(s corpusSample) (status int, left string) {
	c.t.Helper()
	_, page := c.ask(http.MethodGet, s.start(), nil)
	values := sentBy(page)
	if change, ok := page.Find(".form-switch button").Attr("formaction"); ok {
		values.Set("_op", page.Find(".form-switch button").AttrOr("value", ""))
		_, page = c.ask(http.MethodPost, change, values)
		values = sentBy(page)
		if !values.Has("~") {
			return 0, "as JSON the form has no text"
		}
		values.Set("~", s.value)
		values.Set("_op", page.Find(".form-switch button").AttrOr("value", ""))
		_, page = c.ask(http.MethodPost, change, values)
		values = sentBy(page)
	} else {
		maps.Copy(values, s.typed)
	}
	answer, page := c.ask(http.MethodPost, s.start(), values)
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode, page.Find(".problems").Text()
	}
	return answer.StatusCode, strings.TrimPrefix(answer.Request.URL.Path, "/instances/")
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
