package option

import (
	"math"

	"github.com/mapjob/mapjob/internal/plan"
)

// Curve is an option over the number of items.
type Curve struct {
	Option Option
	Points []CurvePoint
	End    Limit // the limit at which the curve ends; its At is 0 if it does not end
}

// CurvePoint is an option with a number of items.
type CurvePoint struct {
	Items        int
	USD, Seconds float64
	Binds        string
}

// Curves plans options with numbers of items from one to another, at points that lie
// evenly on a log axis. A curve ends at the first limit that its option meets.
func Curves(w plan.Workload, options []Option, from, to, points int) ([]Curve, error) {
	var curves []Curve
	for _, o := range options {
		c := Curve{Option: o}
		end := to
		if o.First.Name != "" && o.First.At < to {
			c.End, end = o.First, o.First.At
		}
		last := 0
		for i := range points {
			n := int(math.Round(float64(from) * math.Pow(float64(to)/float64(from), float64(i)/float64(points-1))))
			if n = min(n, end); n == last || n < from {
				continue
			}
			last = n
			w.Items = n
			at, err := o.evaluate(w)
			if err != nil {
				return nil, err
			}
			c.Points = append(c.Points, CurvePoint{n, at.Total().Dollars(), at.Took.Seconds, at.Took.Binds})
		}
		curves = append(curves, c)
	}
	return curves, nil
}
