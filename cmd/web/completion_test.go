package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestCompletion presses Tab in bash and in zsh, each on a terminal of its own,
// with the script sourced, and in zsh as a file of fpath too.
func TestCompletion(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	// What is typed, and what stands there after Tab.
	typed := [][2]string{
		{"sta", "start"}, {"co", "complet"}, {"token cr", "token create"}, {"start asking --wa", "start asking --wait"},
		{"--log info events --af", "--log info events --after"}, {"cancel x --rea", "cancel x --reason"},
	}
	for _, way := range []struct{ shell, how, file string }{{"bash", "source", "tandem.bash"}, {"zsh", "source", "tandem.zsh"}, {"zsh", "fpath", "_tandem"}} {
		t.Run(way.shell+"_"+way.how, func(t *testing.T) {
			script := p.run("completion", way.shell)
			script.want(t, 0, "_tandem")
			if _, err := exec.LookPath(way.shell); err != nil {
				t.Fatalf("%s is missing: run make deps-test", way.shell)
			}
			var lines []string
			for _, one := range typed {
				lines = append(lines, one[0])
			}
			cmd := exec.CommandContext(t.Context(), "python3", "testdata/tab.py", way.shell, way.how, p.file(way.file, script.out))
			cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
			out, err := cmd.CombinedOutput()
			got := strings.Split(strings.TrimSpace(string(out)), "\n")
			if err != nil || len(got) != len(typed) {
				t.Fatalf("%v\n%s", err, out)
			}
			for i, one := range typed {
				if want := "tandem " + one[1]; got[i] != want {
					t.Errorf("%q and Tab: %q, want %q", one[0], got[i], want)
				}
			}
		})
	}
	fish := p.run("completion", "fish")
	fish.want(t, 0, "-a start", "-l wait")
	line := regexp.MustCompile(`^(#.*|complete -c tandem( -f)?( -n '[^']*')?( -a [a-z-]+| -l [a-z0-9-]+)?( -d '([^'\\]|\\')*')?)$`)
	for _, l := range strings.Split(strings.TrimSpace(fish.out), "\n") {
		if !line.MatchString(l) {
			t.Errorf("no line of fish: %s", l)
		}
	}
	p.run("completion", "csh").want(t, 2, "bash")
}
