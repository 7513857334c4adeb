package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tandem/internal/workflow"
)

func TestTask_Delegate(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String()
	h.get("otto", path).has(t, "#delegate", 0) // it is not his to decide
	h.get("finn", path).has(t, "#delegate form[action='"+path+"/delegate']", 1)
	for to, want := range map[string]string{"nobody": "nobody with the login", "finn": "already", "otto": "excludes", "": "Name who"} {
		got := h.post("finn", path+"/delegate", url.Values{"to": {to}, "reason": {"look"}})
		got.expect(t, http.StatusUnprocessableEntity, "")
		got.says(t, "#delegate .problems", want)
		got.has(t, "#delegate[open] input[name=reason][value=look]", 1)
	}
	h.post("finn", path+"/delegate", url.Values{"to": {"mia"}, "reason": {"you know them"}}).expect(t, http.StatusSeeOther, path+"?notice=task_delegated")

	mine := h.get("finn", path)
	mine.has(t, "#outcomes", 0)
	mine.says(t, "main", "Mia prepares the decision")
	mine.has(t, "#take-back form[action='"+path+"/return']", 1)
	hers := h.get("mia", path)
	hers.has(t, "form[action='"+path+"/return'] input[name=cost_centre]", 1)
	hers.has(t, "button[name=_outcome]", 0)
	hers.says(t, "#decision-part", "Finn has asked you to prepare this")
	h.post("mia", path+"/complete", url.Values{"_outcome": {"reject"}}).expect(t, http.StatusConflict, "")
	h.post("fred", path+"/return", url.Values{}).expect(t, http.StatusForbidden, "")
	h.post("mia", path+"/return", url.Values{"_outcome": {"approve"}, "cost_centre": {"4711"}, "_comment": {"They are cheap."}}).
		expect(t, http.StatusSeeOther, "/tasks?notice=task_returned") // out of her sight
	back := h.get("finn", path)
	back.says(t, "#proposal-title", "Mia proposes: Approve")
	back.says(t, "main", "They are cheap.")
	back.has(t, "form[action='"+path+"/complete'] input[name=cost_centre][value='4711']", 1)
	h.post("finn", path+"/complete", url.Values{"_outcome": {"reject"}}).expect(t, http.StatusSeeOther, "/tasks?notice=task_completed")
	h.get("finn", path).has(t, "#proposal-title", 0)
	history := h.get("otto", "/instances/"+task.InstanceID.String())
	history.says(t, "main", "to Mia")
	history.says(t, "main", "They are cheap.")
}

func TestTask_Comments(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String()
	h.get("finn", path).says(t, "#comments", "No comments.")
	h.post("otto", path+"/comments", url.Values{"text": {"It is **urgent** <script>alert(1)</script>"}}).expect(t, http.StatusSeeOther, path+"?notice=commented")
	got := h.get("finn", path)
	got.says(t, "#comments article", "Otto")
	got.has(t, "#comments article strong", 1)
	got.has(t, "#comments script", 0)
	around := h.get("finn", path+"/around")
	around.says(t, "main", "It is urgent alert(1)")
	around.lacks(t, "main", "**")
	for text, want := range map[string]string{"  ": "Write something", strings.Repeat("x", 10_001): "at most 10000 characters"} {
		bad := h.post("finn", path+"/comments", url.Values{"text": {text}})
		bad.expect(t, http.StatusUnprocessableEntity, "")
		bad.says(t, "#add-comment .problems", want)
		if kept := bad.page.Find("#add-comment textarea").Text(); strings.TrimPrefix(kept, "\n") != text {
			t.Errorf("%d characters were kept of %d", len(kept), len(text))
		}
	}
	h.post("mia", path+"/comments", url.Values{"text": {"hm"}}).expect(t, http.StatusNotFound, "")

	twice := url.Values{"text": {"Once is enough"}, "_once": {got.page.Find("#add-comment input[name=_once]").AttrOr("value", "")}}
	for range 2 {
		h.post("finn", path+"/comments", twice).expect(t, http.StatusSeeOther, path+"?notice=commented")
	}
	h.get("finn", path).has(t, "#comments article", 2)
}

