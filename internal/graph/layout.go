package graph

import (
	"math"

	"github.com/mapjob/mapjob/internal/graph/layered"
	"github.com/mapjob/mapjob/internal/graph/typeset"
)

// Distances, in pixels.
const (
	margin      = 16.0
	padding     = 12.0 // of a box
	glyphWidth  = 20.0 // of the sign of a state's type, before its name
	markRadius  = 7.0  // of a start and an end
	branchGap   = 24.0
	loopWidth   = 26.0
	labelMargin = 5.0
)

// ErrTooLarge is the error of a state machine that is too large to draw.
var ErrTooLarge = layered.ErrTooLarge

// Layout gives the nodes, the edges and the labels their places.
func (g *Graph) Layout() error {
	if err := g.top.layout(); err != nil {
		return err
	}
	header := 0.0
	if g.Title != "" {
		header = 30
	}
	g.top.place(margin, margin+header)
	g.Width, g.Height = max(g.top.Width, typeset.Width(g.Title, titleSize+1, true))+2*margin, g.top.Height+2*margin+header
	return nil
}

// place moves what is inside a flow, whose places are relative until then.
func (f *flow) place(x, y float64) {
	f.X, f.Y = x, y
	moved := map[*layered.Piece]bool{}
	for _, e := range f.edges {
		for _, p := range e.pieces {
			if moved[p] {
				continue
			}
			moved[p] = true
			for i, at := range p {
				p[i] = Point{X: round(at.X + x), Y: round(at.Y + y)}
			}
		}
		for i := range e.Points {
			e.Points[i].X, e.Points[i].Y = round(e.Points[i].X+x), round(e.Points[i].Y+y)
		}
		if e.Label != nil {
			e.At.X, e.At.Y = round(e.At.X+x), round(e.At.Y+y)
		}
	}
	for _, n := range f.nodes {
		n.X, n.Y = round(n.X+x), round(n.Y+y)
		at := n.X + (n.Width-n.insideWidth())/2
		for _, inner := range n.flows {
			inner.place(at, n.Y+n.Height-padding-n.insideHeight())
			at += inner.Width + branchGap
		}
	}
}

// round keeps positions short in the text of an SVG.
func round(v float64) float64 { return math.Round(v*10) / 10 }

func (n *Node) insideWidth() float64 {
	width := -branchGap
	for _, f := range n.flows {
		width += f.Width + branchGap
	}
	return max(width, 0)
}

func (n *Node) insideHeight() float64 {
	height := 0.0
	for _, f := range n.flows {
		height = max(height, f.Height)
	}
	return height
}

// measure sets the size of a node and the lines of its text.
func (n *Node) measure() error {
	if n.Kind != StateKind {
		n.Width, n.Height = 2*markRadius, 2*markRadius
		return nil
	}
	n.Title = typeset.Wrap(n.Name, titleWidth, titleLines)
	n.Details = nil
	for _, note := range n.Notes {
		n.Details = append(n.Details, typeset.Wrap(note, detailWidth, detailLines)...)
	}
	n.Outcome = n.Visits.outcome()
	width, height := 0.0, 0.0
	for _, line := range n.Title {
		width = max(width, glyphWidth+typeset.Width(line, titleSize, true))
		height += titleSize * lineHeight
	}
	for _, line := range n.Details {
		width = max(width, typeset.Width(line, detailSize, false))
		height += detailSize * lineHeight
	}
	for _, line := range n.Outcome {
		width = max(width, typeset.Width(line, detailSize, true))
		height += detailSize * lineHeight
	}
	for _, f := range n.flows {
		if err := f.layout(); err != nil {
			return err
		}
	}
	n.Width, n.Height = max(width, n.insideWidth(), 60)+2*padding, height+2*padding-4
	if n.Group() {
		n.Height += n.insideHeight() + padding
	}
	n.Height = max(n.Height, float64(len(n.loops))*40+10)
	n.Width, n.Height = math.Ceil(n.Width), math.Ceil(n.Height)
	return nil
}

// layout lays a flow out, from the inside to the outside.
func (f *flow) layout() error {
	for _, e := range f.edges {
		e.label()
		if e.from == e.to {
			e.from.loops = append(e.from.loops, e)
		}
	}
	vertices := map[*Node]*layered.Vertex{}
	var all []*layered.Vertex
	for _, n := range f.nodes {
		if err := n.measure(); err != nil {
			return err
		}
		v := &layered.Vertex{Width: n.Width, Height: n.Height, Ports: n.Width - 2*padding}
		for _, e := range n.loops {
			v.Width = max(v.Width, n.Width+2*(loopWidth+e.At.Width))
		}
		vertices[n] = v
		all = append(all, v)
	}
	lines := map[*Edge]*layered.Edge{}
	var between []*layered.Edge
	for _, e := range f.edges {
		if e.from != e.to {
			lines[e] = &layered.Edge{From: vertices[e.from], To: vertices[e.to], Apart: e.Cause == Catch, LabelWidth: e.At.Width, LabelHeight: e.At.Height}
			between = append(between, lines[e])
		}
	}
	var err error
	if f.Width, f.Height, err = layered.Layout(all, between); err != nil {
		return err
	}
	for _, n := range f.nodes {
		v := vertices[n]
		n.X, n.Y = v.X-n.Width/2, v.Y
		for i, e := range n.loops {
			right, y := n.X+n.Width, n.Y+n.Height/2+float64(i*40)-float64(len(n.loops)-1)*20
			e.Points = []Point{{X: right, Y: y - 9}, {X: right + loopWidth - 8, Y: y - 9}, {X: right + loopWidth - 8, Y: y + 9}, {X: right, Y: y + 9}}
			e.At.X, e.At.Y = right+loopWidth, y-e.At.Height/2
		}
		n.loops = nil
	}
	for e, line := range lines {
		e.Points, e.pieces = line.Points, line.Pieces
		e.At.X, e.At.Y = line.LabelX, line.LabelY
	}
	return nil
}

// label sets the label of an edge and its size.
func (e *Edge) label() {
	e.Label, e.At, e.Points, e.pieces = nil, Box{}, nil, nil
	if e.Text == "" {
		return
	}
	e.Label = typeset.Wrap(e.Text, labelWidth, labelLines)
	for _, line := range e.Label {
		e.At.Width = max(e.At.Width, typeset.Width(line, detailSize, false)+2*labelMargin)
	}
	e.At.Width, e.At.Height = math.Ceil(e.At.Width), math.Ceil(float64(len(e.Label))*detailSize*lineHeight+4)
}
