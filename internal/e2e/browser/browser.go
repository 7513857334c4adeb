// Package browser drives Chromium for tests and for photographs of pages.
//
// It owns how a browser is started and how its pages are read and used, by
// labels and names as people read them. It may import chromedp; it knows
// nothing of Tandem.
package browser

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience bounds each thing that is asked of a page.
const patience = 20 * time.Second

// Browser is a running Chromium.
type Browser struct{ ctx context.Context }

// Start starts a Chromium that keeps its profile in dir and ends with ctx.
func Start(ctx context.Context, dir string) (*Browser, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(dir),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en"))
	allocator, _ := chromedp.NewExecAllocator(ctx, options...) // ends with ctx
	first, _ := chromedp.NewContext(allocator)                 // ends with ctx
	if err := chromedp.Do(first); err != nil {
		return nil, fmt.Errorf("start Chromium (make deps-test installs it): %w", err)
	}
	return &Browser{first}, nil
}

// Close ends the browser and waits for it.
func (b *Browser) Close() error { return chromedp.Cancel(b.ctx) }

// Open opens a tab with cookies of its own, as another person's browser has.
func (b *Browser) Open() (*Tab, error) {
	ctx, _ := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext()) // ends with the browser
	t := &Tab{ctx: ctx}
	if err := chromedp.Listen(ctx, t.hear); err != nil {
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	return t, nil
}

// Beside opens another tab of the same person: it has the same cookies.
func (t *Tab) Beside() (*Tab, error) {
	ctx, _ := chromedp.NewContext(t.ctx) // ends with the browser
	other := &Tab{ctx: ctx}
	if err := chromedp.Listen(ctx, other.hear); err != nil {
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	return other, nil
}

// Close closes a tab; of one that Open opened, those beside it and the cookies,
// too.
func (t *Tab) Close() error { return chromedp.Cancel(t.ctx) }

// Action is something to do on a page.
type Action = chromedp.Action[chromedp.Void]

// Do does things that do not leave the page.
func (t *Tab) Do(actions ...Action) error {
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	return chromedp.Do(ctx, actions...)
}

// Go does things that lead to another page, waits for that and returns its
// status.
func (t *Tab) Go(actions ...Action) (status int, err error) {
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	r, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		return 0, err
	}
	return int(r.Status), nil
}

// Visit goes to an address.
func Visit(url string) Action { return chromedp.Navigate(url) }

// Fill types a value into the empty control of a label that begins so.
func Fill(label, value string) Action { return chromedp.SendKeys(control(label), value) }

// Choose chooses the option of a select whose label begins so.
func Choose(label, option string) Action {
	// Typed letters choose, like for people.
	return chromedp.SendKeys(control(label), option)
}

// control is the XPath of the control of a label.
func control(label string) string {
	return fmt.Sprintf(`//*[@id=//label[starts-with(normalize-space(.), %q)]/@for]`, label)
}

// Press presses the button of a name.
func Press(name string) Action {
	return chromedp.Click(fmt.Sprintf(`//main//button[not(@hidden)][normalize-space(.)=%q]`, name))
}

// Click clicks what a CSS selector finds.
func Click(selector string) Action { return chromedp.Click(selector) }

// Key types keys where the focus is; "Enter" presses that key.
func Key(keys string) Action {
	if keys == "Enter" {
		keys = "\r"
	}
	return chromedp.KeyEvent(keys)
}

// Chord presses a key together with Control.
func Chord(key string) Action {
	return chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl))
}

// Follow follows the first link of the page's main part whose text holds this.
func Follow(text string) Action {
	return chromedp.Click(fmt.Sprintf(`//main//a[contains(normalize-space(.), %q)]`, text))
}

// Drag presses the left button of the mouse in the middle of what a CSS selector
// finds, moves by so many CSS pixels, and lets it go.
func Drag(selector string, right, down float64) Action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		at, err := chromedp.Run(ctx, chromedp.Evaluate[[2]float64](fmt.Sprintf(
			`(() => { const box = document.querySelector(%q).getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] })()`, selector)))
		if err != nil {
			return err
		}
		return chromedp.Do(ctx,
			chromedp.MouseEvent(chromedp.MousePressed, at[0], at[1], chromedp.ButtonLeft, chromedp.ClickCount(1)),
			chromedp.MouseEvent(chromedp.MouseMoved, at[0]+right/2, at[1]+down/2, chromedp.ButtonLeft),
			chromedp.MouseEvent(chromedp.MouseMoved, at[0]+right, at[1]+down, chromedp.ButtonLeft),
			chromedp.MouseEvent(chromedp.MouseReleased, at[0]+right, at[1]+down, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	})
}

// WithoutScript turns JavaScript off for the pages that come.
func WithoutScript() Action { return scripts(false) }

// WithScript turns JavaScript on again; the page that is there may be asked
// things that wait.
func WithScript() Action { return scripts(true) }

func scripts(on bool) Action {
	return command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// Prefer sets which colours the person prefers: light or dark.
func Prefer(theme string) Action { return media("prefers-color-scheme", theme) }

// Still has the person prefer that nothing moves.
func Still() Action { return media("prefers-reduced-motion", "reduce") }

func media(feature, value string) Action {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
	})
}

// Size sets the size of the page in CSS pixels; narrow ones are phones.
func Size(width, height int64) Action {
	if width < 600 {
		return chromedp.EmulateViewport(width, height, chromedp.EmulateMobile, chromedp.EmulatePortrait, chromedp.EmulateTouch)
	}
	return chromedp.EmulateViewport(width, height)
}

func command[P any](c cdp.Command[P, cdp.Empty], params P) Action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// Eval evaluates JavaScript on the page of a tab, and waits for promises. It
// works without script too, as long as nothing waits.
func Eval[T any](t *Tab, script string) (T, error) {
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		return v, fmt.Errorf("evaluate %.80s: %w", script, err)
	}
	return v, nil
}

// Until waits until a condition, an expression of JavaScript, holds on a page;
// across reloads by itself or others.
func (t *Tab) Until(condition string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		ok, err := Eval[bool](t, `Boolean(`+condition+`)`)
		if ok {
			return nil
		}
		if err != nil && t.ctx.Err() != nil {
			return err
		}
		if time.Now().After(end) { // an error may come from a page that was just left
			text, _ := Eval[string](t, `location.pathname + "\n" + (document.querySelector("main")?.innerText ?? "")`)
			return fmt.Errorf("%s: not within %s on this page:\n%s", condition, patience, text)
		}
	}
}

// Photograph gives what the window shows, as PNG.
func (t *Tab) Photograph() ([]byte, error) {
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}
