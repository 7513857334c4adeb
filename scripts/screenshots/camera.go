package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tandem"
	"tandem/internal/e2e/browser"
)

// shot is a page to photograph.
type shot struct {
	name string
	who  string // "" for nobody
	path string
	// press is a CSS selector of what is clicked first; what holds seen then
	// comes to the top.
	press, seen string
}

func (l life) shots() []shot {
	return []shot{
		{name: "login", who: "", path: "/login"},
		{name: "dashboard", who: "olga", path: "/"},
		{name: "inbox", who: "finn", path: "/tasks?view=groups"},
		{name: "task", who: "finn", path: l.task},
		{name: "start", who: "otto", path: "/definitions/expense_approval/start"},
		{name: "definitions", who: "otto", path: "/definitions"},
		{name: "definition", who: "otto", path: "/definitions/expense_approval"},
		{name: "instances", who: "olga", path: "/instances"},
		{name: "instance", who: "olga", path: l.waiting},
		{name: "instance-failed", who: "olga", path: l.failed},
		{name: "instance-timeline", who: "olga", path: l.waiting + "/timeline"},
		{name: "instance-history", who: "olga", path: l.waiting + "/history"},
		{name: "instance-retry", who: "olga", path: l.failed + "/retry"},
		{name: "instance-data", who: "olga", path: l.failed + "/data"},
		{name: "instance-migrate", who: "olga", path: l.failed + "/migrate"},
		{name: "instance-paused", who: "olga", path: l.paused},
		{name: "instance-canceled", who: "olga", path: l.canceled},
		{name: "instance-completed", who: "olga", path: l.completed},
		{name: "operations", who: "olga", path: "/operations"},
		{name: "operation", who: "olga", path: l.operation},
		{name: "tasks-open", who: "olga", path: "/tasks/open"},
		{name: "tasks-reassign", who: "olga", path: "/tasks/reassign?_task=" + strings.TrimPrefix(l.task, "/tasks/")},
		{name: "bulk", who: "olga", path: "/instances/bulk?action=pause&which=all&definition=expense_approval"},
		{name: "replay", who: "olga", path: l.moment},
		{name: "start-list", who: "otto", path: "/start"},
		{name: "editor", who: "arno", path: "/definitions/leave_request/edit"},
		{name: "builder", who: "arno", path: "/definitions/leave_request/edit", press: ".builder-step[value=approve]", seen: "[data-builder-chosen]"},
		{name: "diff", who: "arno", path: "/definitions/leave_request/diff?from=1.0.0&to=1.1.0"},
		{name: "try", who: "arno", path: "/definitions/leave_request/try"},
		{name: "move", who: "olga", path: "/definitions/leave_request/migrate?from=1.0.0&to=1.1.0"},
		{name: "find", who: "olga", path: "/find?q=desk"},
		{name: "keys", who: "otto", path: "/keys"},
		{name: "docs", who: "olga", path: "/docs"},
		{name: "system", who: "ada", path: "/admin/system"},
		{name: "roles", who: "ada", path: "/admin/roles"},
		{name: "tenants", who: "ada", path: "/admin/tenants"},
		{name: "secrets", who: "ada", path: "/admin/secrets"},
		{name: "webhooks", who: "ada", path: "/admin/webhooks"},
		{name: "people", who: "ada", path: "/admin/users"},
		{name: "person", who: "ada", path: "/admin/users/otto"},
		{name: "groups", who: "ada", path: "/admin/groups"},
		{name: "group", who: "ada", path: "/admin/groups/finance"},
		{name: "tokens", who: "ada", path: "/admin/tokens"},
		{name: "profile", who: "otto", path: "/profile"},
		{name: "audit", who: "ada", path: "/admin/audit"},
	}
}

// looks are the ways in which each page is photographed.
var looks = []struct {
	name, theme   string
	width, height int64
}{
	{"light", "light", 1280, 800},
	{"dark", "dark", 1280, 800},
	{"phone", "light", 390, 844},
}

// rested is JavaScript that holds once graphs are drawn and streams answer.
const rested = `document.readyState === "complete"
	&& document.querySelectorAll("[data-graph]:not([data-graph-drawn])").length === 0
	&& (!document.querySelector("[data-live-topic]") || document.querySelector("[data-live]").dataset.live === "on")
	&& document.getAnimations().every((a) => a.playState !== "running")`

// photograph takes all pictures of a page.
func (h *house) photograph(chromium *browser.Browser, s shot) error {
	tab, err := chromium.Open()
	if err != nil {
		return err
	}
	if s.who != "" {
		if _, err := tab.Go(browser.Visit(h.url + "/login")); err != nil {
			return err
		}
		if _, err := tab.Go(browser.Fill("Login name", s.who), browser.Fill("Password", tandem.DemoPassword), browser.Press("Sign in")); err != nil {
			return err
		}
	}
	for _, look := range looks {
		if err := tab.Do(browser.Prefer(look.theme), browser.Size(look.width, look.height)); err != nil {
			return err
		}
		if status, err := tab.Go(browser.Visit(h.url + s.path)); err != nil || status != http.StatusOK {
			return cmp.Or(err, fmt.Errorf("%s answers %d", s.path, status))
		}
		if err := tab.Until(rested); err != nil {
			return err
		}
		if s.press != "" {
			if err := tab.Until(fmt.Sprintf(`(document.querySelector(%q).click(), true)`, s.press)); err != nil {
				return err
			}
			if err := tab.Until(fmt.Sprintf(`document.querySelector(%[1]q) && (document.querySelector(%[1]q).scrollIntoView(), true) && %[2]s`, s.seen, rested)); err != nil {
				return err
			}
		}
		picture, err := tab.Photograph()
		if err != nil {
			return err
		}
		file := filepath.Join(target, fmt.Sprintf("%s-%s.png", s.name, look.name))
		if err := save(file, picture); err != nil {
			return err
		}
	}
	return nil
}

// save writes a picture with 256 colours, which a page hardly exceeds.
func save(file string, picture []byte) error {
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return writeImage(file, img)
}

func writeImage(file string, img image.Image) error {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, reduce(img)); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// Of the colours of a picture, this many are the most frequent ones; the others
// are those that differ most from all, such as that of a small mark.
const (
	colours  = 256
	frequent = 160
)

// reduce keeps 256 of an image's colours and gives every other pixel the nearest
// of them.
func reduce(img image.Image) *image.Paletted {
	bounds := img.Bounds()
	count := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[rgba(img.At(x, y))]++
		}
	}
	palette := choose(count)
	nearest := map[color.RGBA]uint8{}
	for c := range count {
		nearest[c] = uint8(palette.Index(c))
	}
	reduced := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			reduced.SetColorIndex(x, y, nearest[rgba(img.At(x, y))])
		}
	}
	return reduced
}

// choose chooses the palette of a picture by how often it has each colour.
func choose(count map[color.RGBA]int) color.Palette {
	all := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range all[:min(frequent, len(all))] {
		palette = append(palette, c)
	}
	rest := all[len(palette):]
	for len(palette) < min(colours, len(all)) {
		farthest := slices.MaxFunc(rest, func(a, b color.RGBA) int {
			return cmp.Compare(distance(palette, a), distance(palette, b))
		})
		palette = append(palette, farthest)
	}
	return palette
}

// distance is how far a colour is from the nearest of a palette, squared.
func distance(palette color.Palette, c color.RGBA) int {
	near := rgba(palette[palette.Index(c)])
	r, g, b := int(c.R)-int(near.R), int(c.G)-int(near.G), int(c.B)-int(near.B)
	return r*r + g*g + b*b
}

func rgba(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }
