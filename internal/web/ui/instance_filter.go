package ui

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"tandem/internal/engine"
	"tandem/internal/views"
	"tandem/internal/workflow"
)

// maxFilterValues bounds how many values one filter may have.
const maxFilterValues = 50

// filterKeys are the parameters of an address that narrow the list, beside those
// that compare data.
var filterKeys = []string{
	"status", "definition", "version", "q", "created_by", "correlation_id", "started_after", "started_before",
	"completed_since", "completed_before", "health", "assignee", "step", "label", "data_path", "sort",
	"failed_step", failedWith,
}

// failedWith is the parameter of a failure's message, whose blanks count.
const failedWith = "failed_with"

// dataParam is the name of a parameter that compares data, as in the API.
var dataParam = regexp.MustCompile(`^data\.([^\[\]]+)(?:\[([a-z]+)\])?$`)

// apiNames are the names of the API for parameters that pages call otherwise.
var apiNames = map[string]string{"definition_name": "definition", "completed_after": "completed_since"}

// listQuery is the query of an address of the list, which may also have the
// names of the API.
func listQuery(r *http.Request) url.Values {
	query := r.URL.Query()
	for name, own := range apiNames {
		if values := query[name]; len(values) > 0 {
			query[own] = append(query[own], values...)
		}
	}
	if query.Get("sort") == "started_at" {
		query.Set("sort", "oldest")
	}
	return query
}

// instanceFilter reads the filter of an address; what it cannot read it refuses.
func instanceFilter(p views.Page, query url.Values) (engine.InstanceFilter, error) {
	f := engine.InstanceFilter{
		DefinitionNames: given(query["definition"]), Versions: given(query["version"]),
		CreatedBy: given(query["created_by"]), CorrelationIDs: given(query["correlation_id"]), Query: strings.TrimSpace(query.Get("q")),
		Assignees: given(query["assignee"]), Steps: given(query["step"]), Labels: given(query["label"]), Now: p.Now,
		Oldest: query.Get("sort") == "oldest", FailedSteps: given(query["failed_step"]), FailedWith: some(query[failedWith]),
	}
	for _, name := range given(query["status"]) {
		status := workflow.Status(name)
		if !slices.Contains(workflow.Statuses(), status) {
			return f, badFilter(p, "instance.bad_status", clip(name, 50), statusNames())
		}
		f.Statuses = append(f.Statuses, status)
	}
	for _, name := range given(query["health"]) {
		if !slices.Contains(engine.Healths(), engine.Health(name)) {
			return f, badFilter(p, "instance.bad_health", clip(name, 50))
		}
		f.Health = append(f.Health, engine.Health(name))
	}
	if err := timeFilters(p, query, &f); err != nil {
		return f, err
	}
	return f, dataFilters(p, query, &f)
}

func badFilter(p views.Page, key string, args ...any) error {
	return workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s", p.T(key, args...))
}

// timeFilters reads days and times; the last day of a stretch counts.
func timeFilters(p views.Page, query url.Values, f *engine.InstanceFilter) error {
	for _, one := range []struct {
		key  string
		to   **time.Time
		last bool
	}{
		{"started_after", &f.StartedAfter, false}, {"started_before", &f.StartedBefore, true},
		{"completed_since", &f.CompletedAfter, false}, {"completed_before", &f.CompletedBefore, true},
	} {
		text := timeIn(query, one.key)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, text)
		if err == nil && one.last {
			at = at.AddDate(0, 0, 1)
		}
		if err != nil {
			at, err = time.Parse(time.RFC3339, text)
		}
		if err != nil {
			return badFilter(p, "instance.bad_since", clip(text, 50))
		}
		at = at.UTC()
		*one.to = &at
	}
	return nil
}

// timeIn is the first value of a parameter that is not empty: a day from its
// control goes before an exact time that is carried along.
func timeIn(query url.Values, key string) string {
	if values := given(query[key]); len(values) > 0 {
		return values[0]
	}
	return ""
}

// dataFilters reads what the form compares, and parameters as the API has them.
func dataFilters(p views.Page, query url.Values, f *engine.InstanceFilter) error {
	add := func(path, op string, values []string) error {
		one := engine.DataFilter{Path: path, Op: engine.DataOp(op), Values: values}
		if one.Op == "" {
			one.Op = engine.OpEqual
		}
		if !workflow.ValidDataPath(path) || !slices.Contains(engine.DataOps(), one.Op) || len(f.Data) == engine.MaxDataFilters {
			return badFilter(p, "instance.bad_data", clip(path, 50))
		}
		f.Data = append(f.Data, one)
		return nil
	}
	if path := strings.TrimPrefix(strings.TrimSpace(query.Get("data_path")), "data."); path != "" {
		if err := add(path, query.Get("data_op"), []string{strings.TrimSpace(query.Get("data_value"))}); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(query)) {
		if !strings.HasPrefix(key, "data.") {
			continue
		}
		parts := dataParam.FindStringSubmatch(key)
		if parts == nil {
			return badFilter(p, "instance.bad_data", clip(key, 50))
		}
		values := query[key]
		if err := add(parts[1], parts[2], values[:min(len(values), maxFilterValues)]); err != nil {
			return err
		}
	}
	return nil
}

