package ui

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"tandem/internal/form"
	"tandem/internal/trial"
	"tandem/internal/views"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// trialRoutes run workflows on trial: stored versions, and texts that are not
// saved. A run is carried by its page: what started it and the moves that were
// made. Each request plays them again, so that nothing is held between two.
func (u *UI) trialRoutes() []Route {
	const path = "/definitions/{name}/try"
	return []Route{
		{Method: http.MethodPost, Pattern: "/definitions/try", Guard: guard.Authors, Handle: u.tryTyped},
		{Method: http.MethodGet, Pattern: path, Guard: guard.Authors, Handle: u.showTrial},
		{Method: http.MethodPost, Pattern: path, Guard: guard.Authors, Handle: u.tryStored},
	}
}

// Limits of test runs.
const (
	maxTrialState = 512 << 10       // bytes of what makes a run
	trialTime     = 5 * time.Second // that playing one takes
	trialsAtOnce  = 4               // of all people together
	maxFinish     = 100             // moves that go without saying at once
	maxTrialWaits = 50              // things that are listed
)

// trialDesk lets few runs be played at once, of one person one.
type trialDesk struct {
	mu   sync.Mutex
	busy map[string]bool
}

// sit takes a place; leave gives it back. ok is false when there is none.
func (d *trialDesk) sit(who string) (leave func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[who] || len(d.busy) >= trialsAtOnce {
		return nil, false
	}
	if d.busy == nil {
		d.busy = map[string]bool{}
	}
	d.busy[who] = true
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.busy, who)
	}, true
}

// trialState is what makes a run.
type trialState struct {
	Start *trial.Start `json:"start,omitempty"`
	Moves []trial.Move `json:"moves,omitempty"`
}

// trying is a request about a run.
type trying struct {
	u      *UI
	r      *http.Request
	p      views.Page
	def    *workflow.Definition
	view   views.TrialView
	values url.Values // of the fields of its forms
	state  trialState
	run    *trial.Run // nil before it has begun
	chosen trial.Place

	startForm form.State // of the start form
	cardForm  form.State // of the card's
	typed     bool       // cardForm is what was typed
	failed    bool       // something was refused
	note      string
}

func (u *UI) showTrial(w http.ResponseWriter, r *http.Request) error {
	t, err := u.stored(r, url.Values{}, r.URL.Query().Get("version"))
	if err != nil {
		return err
	}
	return t.show(w)
}

func (u *UI) tryStored(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	t, err := u.stored(r, values, values.Get("_version"))
	if err != nil {
		return u.failKeeping(w, r, values, err)
	}
	return t.play(w)
}

// stored is a request about a version that is stored.
func (u *UI) stored(r *http.Request, values url.Values, version string) (*trying, error) {
	name, err := pathValue(r, "name")
	if err != nil {
		return nil, err
	}
	def, _, err := u.readVersion(r, name, version)
	if err != nil {
		return nil, err
	}
	path := definitionPath(name) + "/try"
	t := u.trying(r, values, def, path)
	t.view.Href = t.p.Href(definitionPath(name) + "?version=" + url.QueryEscape(def.Version))
	t.p.Current = path + "?version=" + url.QueryEscape(def.Version)
	return t, nil
}

// tryTyped runs what is typed in the editor. The editor sends it as it sends it
// for checking; the run's own page under a name that no field of a form has.
func (u *UI) tryTyped(w http.ResponseWriter, r *http.Request) error {
	values, err := postedForm(r)
	if err != nil {
		return err
	}
	base, source := values.Get("_base"), strings.ReplaceAll(values.Get("_source"), "\r\n", "\n")
	if !values.Has("_source") {
		base, source = values.Get("base"), sourceIn(values)
		values = url.Values{}
	}
	def, _, err := u.Engine.Parse([]byte(source))
	if err != nil {
		return u.cannotTry(w, r, base, source, err)
	}
	t := u.trying(r, values, def, "/definitions/try")
	t.view.Source, t.view.Base, t.view.Back, t.p.Current = source, base, t.p.Href("/definitions/new"), "/definitions/new"
	if base != "" {
		t.view.Back, t.p.Current = t.p.Href(definitionPath(def.Name)+"/edit"), definitionPath(def.Name)+"/edit"
		t.view.Href = t.p.Href(definitionPath(def.Name))
	}
	t.view.Carried = append(t.view.Carried, views.Hidden{Name: "_base", Value: base})
	return t.play(w)
}

// cannotTry shows the editor with the errors of a text.
func (u *UI) cannotTry(w http.ResponseWriter, r *http.Request, base, source string, cause error) error {
	problem := respond.ProblemOf(cause, r.URL.Path)
	if problem.Status >= http.StatusInternalServerError {
		return cause
	}
	p, view, _ := u.editor(r, "", source, nil)
	view.Check.Quiet, view.Base, p.Problem = false, base, true
	p.Notice = &views.Notice{Kind: views.NoticeFailed, Text: p.T("trial.broken")}
	return render(w, r, http.StatusUnprocessableEntity, views.EditorPage(p, view))
}

