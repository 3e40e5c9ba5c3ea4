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

// A Page is the only tab of a headless browser.
type Page struct {
	ctx context.Context
	end func()
}

// Start starts a browser with a new profile, which is deleted with it.
func Start(ctx context.Context) (*Page, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // root has no sandbox
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

// Screen sets the page's width and height in CSS pixels, how many pixels of the picture
// each of them has (scale), and whether the reader prefers dark colours.
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

// Open opens a page and waits until it is loaded.
func (p *Page) Open(url string) error { return p.do(chromedp.Navigate(url)) }

// Wait waits until the element of an XPath is visible.
func (p *Page) Wait(xpath string) error { return p.do(chromedp.WaitVisible(chromedp.Search(xpath))) }

// Focus focuses the element of a CSS selector.
func (p *Page) Focus(css string) error { return p.do(chromedp.Focus(chromedp.CSS(css))) }

// Press presses the keys of a text, one after the other. Tab and carriage return are keys,
// too.
func (p *Page) Press(keys string) error { return p.do(chromedp.KeyEvent(keys)) }

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) error {
	_, err := run(p, chromedp.Steps(steps...))
	return err
}

// Picture returns a PNG of the element of a CSS selector, or of everything that fits on the
// screen.
func (p *Page) Picture(css string) ([]byte, error) {
	if css == "" {
		return run(p, chromedp.CaptureScreenshot())
	}
	return run(p, chromedp.Screenshot(chromedp.CSS(css)))
}

// Ask evaluates a JavaScript expression in the page.
func Ask[T any](p *Page, expression string) (T, error) {
	return run(p, chromedp.Evaluate[T](expression))
}

func run[T any](p *Page, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, a)
}
