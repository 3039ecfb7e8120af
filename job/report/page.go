package report

import (
	_ "embed"
	"html"
	"io"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/plain"
)

//go:embed page.css
var styles string

// HTML writes the report as a page without external resources. All texts are shown
// as they are: markup in them has no effect.
//
// The page is not made by html/template: every worker's binary would have that
// package in it, and a small job's summary would spend a third of its time there.
func (r *Report) HTML(w io.Writer) error {
	p := page{make([]byte, 0, 2*len(styles))}
	p.head(r)
	p.items(r)
	p.comparison(r)
	for i := range r.Sections {
		p.section(&r.Sections[i])
	}
	p.errors(r)
	p.timeline(r.Timeline)
	p.slowest(r.Slowest)
	p.failures(r)
	p.add("</html>\n")
	_, err := w.Write(p.text)
	return err
}

// page is a page in HTML.
type page struct{ text []byte }

// add adds markup. Texts in it are from [shown], numbers and durations are as they are.
func (p *page) add(markup ...string) {
	for _, m := range markup {
		p.text = append(p.text, m...)
	}
}

// shown returns the markup that shows a text, between tags and in the value of an
// attribute.
func shown(text string) string { return html.EscapeString(plain.Lines(text)) }

// percentage returns the share of n of all as CSS has it.
func percentage(n, all float64) string {
	if all == 0 {
		return "0.0%"
	}
	return strconv.FormatFloat(100*n/all, 'f', 1, 64) + "%"
}

func (p *page) head(r *Report) {
	title := shown(r.Job + ": " + r.Verdict())
	p.add(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>`, title, "</title>\n<style>\n", styles, "</style>\n<h1>", title, "</h1>\n")
	p.add(`<p class="meta">`, shown(r.Execution), "<br>started ", r.StartedAt.UTC().Format("2006-01-02 15:04:05"), " UTC, took ", r.Duration().String(), "</p>\n")
	if r.Cause != "" {
		p.add(`<p class="cause">`, shown(r.Cause), "</p>\n")
	}
	for _, note := range r.Notes {
		p.add("<p>", shown(note), "</p>\n")
	}
}

// items adds the counts of items, and a bar of them.
func (p *page) items(r *Report) {
	counts := []struct {
		class, name string
		count       int
	}{{"ok", "succeeded", r.Items.Succeeded}, {"bad", "failed", r.Items.Failed}, {"lost", "missing", r.Items.Missing}}
	p.add(`<div class="bar" role="img" aria-label="`)
	for i, c := range counts {
		if i > 0 {
			p.add(", ")
		}
		p.add(strconv.Itoa(c.count), " ", c.name)
	}
	p.add("\">\n")
	for _, c := range counts {
		if c.count > 0 {
			p.add(`<span class="`, c.class, `" style="flex: `, strconv.Itoa(c.count), `"></span>`)
		}
	}
	p.add("\n</div>\n<ul class=\"counts\">\n<li><b>", Thousands(r.Items.Total), "</b>items</li>\n")
	for _, c := range counts {
		if c.count > 0 || c.name != "missing" {
			p.add("<li><b>", Thousands(c.count), `</b><span class="dot `, c.class, `"></span>`, c.name, ", ", shown(r.Share(c.count)), "</li>\n")
		}
	}
	p.add("</ul>\n")
}

// title adds the title of a part.
func (p *page) title(text ...string) {
	p.add("\n<h2>")
	p.add(text...)
	p.add("</h2>\n")
}

func (p *page) comparison(r *Report) {
	if r.Comparison == nil {
		return
	}
	p.title("Compared with the earlier execution")
	p.add(`<p class="meta">`, shown(r.Comparison.Execution), "</p>\n")
	p.add(`<div class="table"><table class="narrow">`, "\n", `<tr><th>items</th><th class="n">count</th><th class="n">share</th></tr>`, "\n")
	for _, c := range r.Comparison.rows() {
		p.add("<tr><td>", c.Name, `</td><td class="n">`, Thousands(c.Count), `</td><td class="n">`, shown(r.Share(c.Count)), "</td></tr>\n")
	}
	p.add("</table></div>\n")
}

func (p *page) section(s *Section) {
	p.title(shown(s.Title))
	p.add(`<div class="table"><table>`, "\n<tr>")
	for _, column := range s.Columns {
		p.add("<th>", shown(column), "</th>")
	}
	p.add("</tr>\n")
	for _, row := range s.Rows {
		p.add("<tr>")
		for _, cell := range row {
			begin := "<td>"
			if isNumber(cell) {
				begin = `<td class="n" style="text-align: left">`
			}
			p.add(begin, shown(cell), "</td>")
		}
		p.add("</tr>\n")
	}
	p.add("</table></div>\n")
}

func (p *page) errors(r *Report) {
	if len(r.Errors) == 0 {
		return
	}
	p.title("What failed and why")
	p.add(`<div class="table"><table>`, "\n", `<tr><th>error</th><th class="n">items</th><th class="n">share</th><th></th><th>for example</th></tr>`, "\n")
	for _, e := range r.Errors {
		p.add("<tr><td><code>", shown(e.Name), `</code></td><td class="n">`, Thousands(e.Count), `</td><td class="n">`, shown(r.Share(e.Count)),
			`</td><td class="meter"><div style="width: `, percentage(float64(e.Count), float64(r.Items.Failed)), `"></div></td><td>`, shown(e.Example), "</td></tr>\n")
	}
	p.add("</table></div>\n")
}

func (p *page) timeline(t *Timeline) {
	if t == nil {
		return
	}
	step := t.step().String()
	p.title("Items over time, in steps of ", step, ", at most ", Thousands(t.highest()), " a second")
	p.add(`<div class="time" role="img" aria-label="items that ended in each `, step, "\">\n")
	for _, b := range t.bars() {
		p.add(`<div title="`, b.Label, `"><span class="bad" style="height: `, percentage(b.Failed, 100), `"></span><span class="ok" style="height: `, percentage(b.Succeeded, 100), "\"></span></div>\n")
	}
	p.add("</div>\n")
}

func (p *page) slowest(items []Timed) {
	if len(items) == 0 {
		return
	}
	p.title("The slowest items")
	p.add(`<div class="table"><table class="narrow">`, "\n", `<tr><th class="n">index</th><th class="n">ms</th><th></th></tr>`, "\n")
	for _, item := range items {
		p.add(`<tr><td class="n">`, strconv.Itoa(item.Index), `</td><td class="n">`, strconv.FormatInt(item.Ms, 10),
			`</td><td class="meter"><div class="ok" style="width: `, percentage(float64(item.Ms), float64(items[0].Ms)), "\"></div></td></tr>\n")
	}
	p.add("</table></div>\n")
}

func (p *page) failures(r *Report) {
	if len(r.Failures) == 0 {
		return
	}
	title := "Failed items"
	if n := len(r.Failures); n < r.Items.Failed {
		title = strings.Join([]string{"The first", strconv.Itoa(n), "of", Thousands(r.Items.Failed), "failed items"}, " ")
	}
	p.title(title)
	p.add(`<div class="table"><table>`, "\n", `<tr><th class="n">index</th><th>error</th><th>cause</th></tr>`, "\n")
	for _, f := range r.Failures {
		p.add(`<tr><td class="n">`, strconv.Itoa(f.Index), "</td><td><code>", shown(f.Error), "</code></td><td>", shown(f.Cause), "</td></tr>\n")
	}
	p.add("</table></div>\n")
}
