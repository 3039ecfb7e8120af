// Package page reads pages of Markdown as GitHub shows them: their headings, links,
// blocks of code, and the instructions for tests that stand in comments.
package page

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Page is a page of Markdown.
type Page struct {
	Path     string // from the root of the project, with slashes
	Headings []Heading
	Links    []Link
	Steps    []Step // in the order of the page
	Spans    []Span

	source []byte
}

// Heading is a heading and its anchor.
type Heading struct {
	Line   int
	Level  int
	Text   string
	Anchor string
}

// Link is a link or an image.
type Link struct {
	Line  int
	To    string
	Image bool
	Text  string // the alternative text of an image
}

// Step is a block of code or an instruction.
type Step struct {
	Line     int    // of the instruction, or of the first line within the block
	Block    bool   // it is a block
	Indented bool   // the block has no fence
	Language string // of a block
	Name     string // of an instruction, such as "exit"
	Text     string // the block's lines, or what follows the instruction's name
}

// Span is text in backquotes.
type Span struct {
	Line int
	Text string
}

var instruction = regexp.MustCompile(`(?s)^<!--\s*([a-z]+)(?::\s*(.*?))?\s*-->\s*$`)

// Parse reads a page.
func Parse(path string, source []byte) *Page {
	p := &Page{Path: path, source: source}
	anchors := map[string]int{}
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			said := p.text(n)
			p.Headings = append(p.Headings, Heading{Line: p.line(n), Level: n.Level, Text: said, Anchor: anchor(said, anchors)})
		case *ast.Link:
			p.Links = append(p.Links, Link{Line: p.line(n), To: string(n.Destination), Text: p.text(n)})
		case *ast.Image:
			p.Links = append(p.Links, Link{Line: p.line(n), To: string(n.Destination), Image: true, Text: p.text(n)})
		case *ast.AutoLink:
			p.Links = append(p.Links, Link{Line: p.line(n), To: string(n.URL(source)), Text: string(n.Label(source))})
		case *ast.CodeSpan:
			p.Spans = append(p.Spans, Span{Line: p.line(n), Text: strings.ReplaceAll(p.text(n), "\n", " ")})
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock:
			p.Steps = append(p.Steps, Step{Line: p.line(n), Block: true, Language: string(n.Language(source)), Text: p.lines(n)})
		case *ast.CodeBlock:
			p.Steps = append(p.Steps, Step{Line: p.line(n), Block: true, Indented: true, Text: p.lines(n)})
		case *ast.HTMLBlock:
			said := p.lines(n)
			if n.HasClosure() {
				said += string(n.ClosureLine.Value(source))
			}
			if m := instruction.FindStringSubmatch(strings.TrimSpace(said)); m != nil {
				p.Steps = append(p.Steps, Step{Line: p.line(n), Name: m[1], Text: m[2]})
			}
		}
		return ast.WalkContinue, nil
	})
	return p
}

// Has reports whether the page has an anchor.
func (p *Page) Has(fragment string) bool {
	for _, h := range p.Headings {
		if h.Anchor == fragment {
			return true
		}
	}
	return strings.Contains(string(p.source), `<a id="`+fragment+`">`)
}

// At says where something is.
func (p *Page) At(line int) string { return fmt.Sprintf("%s:%d", p.Path, line) }

// anchor returns the anchor that GitHub gives to a heading: its letters and digits in
// lower case, hyphens in place of spaces, and a number if it is there already.
func anchor(heading string, taken map[string]int) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	n, twice := taken[name]
	taken[name] = n + 1
	if !twice {
		return name
	}
	numbered := fmt.Sprintf("%s-%d", name, n)
	taken[numbered]++
	return numbered
}

// text returns the text of a node without its markup.
func (p *Page) text(n ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(p.source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte('\n')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// lines returns the lines of a block.
func (p *Page) lines(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(p.source))
	}
	return b.String()
}

// line returns the line at which a node begins.
func (p *Page) line(n ast.Node) int {
	at := -1
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Type() != ast.TypeInline && n.Lines().Len() > 0 {
			at = n.Lines().At(0).Start
		} else if t, ok := n.(*ast.Text); ok {
			at = t.Segment.Start
		}
		if at >= 0 {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	if at < 0 && n.Parent() != nil {
		return p.line(n.Parent())
	}
	return 1 + strings.Count(string(p.source[:max(at, 0)]), "\n")
}
