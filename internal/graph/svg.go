package graph

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/graph/layered"
	"github.com/mapjob/mapjob/internal/graph/typeset"
)

// Style is the look of a drawing in light and dark, as CSS. Fonts are those that every system
// has; advance allows for the widest of them.
const Style = `
  svg { --page: #ffffff; --box: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #7d8590; --edge: #aab1ba; --accent: #0b62c4; --good: #17783a; --bad: #c4232d; --warn: #955f00; --busy: #0b62c4; --good-box: #e5f6ea; --bad-box: #fdebec; --warn-box: #fdf2d8; --busy-box: #e4f0fd; --off-box: #f4f5f7; --group: #f7f8fa; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --box: #161b22; --text: #e6edf3; --quiet: #9da7b3; --line: #8b949e; --edge: #4b535d; --accent: #6cb2ff; --good: #56d57a; --bad: #ff8a84; --warn: #e9b14c; --busy: #6cb2ff; --good-box: #12301d; --bad-box: #3d1619; --warn-box: #362607; --busy-box: #0f2a4a; --off-box: #12161c; --group: #11161d; }
  }
  .page { fill: var(--page); }
  text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; font-size: 11px; fill: var(--quiet); white-space: pre; }
  .heading { font-size: 14px; font-weight: 600; fill: var(--text); }
  .name { font-size: 13px; font-weight: 600; fill: var(--text); }
  .outcome { font-weight: 600; }
  .box { fill: var(--box); stroke: var(--edge); stroke-width: 1.25; }
  .group > .box { fill: var(--group); }
  .sign { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
  .Succeed > .sign { stroke: var(--good); }
  .Fail > .sign { stroke: var(--bad); }
  .line { fill: none; stroke: var(--line); stroke-width: 1.4; }
  .catch { stroke: var(--bad); stroke-dasharray: 5 4; }
  .catch-label { fill: var(--bad); }
  .tip { fill: var(--line); }
  .catch-tip { fill: var(--bad); }
  .under { fill: var(--page); }
  .inside { fill: var(--group); }
  .mark { fill: var(--line); stroke: var(--line); stroke-width: 1.6; }
  .ring { fill: none; }
  .succeeded > .box { fill: var(--good-box); stroke: var(--good); }
  .failed > .box { fill: var(--bad-box); stroke: var(--bad); stroke-width: 1.75; }
  .caught > .box { fill: var(--warn-box); stroke: var(--warn); }
  .running > .box { fill: var(--busy-box); stroke: var(--busy); stroke-width: 1.75; }
  .aborted > .box { fill: var(--off-box); stroke: var(--quiet); }
  .not-reached > .box { fill: var(--off-box); stroke-dasharray: 3 3; }
  .not-reached > .name { fill: var(--quiet); font-weight: 500; }
  .group.succeeded > .box, .group.failed > .box, .group.caught > .box, .group.running > .box { fill: var(--group); }
  .succeeded > .outcome { fill: var(--good); }
  .failed > .outcome { fill: var(--bad); }
  .caught > .outcome { fill: var(--warn); }
  .running > .outcome { fill: var(--busy); }
  .bad.bad { fill: var(--bad); }
  .marked .line { stroke: var(--edge); }
  .marked .catch { stroke: var(--edge); }
  .marked .tip { fill: var(--edge); }
  .marked .catch-label { fill: var(--quiet); }
  .marked .taken { stroke: var(--text); stroke-width: 1.9; }
  .marked .catch.taken { stroke: var(--warn); }
  .marked .taken-tip { fill: var(--text); }
  .marked .catch-tip.taken-tip { fill: var(--warn); }
  .marked .taken-label { fill: var(--text); }
`

// signs are the signs of the types of states, in a square of 12 pixels.
var signs = map[asl.StateType]string{
	asl.TaskState:     "M1.5 1.5h9v9h-9z",
	asl.PassState:     "M1 6h9M6.5 2.5 10 6l-3.5 3.5",
	asl.ChoiceState:   "M6 .8 11.2 6 6 11.2.8 6z",
	asl.WaitState:     "M6 1a5 5 0 1 0 .01 0zM6 3.3V6l2 1.5",
	asl.SucceedState:  "M1.5 6.5 4.7 9.7 10.5 2.8",
	asl.FailState:     "M2 2l8 8M10 2l-8 8",
	asl.ParallelState: "M3 1.5v9M6 1.5v9M9 1.5v9",
	asl.MapState:      "M1.2 4.2h6.6v6.6H1.2zM4.2 4V1.2h6.6v6.6H8",
}

