package api_test

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/humatest"

	"tandem/internal/web/guard"
)

var update = flag.Bool("update", false, "write the golden files")

func number(text string) any { return json.Number(text) }

func TestAPI_RoundTrip(t *testing.T) {
	t.Parallel()
	roundTrip(t, setup(t))
}

func TestAPI_Routes(t *testing.T) {
	t.Parallel()
	routes := setup(t).api.Routes()
	if len(routes) < 24 {
		t.Errorf("got %d routes, want all of them", len(routes))
	}
	for _, r := range routes {
		if r.Guard == guard.None {
			t.Errorf("%s %s has no rule", r.Method, r.Pattern)
		}
		if r.Guard != guard.Public && r.Resource == "" {
			t.Errorf("%s %s: no scope reaches or bars it", r.Method, r.Pattern)
		}
	}
}

func TestAPI_OpenAPI(t *testing.T) {
	t.Parallel()
	h := setup(t)
	a := h.send(request{Method: http.MethodGet, Path: "//openapi.json"})
	var spec any
	if err := json.Unmarshal(a.Body, &spec); err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "OpenAPI document; go test -update writes it", string(got)+"\n", string(want))
	equal(t, "YAML", h.send(request{Method: http.MethodGet, Path: "//openapi.yaml"}).Status, http.StatusOK)
}

func TestAPI_Owns(t *testing.T) {
	t.Parallel()
	a := setup(t).api
	for path, want := range map[string]bool{
		"/api/v1/nothing": true, "/x/api/v1": true, "/hooks/abc": true, "/x/openapi.json": true,
		"/": false, "/instances": false, "/definitions/api": false,
	} {
		equal(t, path, a.Owns(path), want)
	}
}

// Another API of a program that embeds Tandem keeps its own refusals.
func TestAPI_LeavesOthersAlone(t *testing.T) {
	t.Parallel()
	_ = setup(t)
	_, other := humatest.New(t)
	huma.Get(other, "/x", func(context.Context, *struct {
		N int `query:"n" maximum:"1"`
	}) (*struct{}, error) {
		return nil, nil
	})
	got := other.Get("/x?n=2")
	equal(t, "status", got.Code, http.StatusUnprocessableEntity)
	if body := got.Body.String(); strings.Contains(body, "tandem:") {
		t.Errorf("got %s, want huma's own problem", body)
	}
}

func TestAPI_Pages(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.apply(callback)
	ids := map[any]bool{}
	for range 5 {
		ids[h.post(http.StatusCreated, "otto", "/instances", `{"definition_name": "callback", "input_data": null}`)["id"]] = true
	}
	cursor := ""
	for left := 5; left > 0; left -= 2 {
		page := h.get("otto", "/instances?limit=2&cursor="+cursor)
		equal(t, "total", page["total"], number("5"))
		equal(t, "has_more", page["has_more"], any(left > 2))
		for _, item := range page["items"].([]any) {
			delete(ids, item.(map[string]any)["id"])
		}
		cursor, _ = page["next_cursor"].(string)
	}
	equal(t, "left over", len(ids), 0)
	equal(t, "offset", len(h.get("otto", "/instances?offset=4")["items"].([]any)), 1)
	equal(t, "either status", h.get("otto", "/instances?status=completed&definition_name=callback&definition_name=x")["total"], number("0"))
}

func TestAPI_Validate(t *testing.T) {
	t.Parallel()
	h := setup(t)
	good := h.post(http.StatusOK, "otto", "/definitions/validate", expense(t))
	equal(t, "valid", good["valid"], any(true))
	if !strings.HasPrefix(good["mermaid_source"].(string), "flowchart") {
		t.Errorf("mermaid_source: got %v", good["mermaid_source"])
	}
	bad := h.post(http.StatusOK, "otto", "/definitions/validate", `{"format": 1, "name": "Bad Name", "version": "1", "steps": []}`)
	equal(t, "valid", bad["valid"], any(false))
	if errs := bad["errors"].([]any); len(errs) < 3 {
		t.Errorf("errors: got %v, want all of them", errs)
	}
	equal(t, "nothing stored", h.get("otto", "/definitions")["total"], number("0"))
}
