package ui

import (
	"io/fs"
	"strings"
	"testing"

	"tandem/definitions"
	"tandem/internal/form"
	"tandem/internal/views"
	"tandem/internal/workflow/edit"
)

// The form of every step that ships can be made, shows what the step says, and
// changes nothing when it comes back as it was; one changed key changes that key.
func TestStepForm_comesBack(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(definitions.FS, "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(definitions.FS, file)
			if err != nil {
				t.Fatal(err)
			}
			o, err := edit.Open(string(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range o.Steps {
				comesBack(t, string(text), o, s)
			}
		})
	}
}

func comesBack(t *testing.T, text string, o *edit.Outline, s *edit.Step) {
	t.Helper()
	p := views.Page{Lang: "de"}
	f, err := newStepForm(p, o, s)
	if err != nil {
		t.Fatalf("%s: %v", s.Path, err)
	}
	values := f.form.Typed(f.stored(), form.DecodeOptions{})
	values.Set("_base", f.base())
	seen := seenStepForm(p, values)
	if seen == nil {
		t.Fatalf("%s: the form does not come back", s.Path)
	}
	if set, errs := seen.submit(p, o, values); set != nil || !errs.Empty() {
		t.Errorf("%s: unchanged gave %v, %v", s.Path, set, errs)
	}
	values.Set("step.title", "Other words")
	set, errs := seen.submit(p, o, values)
	if set == nil || !errs.Empty() || len(set.Keys) != 1 || set.Ways != nil {
		t.Fatalf("%s: a title gave %v, %v", s.Path, set, errs)
	}
	r, err := edit.Apply(text, *set)
	if err != nil {
		t.Fatalf("%s: %v", s.Path, err)
	}
	if changed := strings.Count(r.Text, "Other words"); changed != 1 {
		t.Errorf("%s: the title stands %d times", s.Path, changed)
	}
}

// Every key of a step of the document's schema is in its form, in German too.
func TestStepForm_words(t *testing.T) {
	t.Parallel()
	var texts func(plans []*keyPlan)
	count := 0
	texts = func(plans []*keyPlan) {
		for _, k := range plans {
			count++
			if k.text != "" && (views.Page{Lang: "de"}).SchemaText(k.text) == k.text {
				t.Errorf("%s: not said in German: %s", k.name, k.text)
			}
			texts(k.inner)
		}
	}
	for _, kind := range edit.StepTypes {
		if len(documentSchema().plansOf(kind)) < 13 {
			t.Errorf("a %s step has %d keys", kind, len(documentSchema().plansOf(kind)))
		}
		texts(documentSchema().plansOf(kind))
	}
	texts(documentSchema().waysPlan().inner)
	if count < 100 {
		t.Errorf("saw %d keys", count)
	}
}
