package graph

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// Distances, in pixels.
const (
	margin      = 16.0
	padding     = 12.0 // of a box
	glyphWidth  = 20.0 // of the sign of a state's type, before its name
	markRadius  = 7.0  // of a start and an end
	boxGap      = 26.0 // between boxes side by side
	lineGap     = 14.0 // between lines side by side
	branchGap   = 24.0
	layerGap    = 16.0 // between a layer of states and one of labels
	portGap     = 16.0 // between lines at a box
	loopWidth   = 26.0
	labelMargin = 5.0
)

// mostPieces is how many pieces the lines of a flow may have together. Many more would
// take minutes, for a drawing that no one can read.
const mostPieces = 1_000_000

// ErrTooLarge is the error of a state machine that is too large to draw.
var ErrTooLarge = errors.New("the state machine is too large to draw")

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
	g.Width, g.Height = max(g.top.Width, textWidth(g.Title, titleSize+1, true))+2*margin, g.top.Height+2*margin+header
	return nil
}

// place moves what is inside a flow, whose places are relative until then.
func (f *flow) place(x, y float64) {
	f.X, f.Y = x, y
	moved := map[*piece]bool{}
	for _, e := range f.edges {
		for _, p := range e.pieces {
			if moved[p] {
				continue
			}
			moved[p] = true
			for i, at := range *p {
				(*p)[i] = Point{round(at.X + x), round(at.Y + y)}
			}
		}
		for i := range e.Points {
			e.Points[i].X, e.Points[i].Y = round(e.Points[i].X+x), round(e.Points[i].Y+y)
		}
		e.At.X, e.At.Y = round(e.At.X+x), round(e.At.Y+y)
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
	n.Title = wrap(n.Name, titleWidth, titleLines)
	n.Details = nil
	for _, note := range n.Notes {
		n.Details = append(n.Details, wrap(note, detailWidth, detailLines)...)
	}
	n.Outcome = n.Visits.outcome()
	width, height := 0.0, 0.0
	for _, line := range n.Title {
		width = max(width, glyphWidth+textWidth(line, titleSize, true))
		height += titleSize * lineHeight
	}
	for _, line := range n.Details {
		width = max(width, textWidth(line, detailSize, false))
		height += detailSize * lineHeight
	}
	for _, line := range n.Outcome {
		width = max(width, textWidth(line, detailSize, true))
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

// layout lays a flow out, in layers, from the inside to the outside.
func (f *flow) layout() error {
	l := &layering{of: map[*Node]*vertex{}}
	for _, e := range f.edges {
		e.label()
		if e.from == e.to {
			e.from.loops = append(e.from.loops, e)
		}
	}
	for _, n := range f.nodes {
		if err := n.measure(); err != nil {
			return err
		}
		v := &vertex{node: n, w: n.Width, h: n.Height}
		for _, e := range n.loops {
			v.w = max(v.w, n.Width+2*(loopWidth+e.At.Width))
		}
		l.of[n] = v
		l.states = append(l.states, v)
	}
	for _, e := range f.edges {
		if e.from != e.to {
			l.routes = append(l.routes, &route{edge: e, from: l.of[e.from], to: l.of[e.to]})
		}
	}
	var err error
	if f.Width, f.Height, err = l.layout(); err != nil {
		return err
	}
	for _, n := range f.nodes {
		for i, e := range n.loops {
			right, y := n.X+n.Width, n.Y+n.Height/2+float64(i*40)-float64(len(n.loops)-1)*20
			e.pieces = nil
			e.Points = []Point{{right, y - 9}, {right + loopWidth - 8, y - 9}, {right + loopWidth - 8, y + 9}, {right, y + 9}}
			e.At.X, e.At.Y = right+loopWidth, y-e.At.Height/2
		}
		n.loops = nil
	}
	return nil
}

// label sets the label of an edge and its size.
func (e *Edge) label() {
	e.Label, e.At, e.Points, e.pieces = nil, Box{}, nil, nil
	if e.Text == "" {
		return
	}
	e.Label = wrap(e.Text, labelWidth, labelLines)
	for _, line := range e.Label {
		e.At.Width = max(e.At.Width, textWidth(line, detailSize, false)+2*labelMargin)
	}
	e.At.Width, e.At.Height = math.Ceil(e.At.Width), math.Ceil(float64(len(e.Label))*detailSize*lineHeight+4)
}

// vertex is a state, a label, or a place where a line passes a layer.
type vertex struct {
	node     *Node // nil unless it is a state
	label    *Edge // nil unless it is a label
	w, h     float64
	x, y     float64 // of the middle, and of the top
	rank     int
	order    int
	in, out  []*arc
	weighted float64 // a sort key
}

// arc is a part of a line, from one layer to the next.
type arc struct {
	from, to         *vertex
	fromPort, toPort float64 // from the middle of the vertices
	weight           float64
	drawn            *piece
}

// route is the way of an edge. From is above to: an edge that goes back is turned.
type route struct {
	edge     *Edge
	from, to *vertex
	turned   bool
	arcs     []*arc
}

// layering is a layered drawing of a flow (Sugiyama, Tagawa and Toda).
type layering struct {
	of     map[*Node]*vertex
	states []*vertex // the first one begins the flow
	routes []*route
	layers [][]*vertex
	tops   []float64
	bottom []float64
}

func (l *layering) layout() (width, height float64, err error) {
	l.turn()
	l.rank()
	pieces := 0
	for _, r := range l.routes {
		pieces += r.to.rank - r.from.rank
	}
	if pieces > mostPieces {
		return 0, 0, ErrTooLarge
	}
	l.thread()
	l.sort()
	l.ports()
	width = l.across()
	height = l.down()
	for _, v := range l.states {
		v.node.X, v.node.Y = v.x-v.node.Width/2, v.y
	}
	for _, r := range l.routes {
		l.draw(r)
	}
	return width, height, nil
}

// turn turns the edges that close a loop, so that none is left.
func (l *layering) turn() {
	out := map[*vertex][]*route{}
	for _, r := range l.routes {
		out[r.from] = append(out[r.from], r)
	}
	const entered, left = 1, 2
	state := map[*vertex]int{}
	type step struct {
		v    *vertex
		next int
	}
	for _, root := range l.states {
		if state[root] != 0 {
			continue
		}
		state[root] = entered
		for stack := []step{{root, 0}}; len(stack) > 0; {
			top := &stack[len(stack)-1]
			if top.next == len(out[top.v]) {
				state[top.v] = left
				stack = stack[:len(stack)-1]
				continue
			}
			r := out[top.v][top.next]
			top.next++
			switch to := r.to; state[to] {
			case entered:
				r.turned = true
			case 0:
				state[to] = entered
				stack = append(stack, step{to, 0})
			}
		}
	}
	for _, r := range l.routes {
		if r.turned {
			r.from, r.to = r.to, r.from
		}
	}
}

// rank gives each state the layer below the lowest of those before it. Layers with an
// odd number have labels.
func (l *layering) rank() {
	before := map[*vertex]int{}
	out := map[*vertex][]*vertex{}
	for _, r := range l.routes {
		before[r.to]++
		out[r.from] = append(out[r.from], r.to)
	}
	var ready []*vertex
	for _, v := range l.states {
		if before[v] == 0 {
			ready = append(ready, v)
		}
	}
	for ; len(ready) > 0; ready = ready[1:] {
		v := ready[0]
		for _, to := range out[v] {
			to.rank = max(to.rank, v.rank+2)
			if before[to]--; before[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
}

// thread lays the routes through the layers. Lines to the same state that pass the
// same layers are one line there, so that many catchers of one state stay legible.
func (l *layering) thread() {
	last := 0
	for _, v := range l.states {
		last = max(last, v.rank)
	}
	l.layers = make([][]*vertex, last+1)
	add := func(v *vertex) *vertex {
		v.order = len(l.layers[v.rank])
		l.layers[v.rank] = append(l.layers[v.rank], v)
		return v
	}
	for _, v := range l.states {
		add(v)
	}
	type key struct {
		to     *vertex
		rank   int
		turned bool
		caught bool
	}
	shared := map[key]*vertex{}
	arcs := map[[2]*vertex]*arc{}
	for _, r := range l.routes {
		target, labelled := r.to, r.from.rank+1
		if r.turned {
			target, labelled = r.from, r.to.rank-1
		}
		at := r.from
		for rank := r.from.rank + 1; rank <= r.to.rank; rank++ {
			next := r.to
			switch k := (key{target, rank, r.turned, r.edge.Cause == Catch}); {
			case rank == r.to.rank:
			case r.edge.Label != nil && rank == labelled:
				next = add(&vertex{label: r.edge, w: r.edge.At.Width, h: r.edge.At.Height, rank: rank})
			default:
				if next = shared[k]; next == nil {
					next = add(&vertex{rank: rank})
					shared[k] = next
				}
			}
			a := arcs[[2]*vertex{at, next}]
			if a == nil {
				a = &arc{from: at, to: next, weight: 1}
				if at.node == nil && next.node == nil {
					a.weight = 6
				} else if at.node == nil || next.node == nil {
					a.weight = 2
				}
				arcs[[2]*vertex{at, next}] = a
				at.out, next.in = append(at.out, a), append(next.in, a)
			}
			r.arcs = append(r.arcs, a)
			at = next
		}
	}
}

// tries returns how often a step is repeated, so that a large drawing takes a second.
func (l *layering) tries(most int) int {
	const vertices = 1_000_000
	count := 1
	for _, layer := range l.layers {
		count += len(layer)
	}
	return max(2, min(most, vertices/count))
}

// Most repetitions of a step.
const (
	sweeps      = 16 // of sorting the layers
	relaxations = 40 // of placing them
)

// sort orders each layer so that few lines cross.
func (l *layering) sort() {
	best, fewest := l.orders(), l.crossings()
	for i := range l.tries(sweeps) {
		if fewest == 0 {
			break
		}
		if i%2 == 0 {
			for rank := 1; rank < len(l.layers); rank++ {
				sortLayer(l.layers[rank], func(v *vertex) []*arc { return v.in }, func(a *arc) *vertex { return a.from })
			}
		} else {
			for rank := len(l.layers) - 2; rank >= 0; rank-- {
				sortLayer(l.layers[rank], func(v *vertex) []*arc { return v.out }, func(a *arc) *vertex { return a.to })
			}
		}
		if n := l.crossings(); n < fewest {
			best, fewest = l.orders(), n
		}
	}
	for rank, order := range best {
		copy(l.layers[rank], order)
		renumber(l.layers[rank])
	}
}

func (l *layering) orders() [][]*vertex {
	copies := make([][]*vertex, len(l.layers))
	for i, layer := range l.layers {
		copies[i] = slices.Clone(layer)
	}
	return copies
}

func renumber(layer []*vertex) {
	for i, v := range layer {
		v.order = i
	}
}

// sortLayer sorts a layer by the mean places of neighbours. A vertex without any stays
// where it is.
func sortLayer(layer []*vertex, arcs func(*vertex) []*arc, other func(*arc) *vertex) {
	for _, v := range layer {
		v.weighted = float64(v.order)
		if near := arcs(v); len(near) > 0 {
			sum := 0.0
			for _, a := range near {
				sum += float64(other(a).order)
			}
			v.weighted = sum / float64(len(near))
		}
	}
	slices.SortStableFunc(layer, func(a, b *vertex) int { return cmp.Compare(a.weighted, b.weighted) })
	renumber(layer)
}

// crossings counts the lines that cross between neighbouring layers.
func (l *layering) crossings() int {
	n := 0
	for rank := range len(l.layers) - 1 {
		var ends []int // of the arcs, sorted by their beginnings
		for _, v := range l.layers[rank] {
			from := len(ends)
			for _, a := range v.out {
				ends = append(ends, a.to.order)
			}
			slices.Sort(ends[from:])
		}
		tree := make([]int, len(l.layers[rank+1])+1) // a Fenwick tree
		for i, end := range ends {
			n += i
			for at := end + 1; at > 0; at -= at & -at {
				n -= tree[at]
			}
			for at := end + 1; at < len(tree); at += at & -at {
				tree[at]++
			}
		}
	}
	return n
}

// ports spreads the lines at a state.
func (l *layering) ports() {
	spread := func(v *vertex, arcs []*arc, set func(*arc, float64)) {
		gap := min(portGap, (v.node.Width-2*padding)/float64(max(len(arcs)-1, 1)))
		for i, a := range arcs {
			set(a, (float64(i)-float64(len(arcs)-1)/2)*gap)
		}
	}
	for _, v := range l.states {
		slices.SortStableFunc(v.out, func(a, b *arc) int { return cmp.Compare(a.to.order, b.to.order) })
		slices.SortStableFunc(v.in, func(a, b *arc) int { return cmp.Compare(a.from.order, b.from.order) })
		spread(v, v.out, func(a *arc, port float64) { a.fromPort = port })
		spread(v, v.in, func(a *arc, port float64) { a.toPort = port })
	}
}

// across sets the horizontal places, and returns the width. Each layer in turn is
// placed so that its lines are as straight as the widths of its neighbours allow.
func (l *layering) across() float64 {
	for _, layer := range l.layers {
		x := 0.0
		for i, v := range layer {
			if i > 0 {
				x += apart(layer[i-1], v)
			}
			v.x = x
		}
	}
	const down, up, both = 1, 2, 3
	passes := []int{down, up, down, up, down, up}
	for range l.tries(relaxations) {
		passes = append(passes, both)
	}
	for _, sides := range passes {
		for i := range l.layers {
			rank := i
			if sides == up {
				rank = len(l.layers) - 1 - i
			}
			place(l.layers[rank], sides&down != 0, sides&up != 0)
		}
	}
	l.straighten()
	left, right := math.Inf(1), math.Inf(-1)
	for _, layer := range l.layers {
		for _, v := range layer {
			left, right = min(left, v.x-v.w/2), max(right, v.x+v.w/2)
		}
	}
	for _, layer := range l.layers {
		for _, v := range layer {
			v.x = round(v.x - left)
		}
	}
	return right - left
}

// stiff reports whether an arc should be straight: it alone leads from one vertex to the
// other, or it is a part of a long line.
func (a *arc) stiff() bool {
	return len(a.from.out) == 1 && len(a.to.in) == 1 || a.from.passes() && a.to.passes()
}

// passes reports whether only a line is there.
func (v *vertex) passes() bool { return v.node == nil && v.label == nil }

// straighten moves chains of vertices, whose lines should be straight, to one place
// where there is room for all of them.
func (l *layering) straighten() {
	var chains [][]*vertex
	for _, layer := range l.layers {
		for _, v := range layer {
			if slices.ContainsFunc(v.in, (*arc).stiff) {
				continue // it is in the chain of another one
			}
			chain := []*vertex{v}
			for at := v; ; {
				i := slices.IndexFunc(at.out, (*arc).stiff)
				if i < 0 {
					break
				}
				at = at.out[i].to
				chain = append(chain, at)
			}
			if len(chain) > 1 {
				chains = append(chains, chain)
			}
		}
	}
	slices.SortStableFunc(chains, func(a, b []*vertex) int { return cmp.Compare(len(b), len(a)) })
	for range 4 {
		for _, chain := range chains {
			l.align(chain)
		}
	}
}

// align moves a chain as near as possible to where its ends lead.
func (l *layering) align(chain []*vertex) {
	from, to := math.Inf(-1), math.Inf(1)
	sum, weight := 0.0, 0.0
	add := func(x, w float64) { sum, weight = sum+x*w, weight+w }
	for _, v := range chain {
		layer := l.layers[v.rank]
		if v.order > 0 {
			before := layer[v.order-1]
			from = max(from, before.x+apart(before, v))
		}
		if v.order < len(layer)-1 {
			after := layer[v.order+1]
			to = min(to, after.x-apart(v, after))
		}
		add(v.x, 0.1)
		for _, a := range v.in {
			if !a.stiff() {
				add(a.from.x+a.fromPort-a.toPort, a.weight)
			}
		}
		for _, a := range v.out {
			if !a.stiff() {
				add(a.to.x+a.toPort-a.fromPort, a.weight)
			}
		}
	}
	if from > to {
		return
	}
	for _, v := range chain {
		v.x = max(from, min(to, sum/weight))
	}
}

// apart returns the least distance between the middles of two neighbours.
func apart(a, b *vertex) float64 {
	gap := lineGap
	if a.node != nil && b.node != nil {
		gap = boxGap
	}
	return (a.w+b.w)/2 + gap
}

// place places a layer by least squares: the wishes of its vertices, kept apart. It
// joins neighbours that would overlap into blocks (pool adjacent violators).
func place(layer []*vertex, down, up bool) {
	type block struct {
		sum, weight, at float64
		n               int
	}
	var blocks []block
	offset := 0.0
	for i, v := range layer {
		if i > 0 {
			offset += apart(layer[i-1], v)
		}
		wish, weight := 0.0, 0.0
		add := func(x, w float64) { wish, weight = wish+x*w, weight+w }
		if down {
			for _, a := range v.in {
				add(a.from.x+a.fromPort-a.toPort, a.weight)
			}
		}
		if up {
			for _, a := range v.out {
				add(a.to.x+a.toPort-a.fromPort, a.weight)
			}
		}
		if weight == 0 {
			add(v.x, 0.01)
		}
		b := block{wish - offset*weight, weight, 0, 1}
		b.at = b.sum / b.weight
		for len(blocks) > 0 && blocks[len(blocks)-1].at > b.at {
			before := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			b.sum, b.weight, b.n = b.sum+before.sum, b.weight+before.weight, b.n+before.n
			b.at = b.sum / b.weight
		}
		blocks = append(blocks, b)
	}
	i, offset := 0, 0.0
	for _, b := range blocks {
		for range b.n {
			if i > 0 {
				offset += apart(layer[i-1], layer[i])
			}
			layer[i].x = b.at + offset
			i++
		}
	}
}

// down sets the vertical places, and returns the height.
func (l *layering) down() float64 {
	y := 0.0
	l.tops, l.bottom = make([]float64, len(l.layers)), make([]float64, len(l.layers))
	for rank, layer := range l.layers {
		height, slant := 0.0, 0.0
		for _, v := range layer {
			height = max(height, v.h)
			for _, a := range v.in {
				slant = max(slant, math.Abs(a.from.x+a.fromPort-v.x-a.toPort))
			}
		}
		if rank > 0 {
			y += layerGap + min(slant/12, 22)
		}
		l.tops[rank], l.bottom[rank] = y, y+height
		for _, v := range layer {
			v.y = y + min((height-v.h)/2, 40)
		}
		y += height
	}
	return y
}

// piece is a part of a line, from one layer to the next. Edges share pieces.
type piece []Point

// piece returns the part of the line that an arc stands for.
func (l *layering) piece(a *arc) *piece {
	if a.drawn == nil {
		from, to := a.from.x+a.fromPort, a.to.x+a.toPort
		a.drawn = &piece{{from, a.from.y + a.from.h}, {from, l.bottom[a.from.rank]}, {to, l.tops[a.to.rank]}, {to, a.to.y}}
	}
	return a.drawn
}

// draw sets the points of a route and the place of its label.
func (l *layering) draw(r *route) {
	e := r.edge
	for _, a := range r.arcs {
		e.pieces = append(e.pieces, l.piece(a))
		e.Points = append(e.Points, *a.drawn...)
		if a.to.label == e {
			e.At.X, e.At.Y = a.to.x-a.to.w/2, a.to.y
		}
	}
	e.Points = bends(e.Points)
	if r.turned {
		slices.Reverse(e.Points)
		slices.Reverse(e.pieces)
	}
}

// bends leaves out the points of a line at which it goes straight on.
func bends(points []Point) []Point {
	kept := points[:1]
	for i, p := range points[1:] {
		last := len(kept) - 1
		if last > 0 && kept[last-1].X == kept[last].X && kept[last].X == p.X || p == kept[last] && i < len(points)-2 {
			kept[last] = p
			continue
		}
		kept = append(kept, p)
	}
	return slices.Clip(kept)
}
