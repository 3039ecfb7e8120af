package feed

import "testing"

func TestASeriesStaysSmallAndKeepsBothEnds(t *testing.T) {
	var s series
	const last = 7 * 24 * 3600 * 1000 // a week, every 100 ms
	for ms := int64(0); ms <= last; ms += 100 {
		s.add(Point{Ms: ms, Done: ms / 10})
	}
	if n := len(s.points); n > mostPoints || n < mostPoints/3 {
		t.Errorf("got %d points, expected %d to %d", n, mostPoints/3, mostPoints)
	}
	if first, end := s.points[0], s.points[len(s.points)-1]; first.Ms != 0 || end.Ms != last || end.Done != last/10 {
		t.Errorf("got a series from %+v to %+v, expected the whole week", first, end)
	}
	widest := int64(0)
	for i := range s.points[1:] {
		step := s.points[i+1].Ms - s.points[i].Ms
		if step < 0 {
			t.Fatalf("got points %+v and %+v, expected them in their order", s.points[i], s.points[i+1])
		}
		widest = max(widest, step)
	}
	if widest > last/100 {
		t.Errorf("got a gap of %d ms, expected at most a hundredth of the whole", widest)
	}
}