func TestTask_InPlaceOfAnother(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	path := "/tasks/" + task.ID.String()
	h.get("mia", path).expect(t, http.StatusNotFound, "")
	mia := taskPeople["mia"]
	mia.For = []workflow.StandsFor{{Login: "finn", Groups: []string{"finance"}}}
	if _, err := h.engine.ClaimTask(t.Context(), mia, task.ID, 0); err != nil {
		t.Fatal(err)
	}
	h.post("mia", path+"/complete", url.Values{"_outcome": {"reject"}}).expect(t, http.StatusSeeOther, "/tasks?notice=task_completed")
	h.get("otto", path).says(t, ".facts", "Mia, in place of Finn")
}

func TestProfile_Substitutes(t *testing.T) {
	t.Parallel()
	b := openBrowser(t, "").signIn("otto")
	b.get("/profile").says(t, "#substitutes", "Nobody stands in for you.")
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	for name, tt := range map[string]struct {
		form url.Values
		want string
	}{
		"nobody":   {url.Values{"substitute": {"nobody"}, "until": {tomorrow}}, "nobody with this login"},
		"himself":  {url.Values{"substitute": {"otto"}, "until": {tomorrow}}, "Name somebody else"},
		"no end":   {url.Values{"substitute": {"ada"}}, "Say until when"},
		"past end": {url.Values{"substitute": {"ada"}, "until": {"2020-01-01"}}, "Let it end after"},
	} {
		got := b.post("/profile/substitutes", tt.form)
		got.expect(t, http.StatusUnprocessableEntity, "")
		got.says(t, "#add-substitute .problems", tt.want)
		got.has(t, "#add-substitute input[name=substitute][value='"+tt.form.Get("substitute")+"']", 1)
		_ = name
	}
	b.post("/profile/substitutes", url.Values{"substitute": {"ada"}, "until": {tomorrow}}).expect(t, http.StatusSeeOther, "/profile?notice=substitute_added")
	b.get("/profile").says(t, "#substitutes tbody th", "Ada Admin")
	ada := b.another().signIn("ada")
	ada.get("/profile").says(t, "#substitutes", "You stand in for Otto Office.")
	remove, _ := b.get("/profile").page.Find("#substitutes tbody form").Attr("action")
	ada.another().post(remove, nil).expect(t, http.StatusSeeOther, "/login")
	b.post(remove, nil).expect(t, http.StatusSeeOther, "/profile?notice=substitute_removed")
	b.get("/profile").has(t, "#substitutes tbody", 0)
}

func TestAudit_Page(t *testing.T) {
	t.Parallel()
	h := openTaskHouse(t, "")
	task := h.expense("Fair", 6000)
	h.get("olga", "/admin/audit").expect(t, http.StatusForbidden, "")
	h.get("otto", "/admin/audit").expect(t, http.StatusForbidden, "")
	if _, err := h.engine.Pause(t.Context(), taskPeople["olga"], task.InstanceID, "<b>wait</b>"); err != nil {
		t.Fatal(err)
	}
	page := h.get("uma", "/admin/audit")
	page.expect(t, http.StatusOK, "")
	page.says(t, "tbody tr:first-child", "Paused an instance")
	page.says(t, "tbody tr:first-child", "<b>wait</b>")
	page.has(t, "tbody b", 0)
	page.has(t, "nav a[href='/admin/users']", 0) // an auditor administers nobody
	h.get("uma", "/admin/audit?actor=nobody").has(t, ".empty", 1)
	h.get("uma", "/admin/audit?actor=olga&refused=false").has(t, "tbody tr", 1)
	h.get("uma", "/admin/audit?refused=true").has(t, "tbody tr", 0)
	h.get("uma", "/admin/audit?after=soon").expect(t, http.StatusBadRequest, "")
	export, _ := page.page.Find("a[download]").Attr("href")
	if !strings.HasPrefix(export, "/api/v1/audit/export?") {
		t.Errorf("the export is at %q", export)
	}
}
