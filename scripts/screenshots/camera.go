package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"tandem"
	"tandem/internal/e2e/browser"
)

// shot is a page to photograph.
type shot struct {
	name string
	who  string // "" for nobody
	path string
}

func (l life) shots() []shot {
	return []shot{
		{"login", "", "/login"},
		{"dashboard", "olga", "/"},
		{"inbox", "finn", "/tasks?view=groups"},
		{"task", "finn", l.task},
		{"start", "otto", "/definitions/expense_approval/start"},
		{"definitions", "otto", "/definitions"},
		{"definition", "otto", "/definitions/expense_approval"},
		{"instances", "olga", "/instances"},
		{"instance", "olga", l.waiting},
		{"instance-failed", "olga", l.failed},
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
	&& (!document.querySelector("[data-live-stream]") || document.querySelector("[data-live]").dataset.live === "on")
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
		if _, err := tab.Go(browser.Visit(h.url + s.path)); err != nil {
			return err
		}
		if err := tab.Until(rested); err != nil {
			return err
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
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, reduce(img)); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// reduce keeps an image's 256 most frequent colours and gives every other pixel
// the nearest of them.
func reduce(img image.Image) *image.Paletted {
	bounds := img.Bounds()
	count := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[rgba(img.At(x, y))]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range frequent[:min(256, len(frequent))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for _, c := range frequent {
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

func rgba(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }
