package compare

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// lines writes rows as a unified difference does.
func lines(l Lines) string {
	var b strings.Builder
	signs := map[Kind]string{Same: " ", Added: "+", Removed: "-"}
	for _, row := range l.Rows {
		if row.Folded > 0 {
			fmt.Fprintf(&b, "@%d,%d %d\n", row.Before, row.After, row.Folded)
			continue
		}
		fmt.Fprintf(&b, "%s%d,%d %s\n", signs[row.Kind], row.Before, row.After, row.Text)
	}
	return b.String()
}

func TestTexts(t *testing.T) {
	t.Parallel()
	before := "a\nb\nc\nd\ne\nf\ng\nh\n"
	tests := map[string]struct {
		before, after string
		context       int
		want          string
	}{
		"the same":        {before, before, 1, "@1,1 8\n"},
		"both empty":      {"", "", 1, ""},
		"line ends":       {"a\r\nb", "a\nb\n", 0, "@1,1 2\n"},
		"one line":        {before, strings.Replace(before, "d", "D", 1), 1, "@1,1 2\n 3,3 c\n-4,0 d\n+0,4 D\n 5,5 e\n@6,6 3\n"},
		"nothing folded":  {"a\nb\n", "a\n", -1, " 1,1 a\n-2,0 b\n"},
		"one is no fold":  {"a\nb\nc\nd", "a\nb\nc\nD", 2, " 1,1 a\n 2,2 b\n 3,3 c\n-4,0 d\n+0,4 D\n"},
		"from nothing":    {"", "a\nb", 3, "+0,1 a\n+0,2 b\n"},
		"ends in between": {"a\nx\nb", "x", 0, "-1,0 a\n 2,1 x\n-3,0 b\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, lines(Texts(test.before, test.after, test.context))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the texts, the rows hold all of both.
func TestTexts_loseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "ü"}), 0, 30)
		a, b := text.Draw(t, "before"), text.Draw(t, "after")
		var was, is []string
		l := Texts(strings.Join(a, "\n")+"\n", strings.Join(b, "\n")+"\n", -1)
		for _, row := range l.Rows {
			if row.Kind != Added {
				was = append(was, row.Text)
			}
			if row.Kind != Removed {
				is = append(is, row.Text)
			}
		}
		if got, want := strings.Join(was, "|"), strings.Join(split(strings.Join(a, "\n")+"\n"), "|"); got != want {
			t.Fatalf("the earlier text became %q, want %q", got, want)
		}
		if got, want := strings.Join(is, "|"), strings.Join(split(strings.Join(b, "\n")+"\n"), "|"); got != want {
			t.Fatalf("the later text became %q, want %q", got, want)
		}
	})
}

// Long texts that have nothing in common take no longer than patience, and only
// a part is given; more different lines than there are characters below the
// surrogates stay apart.
func TestTexts_long(t *testing.T) {
	t.Parallel()
	text := func(word string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s %d\n", word, i)
		}
		return b.String()
	}
	begin := time.Now()
	l := Texts(text("a", 60_000), text("b", 40_000), 3)
	if took := time.Since(begin); took > 20*patience {
		t.Errorf("took %v", took)
	}
	if l.Added != 40_000 || l.Removed != 60_000 || len(l.Rows) != MaxLines || l.More != 100_000-MaxLines {
		t.Errorf("%d added, %d removed, %d rows, %d more", l.Added, l.Removed, len(l.Rows), l.More)
	}
	same := text("a", 60_000)
	l = Texts(same, same+"one more\n", 0)
	if want := "@1,1 60000\n+0,60001 one more\n"; lines(l) != want {
		t.Errorf("got %q, want %q", lines(l), want)
	}
}

const document = `
name: order
version: 1.0.0
title: Order
steps:
  - {name: check, type: machine, action: noop, retry: {max_attempts: 3, initial: 1s}}
  - name: ask
    type: group
    mode: conditional
    condition: data.kind
    branches:
      big: {type: human, assignee: mia, form: {schema: {type: object, required: [a, b]}}}
      small: {name: tiny, type: machine, action: noop}
  - {name: gone, type: machine, action: noop}
edges: [{source: check, target: ask}]
`

func TestDocuments(t *testing.T) {
	t.Parallel()
	after := strings.NewReplacer(
		"version: 1.0.0", "version: 2.0.0 # the number is no change",
		"title: Order", "title: An order\nlabels: [shop]",
		"retry: {max_attempts: 3, initial: 1s}", "retry: {initial: 1s, max_attempts: 5}, timeout: 1m",
		"required: [a, b]", "required: [a]",
		"{name: gone, ", "{name: come, ",
	).Replace(document)
	got, err := Documents([]byte(document), []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	want := Document{
		Settings: []Change{{Key: "labels", After: `["shop"]`}, {Key: "title", Before: `"Order"`, After: `"An order"`}},
		Steps: []Step{
			{Name: "check", Kind: Changed, Changes: []Change{{Key: "retry.max_attempts", Before: "3", After: "5"}, {Key: "timeout", After: `"1m"`}}},
			{Name: "ask", Kind: Same},
			{Name: "ask.big", Kind: Changed, Changes: []Change{{Key: "form.schema.required", Before: `["a","b"]`, After: `["a"]`}}},
			{Name: "ask.tiny", Kind: Same},
			{Name: "come", Kind: Added},
			{Name: "gone", Kind: Removed},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what changed (-want +got):\n%s", diff)
	}
	for _, broken := range []string{"", "a: [", strings.Repeat("a", 1<<20+1)} {
		if _, err := Documents([]byte(document), []byte(broken)); err == nil {
			t.Errorf("%.10q is compared", broken)
		}
	}
}
