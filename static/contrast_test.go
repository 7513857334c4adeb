package static

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestContrast holds the colours of both themes to WCAG 2.2 AA: 4.5 for words,
// 3 for the lines of controls.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			colours := themeColours(t, theme)
			check := func(ink, ground string, least float64) {
				t.Helper()
				if got := contrast(t, colours[ink], colours[ground]); got < least {
					t.Errorf("%s on %s: contrast %.2f, want at least %.1f", ink, ground, got, least)
				}
			}
			for _, ground := range []string{"color-base-100", "color-base-200"} {
				for _, ink := range []string{"color-base-content", "muted", "color-primary"} {
					check(ink, ground, 4.5)
				}
				check("line-strong", ground, 3)
				check("focus", ground, 3)
			}
			for _, name := range []string{"primary", "secondary", "accent", "neutral", "info", "success", "warning", "error"} {
				check("color-"+name+"-content", "color-"+name, 4.5)
			}
			for _, state := range []string{"pending", "running", "waiting", "paused", "completed", "failed", "canceled"} {
				check("state-"+state, "state-"+state+"-soft", 4.5)
				check("state-"+state, "color-base-100", 4.5)
				check("state-"+state, "color-base-200", 4.5)
			}
		})
	}
}

func TestContrast_DarkIsTheSameByChoiceAndByDefault(t *testing.T) {
	t.Parallel()
	css := readFile(t, "css/states.css")
	chosen := block(t, css, `:root\[data-theme="dark"\]`)
	preferred := block(t, css, `:root:not\(\[data-theme="light"\]\)`)
	for name, colour := range variables(chosen) {
		if got := variables(preferred)[name]; got != colour {
			t.Errorf("--%s is %s where dark is preferred, %s where it is chosen", name, got, colour)
		}
	}
}

func themeColours(t *testing.T, theme string) map[string]string {
	t.Helper()
	states, selector := readFile(t, "css/states.css"), ":root "
	if theme == "dark" {
		selector = `:root\[data-theme="dark"\]`
	}
	colours := variables(block(t, states, selector))
	for name, colour := range variables(block(t, readFile(t, "css/app.css"), `@plugin "daisyui/theme" \{\s*name: "`+theme+`";`)) {
		colours[name] = colour
	}
	return colours
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// block returns the first rule of css whose selector matches.
func block(t *testing.T, css, selector string) string {
	t.Helper()
	found := regexp.MustCompile(selector + `[^{}]*(\{[^{}]*)?\}`).FindString(css)
	if found == "" {
		t.Fatalf("no rule for %s", selector)
	}
	return found
}

func variables(rule string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(rule, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// contrast returns the WCAG contrast ratio, from 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) != 7 {
		t.Fatalf("colour %q is not #rrggbb", colour)
	}
	n, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		t.Fatal(fmt.Errorf("colour %q: %w", colour, err))
	}
	channel := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
