package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tandem/internal/views"
	"tandem/internal/web/guard"
)

// Where the API is described: in plain HTML, and to be tried out.
const (
	docsPath      = "/docs"
	referencePath = "/docs/reference"
)

// referencePolicy is the one of all pages, and takes beside it the three style
// elements that Elements makes, each by its hash.
const referencePolicy = "default-src 'self'; img-src 'self' data:; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"style-src 'self' 'sha256-MBVp6JYxbC/wICelYC6eULCRpgi9kGezXXSaq/TS2+I=' 'sha256-40iiqMCd92gEkTDo77tABEiJ83Vil54BR3JPvnldhrA=' " +
	"'sha256-DPWkzBiJWdWVTzqE+udsaToX+cMuy68nLfYs+xmjLlg='"

func (u *UI) docsRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: docsPath, Guard: guard.SignedIn, Handle: u.docs},
		{Method: http.MethodGet, Pattern: referencePath, Guard: guard.SignedIn, Handle: u.reference},
	}
}

// docs shows every operation of the API in plain HTML.
func (u *UI) docs(w http.ResponseWriter, r *http.Request) error {
	p := u.page(r, "", views.NavDocs)
	p.Title = p.T("docs.title")
	view, err := docsOf(u.Document())
	if err != nil {
		return err
	}
	view.Server, view.API = strings.TrimRight(u.PublicURL, "/"), u.APIPath
	return render(w, r, http.StatusOK, views.DocsPage(p, view))
}

// reference shows the same document by Stoplight Elements, which needs scripts.
func (u *UI) reference(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Security-Policy", referencePolicy)
	p := u.page(r, "", views.NavDocs)
	p.Title = p.T("docs.reference")
	return render(w, r, http.StatusOK, views.ReferencePage(p))
}

// apiDocument is what the page reads of the OpenAPI document.
type apiDocument struct {
	Paths map[string]map[string]struct {
		ID          string   `json:"operationId"`
		Summary     string   `json:"summary"`
		Description string   `json:"description"`
		Tags        []string `json:"tags"`
		Parameters  []struct {
			Name        string `json:"name"`
			In          string `json:"in"`
			Description string `json:"description"`
			Required    bool   `json:"required"`
		} `json:"parameters"`
		RequestBody struct {
			Content map[string]struct {
				Example json.RawMessage `json:"example"`
			} `json:"content"`
		} `json:"requestBody"`
		Responses map[string]struct {
			Description string `json:"description"`
		} `json:"responses"`
	} `json:"paths"`
}

// docsOf groups the operations of a document by what they are about.
func docsOf(document []byte) (views.DocsView, error) {
	var doc apiDocument
	if err := json.Unmarshal(document, &doc); err != nil {
		return views.DocsView{}, fmt.Errorf("read the API's document: %w", err)
	}
	groups := map[string][]views.DocsOperation{}
	for path, item := range doc.Paths {
		for method, o := range item {
			one := views.DocsOperation{ID: o.ID, Method: strings.ToUpper(method), Path: path, Summary: o.Summary, Text: o.Description}
			for _, p := range o.Parameters {
				one.Parameters = append(one.Parameters, views.DocsParameter{Name: p.Name, In: p.In, Text: p.Description, Required: p.Required})
			}
			for _, content := range o.RequestBody.Content {
				if len(content.Example) > 0 {
					one.Example = string(content.Example)
				}
			}
			for status := range o.Responses {
				one.Answers = append(one.Answers, status)
			}
			slices.Sort(one.Answers)
			tag := "API"
			if len(o.Tags) > 0 {
				tag = o.Tags[0]
			}
			groups[tag] = append(groups[tag], one)
		}
	}
	var view views.DocsView
	for name, list := range groups {
		slices.SortFunc(list, func(a, b views.DocsOperation) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		})
		view.Groups = append(view.Groups, views.DocsGroup{Name: name, Operations: list})
	}
	slices.SortFunc(view.Groups, func(a, b views.DocsGroup) int { return strings.Compare(a.Name, b.Name) })
	return view, nil
}
