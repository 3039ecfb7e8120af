package feed

// Point is how many items were done at a time of an execution.
type Point struct {
	Ms     int64 `json:"ms"`     // since the execution started
	Done   int64 `json:"done"`   // failed ones included
	Failed int64 `json:"failed"` // of batches that failed as a whole
}

// mostPoints is the most points of a series. A page is not wider.
const mostPoints = 600

// series keeps points over any length of time: when they are too many, it drops each
// second one, and keeps fewer from then on.
type series struct {
	points []Point
	step   int64 // in milliseconds
}

func (s *series) add(p Point) {
	n := len(s.points)
	if n > 0 && p.Ms < s.points[n-1].Ms { // the clock was set
		return
	}
	if n > 1 && p.Ms-s.points[n-2].Ms < s.step { // the last point moves on
		s.points[n-1] = p
		return
	}
	s.points = append(s.points, p)
	if len(s.points) <= mostPoints {
		return
	}
	half := s.points[:0]
	for i, p := range s.points {
		if i%2 == 0 || i == len(s.points)-1 {
			half = append(half, p)
		}
	}
	s.points = half
	s.step = max(2*s.step, (p.Ms-s.points[0].Ms)/mostPoints*2)
}
