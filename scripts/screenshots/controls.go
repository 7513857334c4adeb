package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"

	"tandem"
	"tandem/internal/e2e/browser"
)

// controlsTarget is where the pictures of single controls go, and where their
// form lies.
const controlsTarget = "docs/forms"

// controls photographs each control of the form in docs/forms.
func (h *house) controls(ctx context.Context, chromium *browser.Browser) error {
	text, err := os.ReadFile(filepath.Join(controlsTarget, "controls.json"))
	if err != nil {
		return err
	}
	var doc struct{ Schema, UI json.RawMessage }
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	source := fmt.Sprintf(`{"format": 1, "name": "controls", "version": "1.0.0", "title": "Controls", "steps": [
		{"name": "fill", "type": "human", "title": "Fill in the controls", "anyone": true, "form": {"schema": %s, "ui": %s}}]}`, doc.Schema, doc.UI)
	if _, err := h.app.Apply(ctx, []byte(source)); err != nil {
		return err
	}
	tab, err := chromium.Open()
	if err != nil {
		return err
	}
	if _, err := tab.Go(browser.Visit(h.url + "/login")); err != nil {
		return err
	}
	if _, err := tab.Go(browser.Fill("Login name", "otto"), browser.Fill("Password", tandem.DemoPassword), browser.Press("Sign in")); err != nil {
		return err
	}
	if _, err := tab.Go(browser.Visit(h.url + "/definitions/controls/start")); err != nil {
		return err
	}
	if _, err := tab.Go(browser.Press("Start")); err != nil {
		return err
	}
	if _, err := tab.Go(browser.Visit(h.url + "/tasks?view=unassigned")); err != nil {
		return err
	}
	return h.crop(tab)
}

// crop cuts the controls out of one tall picture of the form.
func (h *house) crop(tab *browser.Tab) error {
	if err := tab.Do(browser.Prefer("light"), browser.Size(1000, 5200)); err != nil {
		return err
	}
	if _, err := tab.Go(browser.Follow("Fill")); err != nil {
		return err
	}
	if err := tab.Until(rested); err != nil {
		return err
	}
	places, err := browser.Eval[string](tab, `JSON.stringify([...document.querySelectorAll("[data-form] form > .field")].map((e) => {
		const r = e.getBoundingClientRect();
		const control = e.querySelector("[name]:not([type=hidden]):not(button)") ?? e.querySelector("[name]");
		return {name: (control?.name ?? e.querySelector(".field-label").id).replace(/^f-|^_file:|[.[~].*$/g, ""), x: r.x, y: r.y, w: r.width, h: r.height};
	}))`)
	if err != nil {
		return err
	}
	var boxes []struct {
		Name       string
		X, Y, W, H float64
	}
	if err := json.Unmarshal([]byte(places), &boxes); err != nil {
		return err
	}
	shot, err := tab.Photograph()
	if err != nil {
		return err
	}
	whole, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return err
	}
	for _, b := range boxes {
		const margin = 12
		at := image.Rect(int(b.X)-margin, int(b.Y)-margin, int(b.X+b.W)+margin, int(b.Y+b.H)+margin).Intersect(whole.Bounds())
		part := image.NewRGBA(image.Rect(0, 0, at.Dx(), at.Dy()))
		draw.Draw(part, part.Bounds(), whole, at.Min, draw.Src)
		if b.Name == "" || at.Empty() {
			continue
		}
		if err := writeImage(filepath.Join(controlsTarget, b.Name+".png"), part); err != nil {
			return err
		}
	}
	return nil
}
