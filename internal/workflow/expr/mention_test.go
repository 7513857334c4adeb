package expr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMentions(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		`steps.a.outcome == "steps.b.outcome"`:               {"steps a outcome"},
		`steps["a"].?output.orValue(steps.?b[?'c'].x)`:       {"steps a output orValue", "steps b c x"},
		`data.steps.a + my_steps.a + steps`:                  nil,
		"steps . a // steps.b\n|| r'\\' + hooks.c.url":       {"steps a", "hooks c url"},
		`steps.g.steps.x.status`:                             {"steps g steps x status"},
		`text {{ steps.a }} steps.b {{ "}}" + steps.c }} {{`: {"steps a", "steps c"},
		`steps[x].y + steps["a b"].c`:                        nil,
		`"open steps.a`:                                      nil,
	} {
		var got []string
		for _, m := range Mentions(source, strings.Contains(source, "{{")) {
			words := []string{m.Root}
			for _, n := range m.Names {
				if source[n.From:n.To] != n.Text {
					t.Errorf("%s: %q is at %d to %d", source, n.Text, n.From, n.To)
				}
				words = append(words, n.Text)
			}
			got = append(got, strings.Join(words, " "))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
}
