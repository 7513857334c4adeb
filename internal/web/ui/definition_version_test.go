package ui_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

const surveyVersions = "/definitions/survey/versions/"

func TestVersions_Change(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.saveAlso(strings.Replace(anyoneForm, "1.0.0", "1.1.0", 1))
	h.get("otto", "/definitions/survey").has(t, "#versions-section form", 0)
	page := h.get("arno", "/definitions/survey")
	page.has(t, "#versions-section form[action='"+surveyVersions+"1.1.0/deactivate'] textarea[required]", 1)
	page.has(t, "#versions-section form[action$='/delete']", 0)

	h.post("otto", surveyVersions+"1.1.0/deactivate", url.Values{"reason": {"too early"}}).expect(t, http.StatusForbidden, "")
	h.post("arno", surveyVersions+"1.1.0/delete", nil).says(t, ".notice", "Deactivate it first")
	done := h.post("arno", surveyVersions+"1.1.0/deactivate", url.Values{"reason": {"too early"}})
	done.expect(t, http.StatusSeeOther, "/definitions/survey?notice=version_deactivate&version=1.1.0")
	after := h.get("arno", done.location)
	after.says(t, ".notice", "The version is not active any more.")
	after.says(t, "#versions-section tbody tr", "not active")
	after.says(t, "main", "The latest is 1.0.0.")
	after.has(t, "#versions-section form[action='"+surveyVersions+"1.1.0/delete']", 1)
	h.get("otto", "/definitions/survey").says(t, "main .facts", "1.0.0")

	h.post("arno", surveyVersions+"1.1.0/activate", nil).expect(t, http.StatusSeeOther, "/definitions/survey?notice=version_activate&version=1.1.0")
	h.get("otto", "/definitions/survey").says(t, "main .facts", "1.1.0")
	h.post("arno", surveyVersions+"1.1.0/deactivate", nil)
	h.post("arno", surveyVersions+"1.1.0/delete", url.Values{"reason": {"never used"}}).expect(t, http.StatusSeeOther, "/definitions/survey?notice=version_delete")
	h.get("otto", "/definitions/survey?version=1.1.0").expect(t, http.StatusNotFound, "")
	h.get("otto", "/definitions/survey").has(t, "#versions-section tbody tr", 1)
	h.post("arno", surveyVersions+"9.9.9/delete", nil).expect(t, http.StatusNotFound, "")

	h.post("arno", surveyVersions+"1.0.0/deactivate", nil)
	alone := h.get("otto", "/definitions/survey")
	alone.says(t, ".notice", "Version 1.0.0 is not active")
	alone.has(t, "main a[href$='/start']", 0)
	h.post("arno", surveyVersions+"1.0.0/delete", nil).expect(t, http.StatusSeeOther, "/definitions?notice=version_delete")
}

func TestVersions_InUseStay(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	h.begin("survey", `{}`)
	h.post("arno", surveyVersions+"1.0.0/deactivate", nil)
	refused := h.post("arno", surveyVersions+"1.0.0/delete", nil)
	refused.expect(t, http.StatusConflict, "")
	refused.says(t, ".notice", "Instances use this version")
	refused.has(t, "#versions-section form[action$='/delete']", 0)
}

// moved is the survey with its step under another name.
var moved = strings.NewReplacer("1.0.0", "2.0.0", "name: ask", "name: inquire").Replace(anyoneForm)

func TestMigrate_Report(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.begin("survey", `{}`)
	h.get("olga", "/definitions/survey").has(t, "a[href$='/migrate?from=1.0.0']", 0)
	h.saveAlso(moved)
	h.get("olga", "/definitions/survey").has(t, "#versions-section a[href='/definitions/survey/migrate?from=1.0.0']", 1)

	page := h.get("olga", "/definitions/survey/migrate?from=1.0.0")
	page.expect(t, http.StatusOK, "")
	page.says(t, "main", "0 can move, 1 cannot.")
	page.says(t, "tbody tr", "It stays:")
	page.has(t, "select[name='step.ask'] option[value=inquire]", 1)
	fits := h.get("olga", "/definitions/survey/migrate?from=1.0.0&to=2.0.0&step.ask=inquire")
	fits.says(t, "main", "1 can move, 0 cannot.")
	fits.has(t, "form[method=post] input[name='step.ask'][value=inquire]", 1)
	h.get("olga", "/definitions/survey/migrate?from=2.0.0&to=1.0.0").says(t, "main", "No open instance of version 2.0.0")
	h.get("olga", "/definitions/survey/migrate?from=7.0.0").expect(t, http.StatusNotFound, "")
	h.get("olga", "/definitions/nothing/migrate?from=1.0.0").expect(t, http.StatusNotFound, "")

	form := url.Values{"from": {"1.0.0"}, "to": {"2.0.0"}, "step.ask": {"inquire"}}
	h.post("olga", "/definitions/survey/migrate", form).says(t, ".notice", "reason")
	form.Set("reason", "The step has a better name")
	begun := h.post("olga", "/definitions/survey/migrate", form)
	if begun.status != http.StatusSeeOther || !strings.HasPrefix(begun.location, "/operations/") {
		t.Fatalf("answer is %d to %q, want an operation", begun.status, begun.location)
	}
	id := uuid.MustParse(strings.TrimPrefix(begun.location, "/operations/"))
	tick, end := time.NewTicker(5*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for (h.instance(task.InstanceID).Definition != workflow.Ref{Name: "survey", Version: "2.0.0"}) {
		select {
		case <-tick.C:
		case <-end:
			op, err := h.engine.Operation(t.Context(), taskPeople["olga"], id)
			t.Fatalf("the instance has not moved: %+v, %v", op, err)
		}
	}
}

// Of very many versions a page shows some, the highest first.
func TestDefinition_VersionsInPages(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "/x")
	for i := range 23 {
		h.saveAlso(strings.Replace(failing, "version: 1.0.0", "version: 1.0."+strconv.Itoa(i), 1))
	}
	page := h.get("arno", "/x/definitions/failing?version=1.0.1")
	page.has(t, "#versions-section tbody tr", 20)
	page.says(t, "#versions-section tbody tr:first-child th", "1.0.22")
	follow := func(page answer, rel string) answer {
		t.Helper()
		path, anchor, _ := strings.Cut(page.page.Find("#versions-section .pager a[rel="+rel+"]").AttrOr("href", ""), "#")
		if anchor != "versions-section" {
			t.Fatalf("the link %s leads to %s#%s", rel, path, anchor)
		}
		return h.get("arno", path)
	}
	rest := follow(page, "next")
	rest.has(t, "#versions-section tbody tr", 3)
	rest.says(t, "#versions-section tbody tr:last-child th", "1.0.0")
	rest.has(t, "#versions-section [aria-current=true]", 1)
	follow(rest, "first").has(t, "#versions-section tbody tr", 20)
}