func (u *UI) trying(r *http.Request, values url.Values, def *workflow.Definition, path string) *trying {
	p := u.failurePage(r) // as it stands for a fragment: the inbox is not counted
	if !isFragment(r) {
		p = u.page(r, "", views.NavDefinitions)
	}
	p.Title = p.T("trial.of", def.Title, def.Version)
	p.FormAct = p.Href(path)
	t := &trying{u: u, r: r, p: p, def: def, values: url.Values{}}
	for name, list := range values {
		if name != "_source" && name != "_state" { // a form takes less than both together
			t.values[name] = list
		}
	}
	t.view = views.TrialView{Title: def.Title, Heading: p.Title, Version: def.Version, Action: p.FormAct, Asked: len(values) > 0}
	t.view.Carried = []views.Hidden{{Name: "_version", Value: def.Version}}
	if text := values.Get("_state"); text != "" && len(text) <= maxTrialState {
		if err := json.Unmarshal([]byte(text), &t.state); err != nil {
			t.state = trialState{}
			t.refuse(p.T("trial.gone"))
		}
	}
	return t
}

// refuse says why something was not done.
func (t *trying) refuse(sentences ...string) {
	t.failed = true
	for _, s := range sentences {
		t.view.Problems.Items = append(t.view.Problems.Items, views.ProblemItem{Text: s})
	}
}

// refuseFor says why the engine would not do it.
func (t *trying) refuseFor(err error) {
	var e *workflow.Error
	if !errors.As(err, &e) {
		t.refuse(err.Error())
		return
	}
	sentences := []string{}
	for _, f := range e.Fields {
		sentences = append(sentences, strings.TrimSpace(strings.TrimPrefix(f.Pointer, "/")+" "+f.Message))
	}
	if len(sentences) == 0 {
		sentences = []string{t.p.Refusal(e.Code, e.Message)}
	}
	t.refuse(sentences...)
}

func (t *trying) options() trial.Options {
	until := time.Now().Add(trialTime)
	return trial.Options{Plain: t.u.Engine.Plain, Enough: func() bool { return time.Now().After(until) }}
}

// play plays the run again, makes the move that is asked for, and shows it.
func (t *trying) play(w http.ResponseWriter) error {
	leave, ok := t.u.trials.sit(actor(t.r).Tenant + "/" + actor(t.r).ID)
	if !ok {
		return workflow.Errorf(workflow.KindTooMany, "trial_busy", "%s", t.p.T("trial.busy"))
	}
	defer leave()
	do, detail, _ := strings.Cut(t.values.Get("_do"), ":")
	switch {
	case do == "again":
		t.again()
	case do == "back" && len(t.state.Moves) == 0:
		t.again()
	case do == "back":
		t.state.Moves = t.state.Moves[:len(t.state.Moves)-1]
	case do == "to":
		if n, err := strconv.Atoi(detail); err == nil && n >= 0 && n < len(t.state.Moves) {
			t.state.Moves = t.state.Moves[:n]
		}
	}
	if t.state.Start == nil {
		t.begin(do)
		return t.show(w)
	}
	run, err := trial.Play(t.def, *t.state.Start, t.state.Moves, t.options())
	if run == nil || err != nil {
		t.lost(err)
		return t.show(w)
	}
	t.run = run
	t.move(do, detail)
	return t.show(w)
}

// lost begins anew because the moves cannot be played.
func (t *trying) lost(err error) {
	if errors.Is(err, trial.ErrTooLong) {
		t.refuseFor(trial.ErrTooLong)
	} else {
		t.refuse(t.p.T("trial.gone"))
	}
	t.again()
}

// again goes back to the start form, with what was typed there.
func (t *trying) again() {
	if s := t.state.Start; s != nil {
		t.view.Start.As, t.view.Start.Key = s.As, s.Key
		t.startForm.Stored = decoded(s.Input)
	}
	t.state = trialState{}
}

// begin starts the run with what the start form says.
func (t *trying) begin(do string) {
	t.view.Start.As = cmp.Or(strings.TrimSpace(t.values.Get("_starter")), t.view.Start.As)
	t.view.Start.Key = cmp.Or(strings.TrimSpace(t.values.Get("_key")), t.view.Start.Key)
	f := t.def.StartForm()
	switch {
	case t.values.Get("_op") != "":
		t.fakeFiles(f)
		t.startForm = acted(t.r, f, t.values, t.decoding())
		return
	case do != "start":
		return
	}
	t.fakeFiles(f)
	value, errs := f.Submit(t.values, t.decoding(), form.Full)
	if !errs.Empty() {
		t.failed = true
		t.startForm = form.State{Values: t.values, Errors: errs}
		return
	}
	input, err := json.Marshal(value)
	if err != nil {
		t.refuse(err.Error())
		return
	}
	start := trial.Start{As: cmp.Or(t.view.Start.As, actor(t.r).ID), Input: input, Key: t.view.Start.Key, At: t.u.Now()}
	run, err := trial.New(t.def, start, t.options())
	if err != nil {
		t.startForm.Values = t.values
		t.refuseFor(err)
		return
	}
	t.state.Start, t.run = &start, run
}

func (t *trying) decoding() form.DecodeOptions { return form.DecodeOptions{Zone: t.p.Zone} }

// fakeFiles names the files that came with the form as if they were stored.
func (t *trying) fakeFiles(f *form.Form) {
	if t.r.MultipartForm == nil {
		return
	}
	for part, files := range t.r.MultipartForm.File {
		name, ok := strings.CutPrefix(part, form.FilePrefix)
		if ok && len(files) == 1 && f.Knows(name) && files[0].Filename != "" {
			a := form.Attachment{ID: "0", Name: files[0].Filename, Type: cmp.Or(files[0].Header.Get("Content-Type"), "application/octet-stream"), Size: files[0].Size}
			t.values.Set(name, a.Ref())
		}
	}
}