// escaped returns text for XML.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}

// drawing writes an SVG.
type drawing struct {
	strings.Builder
	graph *Graph
}

func (d *drawing) add(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// SVG writes a drawing that stands on its own: no script, no font, and nothing that it
// loads. It calls Layout.
func (g *Graph) SVG(to io.Writer) error { return g.draw(to, "<style>"+Style+"</style>") }

// Drawing writes the SVG without its style, for a page that has [Style] itself.
func (g *Graph) Drawing(to io.Writer) error { return g.draw(to, "") }

func (g *Graph) draw(to io.Writer, style string) error {
	if err := g.Layout(); err != nil {
		return err
	}
	d := &drawing{graph: g}
	class := ""
	if g.marked() {
		class = ` class="marked"`
	}
	title := g.Title
	if title == "" {
		title = "State machine"
	}
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]g" viewBox="0 0 %[1]g %[2]g" role="img" aria-label="%[3]s"%[4]s>`, round(g.Width), round(g.Height), escaped(title), class)
	if style != "" {
		d.add("%s", style)
	}
	d.add(`<rect class="page" width="100%%" height="100%%"/>`)
	if g.Title != "" {
		d.add(`<text class="heading" x="%g" y="%g">%s</text>`, margin, margin+14, escaped(typeset.Wrap(g.Title, 200, 1)[0]))
	}
	d.flow(g.top, false)
	d.add("</svg>")
	_, err := io.WriteString(to, d.String())
	return err
}

func (g *Graph) marked() bool {
	return slices.ContainsFunc(g.Nodes, func(n *Node) bool { return n.Visits != nil })
}

// flow draws a flow: its lines, then what stands on them.
func (d *drawing) flow(f *flow, inside bool) {
	d.lines(f)
	for _, n := range f.nodes {
		d.node(n)
	}
	for _, e := range f.edges {
		d.label(e, inside)
	}
}

// lines draws the lines of a flow. Those that were taken are above the others, and
// pieces that edges share are drawn once.
func (d *drawing) lines(f *flow) {
	for _, taken := range []bool{false, true} {
		drawn := map[*layered.Piece]bool{}
		for _, e := range f.edges {
			if (e.Taken > 0) != taken {
				continue
			}
			class, tip := "line", "tip"
			if e.Cause == Catch {
				class, tip = class+" catch", tip+" catch-tip"
			}
			if taken {
				class, tip = class+" taken", tip+" taken-tip"
			}
			if text := e.line(drawn); text != "" {
				d.add(`<path class="%s" d="%s"/>`, class, text)
			}
			d.tip(e, tip)
		}
	}
}

// line returns the path of an edge, without the pieces that are drawn.
func (e *Edge) line(drawn map[*layered.Piece]bool) string {
	if e.From == e.To {
		p := e.Points
		return fmt.Sprintf("M%g %gH%gV%gH%g", p[0].X, p[0].Y, p[1].X, p[2].Y, p[3].X)
	}
	var text strings.Builder
	var at Point
	for _, piece := range e.pieces {
		if drawn[piece] {
			continue
		}
		drawn[piece] = true
		p := *piece
		if p[0] != at || text.Len() == 0 {
			fmt.Fprintf(&text, "M%g %g", p[0].X, p[0].Y)
		}
		at = p[3]
		if p[0].X == at.X {
			fmt.Fprintf(&text, "V%g", at.Y)
			continue
		}
		if p[0] != p[1] {
			fmt.Fprintf(&text, "V%g", p[1].Y)
		}
		middle := round((p[1].Y + p[2].Y) / 2)
		fmt.Fprintf(&text, "C%g %g %g %g %g %g", p[1].X, middle, p[2].X, middle, p[2].X, p[2].Y)
		if p[2] != at {
			fmt.Fprintf(&text, "V%g", at.Y)
		}
	}
	return text.String()
}

