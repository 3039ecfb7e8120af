// Package layered lays graphs out in layers, from top to bottom (Sugiyama, Tagawa and
// Toda, "Methods for Visual Understanding of Hierarchical System Structures").
//
// Labels of edges have layers of their own, so that nothing covers them. Long edges
// pass between the vertices of the layers on their way, and those to the same vertex
// share a line.
package layered

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// Distances, in pixels.
const (
	boxGap   = 26.0 // between vertices side by side
	lineGap  = 14.0 // between lines side by side
	layerGap = 16.0 // between a layer of vertices and one of labels
	portGap  = 16.0 // between lines at a vertex
)

// Point is a place. The top left corner is 0, 0.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Vertex is a box. Layout sets X, the middle of it, and Y, its top.
type Vertex struct {
	Width, Height float64
	// Ports is the width within which lines begin and end.
	Ports float64
	X, Y  float64

	v vertex
}

// Edge is a line between two vertices.
type Edge struct {
	From, To *Vertex
	// LabelWidth and LabelHeight are the size of the label; 0 without one.
	LabelWidth, LabelHeight float64
	// Apart is true if the line shares pieces only with others of which that is true.
	Apart bool

	// Layout sets the following fields. LabelX and LabelY are the top left corner of the
	// label.
	LabelX, LabelY float64
	// Points are those of the line, without those at which it goes straight on. Between
	// two of them it leaves the first and reaches the second vertically.
	Points []Point
	// Pieces are the parts of the line.
	Pieces []*Piece
}

// Piece is a part of a line from one layer to the next: straight down, to the side, and
// straight down. Edges share pieces. It leads down in edges that lead up, too.
type Piece [4]Point

// mostPieces is how many pieces the lines may have together. Many more would take
// minutes, for a drawing that no one can read.
const mostPieces = 1_000_000

// ErrTooLarge is the error of a graph that is too large.
var ErrTooLarge = errors.New("the graph is too large to draw")

// Layout gives vertices and edges their places, and returns the size of all. The first
// vertex is at the top. No edge leads from a vertex to itself.
func Layout(vertices []*Vertex, edges []*Edge) (width, height float64, err error) {
	l := &layering{}
	for _, v := range vertices {
		v.v = vertex{box: v, w: v.Width, h: v.Height}
		l.vertices = append(l.vertices, &v.v)
	}
	for _, e := range edges {
		l.routes = append(l.routes, &route{edge: e, from: &e.From.v, to: &e.To.v})
	}
	return l.layout()
}

// vertex is a box, a label, or a place where a line passes a layer.
type vertex struct {
	box      *Vertex // nil unless it is a box
	label    *Edge   // nil unless it is a label
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
	drawn            *Piece
}

// route is the way of an edge. From is above to: an edge that goes back is turned.
type route struct {
	edge     *Edge
	from, to *vertex
	turned   bool
	arcs     []*arc
}

// layering is a graph that is laid out.
type layering struct {
	vertices []*vertex
	routes   []*route
	layers   [][]*vertex
	tops     []float64 // of the layers
	bottoms  []float64
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
	for _, v := range l.vertices {
		v.box.X, v.box.Y = v.x, v.y
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
	seen := map[*vertex]int{}
	type step struct {
		v    *vertex
		next int
	}
	for _, root := range l.vertices {
		if seen[root] != 0 {
			continue
		}
		seen[root] = entered
		for stack := []step{{root, 0}}; len(stack) > 0; {
			top := &stack[len(stack)-1]
			if top.next == len(out[top.v]) {
				seen[top.v] = left
				stack = stack[:len(stack)-1]
				continue
			}
			r := out[top.v][top.next]
			top.next++
			switch to := r.to; seen[to] {
			case entered:
				r.turned = true
			case 0:
				seen[to] = entered
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

// rank gives each vertex the layer below the lowest of those before it. Layers with an
// odd number have labels.
func (l *layering) rank() {
	before := map[*vertex]int{}
	out := map[*vertex][]*vertex{}
	for _, r := range l.routes {
		before[r.to]++
		out[r.from] = append(out[r.from], r.to)
	}
	var ready []*vertex
	for _, v := range l.vertices {
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

// thread lays the routes through the layers. Lines to the same vertex that pass the
// same layers are one line there, so that many lines to one vertex stay legible.
func (l *layering) thread() {
	last := 0
	for _, v := range l.vertices {
		last = max(last, v.rank)
	}
	l.layers = make([][]*vertex, last+1)
	add := func(v *vertex) *vertex {
		v.order = len(l.layers[v.rank])
		l.layers[v.rank] = append(l.layers[v.rank], v)
		return v
	}
	for _, v := range l.vertices {
		add(v)
	}
	type key struct {
		to     *vertex
		rank   int
		turned bool
		apart  bool
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
			switch k := (key{target, rank, r.turned, r.edge.Apart}); {
			case rank == r.to.rank:
			case r.edge.LabelWidth > 0 && rank == labelled:
				next = add(&vertex{label: r.edge, w: r.edge.LabelWidth, h: r.edge.LabelHeight, rank: rank})
			default:
				if next = shared[k]; next == nil {
					next = add(&vertex{rank: rank})
					shared[k] = next
				}
			}
			a := arcs[[2]*vertex{at, next}]
			if a == nil {
				a = &arc{from: at, to: next, weight: 1}
				if at.box == nil && next.box == nil {
					a.weight = 6
				} else if at.box == nil || next.box == nil {
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

// ports spreads the lines at a vertex.
func (l *layering) ports() {
	spread := func(v *vertex, arcs []*arc, set func(*arc, float64)) {
		gap := min(portGap, v.box.Ports/float64(max(len(arcs)-1, 1)))
		for i, a := range arcs {
			set(a, (float64(i)-float64(len(arcs)-1)/2)*gap)
		}
	}
	for _, v := range l.vertices {
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
			v.x -= left
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
func (v *vertex) passes() bool { return v.box == nil && v.label == nil }

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
	if a.box != nil && b.box != nil {
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
	l.tops, l.bottoms = make([]float64, len(l.layers)), make([]float64, len(l.layers))
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
		l.tops[rank], l.bottoms[rank] = y, y+height
		for _, v := range layer {
			v.y = y + min((height-v.h)/2, 40)
		}
		y += height
	}
	return y
}

// piece returns the part of the line that an arc stands for.
func (l *layering) piece(a *arc) *Piece {
	if a.drawn == nil {
		from, to := a.from.x+a.fromPort, a.to.x+a.toPort
		a.drawn = &Piece{{from, a.from.y + a.from.h}, {from, l.bottoms[a.from.rank]}, {to, l.tops[a.to.rank]}, {to, a.to.y}}
	}
	return a.drawn
}

// draw sets the points of a route and the place of its label.
func (l *layering) draw(r *route) {
	e := r.edge
	for _, a := range r.arcs {
		e.Pieces = append(e.Pieces, l.piece(a))
		e.Points = append(e.Points, a.drawn[:]...)
		if a.to.label == e {
			e.LabelX, e.LabelY = a.to.x-a.to.w/2, a.to.y
		}
	}
	e.Points = bends(e.Points)
	if r.turned {
		slices.Reverse(e.Points)
		slices.Reverse(e.Pieces)
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
