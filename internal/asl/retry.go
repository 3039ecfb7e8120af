package asl

import (
	"math"

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

func (f fields) retry() []*Retrier {
	var retriers []*Retrier
	list := f.list("Retry", "retriers")
	for i, v := range list {
		path := element(f.at("Retry"), i)
		g, ok := f.reader.fields(v, path, "a retrier", kindRetrier, f.language)
		if !ok {
			continue
		}
		r := &Retrier{IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2}
		r.ErrorEquals = g.errorEquals(i == len(list)-1)
		if n, ok := g.integer("IntervalSeconds", 1, maxSeconds); ok {
			r.IntervalSeconds = n
		}
		if n, ok := g.integer("MaxAttempts", 0, maxSeconds); ok {
			r.MaxAttempts = n
		}
		if n, ok := g.number("BackoffRate", 1, math.Inf(1)); ok {
			r.BackoffRate = n
		}
		if n, ok := g.integer("MaxDelaySeconds", 1, maxDelay); ok {
			r.MaxDelaySeconds = n
			if n <= r.IntervalSeconds {
				g.reader.problem(g.at("MaxDelaySeconds"), "got %d, expected more than IntervalSeconds, which is %d", n, r.IntervalSeconds)
			}
		}
		r.FullJitter = g.oneOf("JitterStrategy", "NONE", "NONE", "FULL") == "FULL"
		retriers = append(retriers, r)
	}
	return retriers
}

// maxDelay is the largest MaxDelaySeconds: just below a (leap) year.
const maxDelay = 31622400 - 1

// errorEquals reads ErrorEquals. States.ALL must be alone, in the last retrier or
// catcher.
func (f fields) errorEquals(last bool) []string {
	list := f.list("ErrorEquals", "error names")
	if len(list) == 0 {
		f.reader.problem(f.at("ErrorEquals"), "got no error name, expected at least one")
	}
	names := make([]string, 0, len(list))
	for i, v := range list {
		name, ok := v.(string)
		if !ok {
			f.reader.problem(element(f.at("ErrorEquals"), i), "got %s, expected the name of an error", value.Describe(v))
			continue
		}
		names = append(names, name)
		if name == "States.ALL" {
			if len(list) > 1 {
				f.reader.problem(element(f.at("ErrorEquals"), i), "got States.ALL beside other names, expected it alone")
			}
			if !last {
				f.reader.problem(element(f.at("ErrorEquals"), i), "got States.ALL before the end, expected it in the last element only")
			}
		}
	}
	return names
}
