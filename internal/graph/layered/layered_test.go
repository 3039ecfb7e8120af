package layered_test

import (
	"slices"
	"testing"

	"github.com/mapjob/mapjob/internal/graph/layered"
)

func boxes(n int) []*layered.Vertex {
	var list []*layered.Vertex
	for i := range n {
		list = append(list, &layered.Vertex{Width: float64(60 + 20*i), Height: 40, Ports: 40})
	}
	return list
}

func lay(t *testing.T, vertices []*layered.Vertex, edges ...*layered.Edge) {
	t.Helper()
	if _, _, err := layered.Layout(vertices, edges); err != nil {
		t.Fatal(err)
	}
}

func TestAChainIsStraight(t *testing.T) {
	t.Parallel()
	v := boxes(4)
	e := []*layered.Edge{{From: v[0], To: v[1]}, {From: v[1], To: v[2], LabelWidth: 100, LabelHeight: 20}, {From: v[2], To: v[3]}}
	lay(t, v, e...)
	for i, edge := range e {
		if p := edge.Points; len(p) != 2 || p[0].X != p[1].X || v[i+1].Y <= v[i].Y+v[i].Height {
			t.Errorf("got the line %v, expected one straight down", p)
		}
	}
}

func TestALoopLeadsUp(t *testing.T) {
	t.Parallel()
	v := boxes(3)
	back := &layered.Edge{From: v[2], To: v[0]}
	lay(t, v, &layered.Edge{From: v[0], To: v[1]}, &layered.Edge{From: v[1], To: v[2]}, back)
	first, last := back.Points[0], back.Points[len(back.Points)-1]
	if first.Y != v[2].Y || last.Y != v[0].Y+v[0].Height || v[0].Y != 0 {
		t.Errorf("got a line from %v to %v, expected one from the top of the last box to the bottom of the first", first, last)
	}
	for _, p := range back.Points {
		if inside := p.X > v[1].X-v[1].Width/2 && p.X < v[1].X+v[1].Width/2; inside && p.Y > v[1].Y && p.Y < v[1].Y+v[1].Height {
			t.Errorf("got a line through the box between: %v", back.Points)
		}
	}
}

// Long lines to the same box are one line, unless they are apart.
func TestLongLinesToABoxAreShared(t *testing.T) {
	t.Parallel()
	v := boxes(5)
	long := []*layered.Edge{{From: v[0], To: v[4]}, {From: v[1], To: v[4]}, {From: v[0], To: v[4], Apart: true}}
	edges := slices.Clone(long)
	for i := range 4 {
		edges = append(edges, &layered.Edge{From: v[i], To: v[i+1]})
	}
	lay(t, v, edges...)
	shared := func(a, b *layered.Edge) (n int) {
		for _, p := range a.Pieces {
			if slices.Contains(b.Pieces, p) {
				n++
			}
		}
		return n
	}
	if n := shared(long[0], long[1]); n != 5 {
		t.Errorf("got %d pieces that two lines share, expected 5", n)
	}
	if n := shared(long[0], long[2]); n != 0 {
		t.Errorf("got %d pieces that a line apart shares, expected none", n)
	}
}