// tip draws the head of an arrow.
func (d *drawing) tip(e *Edge, class string) {
	before, at := e.Points[len(e.Points)-2], e.Points[len(e.Points)-1]
	const length, half = 8, 4.2
	switch {
	case e.From == e.To:
		d.add(`<path class="%s" d="M%g %gl%d %gv%gz"/>`, class, at.X, at.Y, length, -half, 2*half)
	case before.Y > at.Y:
		d.add(`<path class="%s" d="M%g %gl%g %dh%gz"/>`, class, at.X, at.Y, -half, length, 2*half)
	default:
		d.add(`<path class="%s" d="M%g %gl%g %dh%gz"/>`, class, at.X, at.Y, -half, -length, 2*half)
	}
}

func (d *drawing) label(e *Edge, inside bool) {
	if len(e.Label) == 0 {
		return
	}
	class, ground := "", "under"
	if e.Cause == Catch {
		class = "catch-label"
	}
	if e.Taken > 0 {
		class += " taken-label"
	}
	if inside {
		ground = "inside"
	}
	d.add(`<g><title>%s</title>`, escaped(typeset.Wrap(e.Text, 2000, 1)[0]))
	d.add(`<rect class="%s" x="%g" y="%g" width="%g" height="%g" rx="3"/>`, ground, e.At.X, e.At.Y, e.At.Width, e.At.Height)
	for i, line := range e.Label {
		d.add(`<text class="%s" text-anchor="middle" x="%g" y="%g">%s</text>`, class, round(e.At.X+e.At.Width/2),
			round(e.At.Y+2+float64(i)*detailSize*lineHeight+detailSize*1.05), escaped(line))
	}
	d.add(`</g>`)
}

func (d *drawing) node(n *Node) {
	x, y := n.X+n.Width/2, n.Y+n.Height/2
	switch n.Kind {
	case StartKind:
		d.add(`<circle id="%s" class="mark" cx="%g" cy="%g" r="%g"><title>start</title></circle>`, n.ID, x, y, markRadius-1)
		return
	case EndKind:
		d.add(`<g id="%s"><title>end</title><circle class="mark ring" cx="%g" cy="%g" r="%g"/><circle class="mark" cx="%[2]g" cy="%[3]g" r="2.5"/></g>`, n.ID, x, y, markRadius-1)
		return
	}
	class := string(n.Type)
	if n.Group() {
		class += " group"
	}
	if n.Visits != nil {
		class += " " + strings.ReplaceAll(string(n.Visits.Status), " ", "-")
	}
	d.add(`<g id="%s" class="%s"><title>%s</title>`, n.ID, class, escaped(strings.Join(append([]string{typeset.Wrap(n.Name, 2000, 1)[0]}, n.Notes...), "\n")))
	radius := 6.0
	if n.Type == asl.SucceedState || n.Type == asl.FailState {
		radius = 16
	}
	d.add(`<rect class="box" x="%g" y="%g" width="%g" height="%g" rx="%g"/>`, n.X, n.Y, n.Width, n.Height, min(radius, n.Height/2))
	text := n.Y + padding
	d.add(`<path class="sign" transform="translate(%g %g)" d="%s"/>`, round(n.X+padding), round(text+1), signs[n.Type])
	write := func(lines []string, class string, size, indent float64) {
		for _, line := range lines {
			d.add(`<text class="%s" x="%g" y="%g">%s</text>`, class, round(n.X+padding+indent), round(text+size*0.9), escaped(line))
			text += size * lineHeight
		}
	}
	write(n.Title, "name", titleSize, glyphWidth)
	write(n.Details, "", detailSize, 0)
	for _, line := range n.Outcome {
		class := "outcome"
		if items := n.Visits.Items; items != nil && items.Failed > 0 && strings.Contains(line, " item") {
			class = "outcome bad"
		}
		write([]string{line}, class, detailSize, 0)
	}
	for i, inner := range n.flows {
		if i > 0 {
			left := round(inner.X - branchGap/2)
			d.add(`<path class="line" stroke-dasharray="2 4" d="M%g %gV%g"/>`, left, inner.Y, round(n.Y+n.Height-padding))
		}
		d.flow(inner, true)
	}
	d.add(`</g>`)
}
