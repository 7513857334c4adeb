package workflow

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/workflow/expr"
)

// settingOf compiles the value of `due` as the parser does.
func settingOf(t *testing.T, source string) *Setting {
	t.Helper()
	env, err := expr.NewEnv(expr.Options{Vars: []string{"data"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := env.Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	return &Setting{Program: p, Text: "{{ " + source + " }}"}
}

func TestSetting(t *testing.T) {
	t.Parallel()
	vars := expr.Map{"data": map[string]any{
		"who": "ana", "all": []any{"a", "", "b"}, "n": json.Number("3"), "nobody": nil,
		"wait": "2h", "at": "2030-01-31T09:00:00Z", "object": map[string]any{},
	}}
	at := time.Date(2030, 1, 31, 9, 0, 0, 0, time.UTC)
	var absent *Setting
	for name, c := range map[string]struct {
		eval func(*Setting) (any, error)
		s    *Setting
		want any
	}{
		"text":            {func(s *Setting) (any, error) { return s.String(vars) }, settingOf(t, "data.who"), "ana"},
		"literal text":    {func(s *Setting) (any, error) { return s.String(vars) }, &Setting{Literal: "x"}, "x"},
		"absent text":     {func(s *Setting) (any, error) { return s.String(vars) }, absent, ""},
		"list":            {func(s *Setting) (any, error) { return s.Strings(vars) }, settingOf(t, "data.all"), []string{"a", "b"}},
		"list of one":     {func(s *Setting) (any, error) { return s.Strings(vars) }, settingOf(t, "data.who"), []string{"ana"}},
		"list of none":    {func(s *Setting) (any, error) { return s.Strings(vars) }, settingOf(t, "data.nobody"), []string(nil)},
		"duration":        {func(s *Setting) (any, error) { return s.Span(vars) }, settingOf(t, "data.wait"), Span{Duration: 2 * time.Hour}},
		"absent duration": {func(s *Setting) (any, error) { return s.Span(vars) }, absent, Span{}},
		"time":            {func(s *Setting) (any, error) { return s.Time(vars) }, settingOf(t, "data.at"), at},
		"number":          {func(s *Setting) (any, error) { return s.Int(vars) }, settingOf(t, "data.n + 1"), 4},
		"absent number":   {func(s *Setting) (any, error) { return s.Int(vars) }, absent, 0},
	} {
		got, err := c.eval(c.s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSetting_wrong(t *testing.T) {
	t.Parallel()
	vars := expr.Map{"data": map[string]any{"object": map[string]any{}, "n": json.Number("1.5"), "soon": "soon"}}
	object, soon := settingOf(t, "data.object"), settingOf(t, "data.soon")
	for want, eval := range map[string]func() error{
		`{{ data.object }} must give a text, but it gave {}.`:                                    func() error { _, err := object.String(vars); return err },
		`{{ data.object }} must give a text or a list of texts, but it gave {}.`:                 func() error { _, err := object.Strings(vars); return err },
		`{{ data.object }} must give a duration such as 90s, but it gave {}.`:                    func() error { _, err := object.Span(vars); return err },
		`{{ data.object }} must give a time such as 2030-01-31T09:00:00Z, but it gave {}.`:       func() error { _, err := object.Time(vars); return err },
		`{{ data.n }} must give a whole number, but it gave 1.5.`:                                func() error { _, err := settingOf(t, "data.n").Int(vars); return err },
		`"soon" is not a duration. Write it like 90s, 15m, 1h30m, 2d, 1w, 2 workdays or P1DT2H.`: func() error { _, err := soon.Span(vars); return err },
		`"soon" is not a point in time. Write it like 2030-01-31T09:00:00Z.`:                     func() error { _, err := soon.Time(vars); return err },
	} {
		if err := eval(); err == nil || err.Error() != want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
