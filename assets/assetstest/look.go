package assetstest

import (
	_ "embed" // the checks and axe are JavaScript
	"fmt"
	"slices"
	"strings"
)

//go:embed testdata/axe.min.js
var axe string

//go:embed look.js
var look string

// Scrolls says that a page may be longer than the screen, as on a phone.
const Scrolls = true

// Spill returns what cannot be read whole: text outside its box, outside the
// screen, or under something else; and anything below the fold unless the page
// scrolls. While a dialog is open only the dialog counts.
func (p *Tab) Spill(scrolls bool) []string {
	p.t.Helper()
	return Eval[[]string](p, fmt.Sprintf("(() => { %s; return spill(%v); })()", look, scrolls))
}

// SmallButtons returns the buttons and links with a side below so many
// millimetres of the screen, by --mm.
func (p *Tab) SmallButtons(mm float64) []string {
	p.t.Helper()
	return Eval[[]string](p, fmt.Sprintf("(() => { %s; return smallButtons(%v); })()", look, mm))
}

// Axe returns what axe finds, one line for each rule broken.
func (p *Tab) Axe() []string {
	p.t.Helper()
	if !Eval[bool](p, `typeof axe === "object"`) {
		Eval[bool](p, axe+"; true")
	}
	return Eval[[]string](p, `axe.run().then((r) => r.violations.map((v) =>
		v.id + ": " + v.help + " " + v.nodes.map((n) => n.target.join(" ")).slice(0, 4).join(", ")))`)
}

// Check fails the test for all that Layout and Axe find.
func (p *Tab) Check(name string, scrolls bool, mm float64) {
	p.t.Helper()
	p.Layout(name, scrolls, mm)
	if found := p.Axe(); len(found) > 0 {
		p.t.Errorf("%s: axe:\n  %s", name, strings.Join(found, "\n  "))
	}
}

// Layout fails the test for all that Spill and SmallButtons find, and for errors
// in the console, and takes a picture under the given name.
func (p *Tab) Layout(name string, scrolls bool, mm float64) {
	p.t.Helper()
	p.Settle()
	p.Shot(name)
	found := slices.Concat(p.Spill(scrolls), p.SmallButtons(mm), p.Errors())
	if len(found) > 0 {
		p.t.Errorf("%s:\n  %s", name, strings.Join(found, "\n  "))
	}
}

// Settle waits until fonts are loaded and two frames have been painted.
func (p *Tab) Settle() {
	p.t.Helper()
	Eval[bool](p, `document.fonts.ready.then(() => new Promise((done) =>
		requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`)
}