// some drops empty values.
func some(values []string) []string {
	var list []string
	for _, v := range values[:min(len(values), maxFilterValues)] {
		if v != "" {
			list = append(list, v)
		}
	}
	return list
}

// given drops the values that a form sends for an empty control.
func given(values []string) []string {
	var list []string
	for _, v := range values[:min(len(values), maxFilterValues)] {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	return list
}

func statusNames() string {
	var names []string
	for _, s := range workflow.Statuses() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// narrowing gives the part of an address that makes the list: its filters and
// order, without a place in it.
func narrowing(query url.Values) url.Values {
	kept := url.Values{}
	for key, values := range query {
		known := slices.Contains(filterKeys, key) || strings.HasPrefix(key, "data.")
		if key == failedWith {
			values = some(values)
		} else {
			values = given(values)
		}
		if known && len(values) > 0 {
			kept[key] = values
		}
	}
	if kept.Has("data_path") {
		kept.Set("data_op", query.Get("data_op"))
		kept.Set("data_value", query.Get("data_value"))
	}
	return kept
}

func isFiltered(query url.Values) bool {
	kept := narrowing(query)
	kept.Del("sort")
	return len(kept) > 0
}

func filterView(p views.Page, f engine.InstanceFilter, query url.Values) views.InstanceFilter {
	view := views.InstanceFilter{
		Query: f.Query, CreatedBy: strings.Join(f.CreatedBy, " "), Version: strings.Join(f.Versions, " "), Correlation: strings.Join(f.CorrelationIDs, " "),
		StartedAfter: dayIn(query, "started_after"), StartedBefore: dayIn(query, "started_before"),
		CompletedSince: dayIn(query, "completed_since"), CompletedBefore: dayIn(query, "completed_before"), Oldest: f.Oldest,
		Assignee: strings.Join(f.Assignees, " "), Step: strings.Join(f.Steps, " "), Label: strings.Join(f.Labels, " "),
	}
	kept := narrowing(query)
	for _, key := range []string{"status", "definition", "q", "created_by", "completed_since"} {
		kept.Del(key)
	}
	view.More = len(kept) > 0
	for _, s := range workflow.Statuses() {
		view.Statuses = append(view.Statuses, views.FilterChoice{
			Value: string(s), Label: p.StateWord(string(s)), Chosen: slices.Contains(f.Statuses, s),
		})
	}
	for _, h := range engine.Healths() {
		view.Healths = append(view.Healths, views.FilterChoice{
			Value: string(h), Label: p.T("instance.health." + string(h)), Chosen: slices.Contains(f.Health, h),
		})
	}
	addDataFilters(p, f, query, &view)
	addTimeFilters(p, query, &view)
	addFailureFilters(p, f, query, &view)
	view.More = view.More || len(view.Carried) > 0
	return view
}

// addTimeFilters carries exact times along, for which the form has no control.
func addTimeFilters(p views.Page, query url.Values, view *views.InstanceFilter) {
	for _, key := range []string{"started_after", "started_before", "completed_since", "completed_before"} {
		text := timeIn(query, key)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			carry(p, query, view, views.Hidden{Name: key, Value: text}, p.T("instance."+key)+" "+p.Moment(at).Exact)
		}
	}
}

// addFailureFilters carries along what no control of the form shows.
func addFailureFilters(p views.Page, f engine.InstanceFilter, query url.Values, view *views.InstanceFilter) {
	for _, value := range f.FailedSteps {
		carry(p, query, view, views.Hidden{Name: "failed_step", Value: value}, p.T("instance.failed_step", clip(value, 400)))
	}
	for _, value := range f.FailedWith {
		carry(p, query, view, views.Hidden{Name: failedWith, Value: value}, p.T("instance.failed_with", clip(value, 400)))
	}
}

// carry keeps a filter in the form unseen, says it in words, and leads to the
// list without it.
func carry(p views.Page, query url.Values, view *views.InstanceFilter, one views.Hidden, words string) {
	without := narrowing(query)
	for key, values := range without {
		if key == one.Name || key+"[eq]" == one.Name {
			without[key] = slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == one.Value })
		}
	}
	view.Carried = append(view.Carried, views.CarriedFilter{Hidden: one, Words: words, Without: p.Href("/instances?" + without.Encode())})
}

// addDataFilters shows the first comparison in the form; others are carried
// along.
func addDataFilters(p views.Page, f engine.InstanceFilter, query url.Values, view *views.InstanceFilter) {
	formed := len(f.Data) > 0 && len(f.Data[0].Values) == 1
	for _, op := range engine.DataOps() {
		view.DataOps = append(view.DataOps, views.FilterChoice{Value: string(op), Label: p.T("instance.data_op." + string(op)), Chosen: formed && f.Data[0].Op == op})
	}
	rest := f.Data
	if formed {
		view.DataPath, view.DataValue, rest = f.Data[0].Path, f.Data[0].Values[0], f.Data[1:]
	}
	for _, one := range rest {
		for _, value := range one.Values {
			hidden := views.Hidden{Name: "data." + one.Path + "[" + string(one.Op) + "]", Value: value}
			carry(p, query, view, hidden, one.Path+" "+p.T("instance.data_op."+string(one.Op))+" "+value)
		}
	}
}

// dayIn is the day that a parameter names, "" when it names an exact time.
func dayIn(query url.Values, key string) string {
	text := timeIn(query, key)
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return ""
	}
	return text
}
