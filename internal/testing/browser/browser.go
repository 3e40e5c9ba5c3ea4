// Package browser opens pages in a real Chromium, for tests and for the pictures
// of README. It is the only importer of chromedp.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// ErrMissing: there is no Chromium on this machine.
var ErrMissing = errors.New("no Chromium found: install the package chromium, or name its program in SYNCER_CHROMIUM")

// patience is how long one step may take: longer than a busy machine needs.
const patience = 5 * time.Minute

// A Page is the one tab of a browser without a window.
type Page struct {
	ctx context.Context
	end func()
}

// Start starts a browser, with a new profile that goes with it.
func Start(ctx context.Context) (*Page, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // root has none
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
	)
	allocator, endProcess := chromedp.NewExecAllocator(ctx, options...)
	tab, endTab := chromedp.NewContext(allocator)
	p := &Page{ctx: tab, end: func() { endTab(); endProcess() }}
	if err := chromedp.Do(tab); err != nil {
		p.Close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

func find() (string, error) {
	if path := os.Getenv("SYNCER_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Close ends the browser.
func (p *Page) Close() { p.end() }

// Screen sets the page's width and height, in its own pixels, each drawn with scale
// times scale of the picture's, and whether the reader prefers it dark.
func (p *Page) Screen(width, height int64, scale float64, dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	return p.do(func(ctx context.Context, _ *chromedp.Target) (none chromedp.Void, err error) {
		_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
		return none, err
	}, chromedp.EmulateViewport(width, height, chromedp.EmulateScale(scale)))
}

// Open goes to a page, and waits until it is loaded.
func (p *Page) Open(url string) error { return p.do(chromedp.Navigate(url)) }

// Wait waits until what an XPath names is there to be seen.
func (p *Page) Wait(xpath string) error { return p.do(chromedp.WaitVisible(chromedp.Search(xpath))) }

// Focus puts the keyboard on what a CSS selector names.
func (p *Page) Focus(css string) error { return p.do(chromedp.Focus(chromedp.CSS(css))) }

// Press presses the keys of a text, one after the other; tab and carriage return
// are keys, too.
func (p *Page) Press(keys string) error { return p.do(chromedp.KeyEvent(keys)) }

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) error {
	_, err := run(p, chromedp.Steps(steps...))
	return err
}

// Picture is a PNG of what a CSS selector names, or of all that fits on the screen.
func (p *Page) Picture(css string) ([]byte, error) {
	if css == "" {
		return run(p, chromedp.CaptureScreenshot())
	}
	return run(p, chromedp.Screenshot(chromedp.CSS(css)))
}

// Ask evaluates an expression of JavaScript in the page.
func Ask[T any](p *Page, expression string) (T, error) {
	return run(p, chromedp.Evaluate[T](expression))
}

func run[T any](p *Page, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, a)
}
