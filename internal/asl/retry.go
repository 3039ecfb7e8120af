package asl

import (
	"math"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/value"
)

// Retrier is an element of Retry.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds int64
	MaxAttempts     int64
	BackoffRate     float64
	MaxDelaySeconds int64 // 0 means no limit
	FullJitter      bool
}

func (p *parser) retry(f fields.Object) []*Retrier {
	var retriers []*Retrier
	list := f.List("Retry", "retriers")
	for i, v := range list {
		path := fields.Element(f.At("Retry"), i)
		g, ok := f.Document.Open(v, path, "a retrier", fields.RetrierKind, f.Language)
		if !ok {
			continue
		}
		r := &Retrier{IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2}
		r.ErrorEquals = p.errorEquals(g, i == len(list)-1)
		if n, ok := g.Integer("IntervalSeconds", 1, MaxSeconds); ok {
			r.IntervalSeconds = n
		}
		if n, ok := g.Integer("MaxAttempts", 0, MaxSeconds); ok {
			r.MaxAttempts = n
		}
		if n, ok := g.Number("BackoffRate", 1, math.Inf(1)); ok {
			r.BackoffRate = n
		}
		if n, ok := g.Integer("MaxDelaySeconds", 1, maxDelay); ok {
			r.MaxDelaySeconds = n
			if n <= r.IntervalSeconds {
				g.Document.Problem(g.At("MaxDelaySeconds"), "got %d, expected more than IntervalSeconds, which is %d", n, r.IntervalSeconds)
			}
		}
		r.FullJitter = g.OneOf("JitterStrategy", "NONE", "NONE", "FULL") == "FULL"
		retriers = append(retriers, r)
	}
	return retriers
}

// maxDelay is the largest MaxDelaySeconds: just below a (leap) year.
const maxDelay = 31622400 - 1

// errorEquals reads ErrorEquals. States.ALL must be alone, in the last retrier or
// catcher.
func (p *parser) errorEquals(f fields.Object, last bool) []string {
	list := f.Some("ErrorEquals", "error name", "error names")
	names := make([]string, 0, len(list))
	for i, v := range list {
		name, ok := v.(string)
		if !ok {
			f.Document.Problem(fields.Element(f.At("ErrorEquals"), i), "got %s, expected the name of an error", value.Describe(v))
			continue
		}
		names = append(names, name)
		if name == "States.ALL" {
			if len(list) > 1 {
				f.Document.Problem(fields.Element(f.At("ErrorEquals"), i), "got States.ALL beside other names, expected it alone")
			}
			if !last {
				f.Document.Problem(fields.Element(f.At("ErrorEquals"), i), "got States.ALL before the end, expected it in the last element only")
			}
		}
	}
	return names
}
