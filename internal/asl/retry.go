package asl

import (
	"fmt"
	"math"
)

// Retrier is one element of Retry.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds int64
	MaxAttempts     int64
	BackoffRate     float64
	MaxDelaySeconds int64 // 0 is without limit
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
				g.problem(g.at("MaxDelaySeconds"), "got %d, expected more than IntervalSeconds, which is %d", n, r.IntervalSeconds)
			}
		}
		r.FullJitter = g.oneOf("JitterStrategy", "NONE", "NONE", "FULL") == "FULL"
		retriers = append(retriers, r)
	}
	return retriers
}

// maxDelay is what MaxDelaySeconds stays below: a year.
const maxDelay = 31622400 - 1

// Catcher is one element of Catch.
type Catcher struct {
	ErrorEquals []string
	Next        *State
	ResultPath  *ReferencePath
	Assign      *Template
	Output      *Template
}

func (f fields) catch(links []link) ([]*Catcher, []link) {
	var catchers []*Catcher
	list := f.list("Catch", "catchers")
	for i, v := range list {
		path := element(f.at("Catch"), i)
		g, ok := f.reader.fields(v, path, "a catcher", kindCatcher, f.language)
		if !ok {
			continue
		}
		g.offer = offersErrorOutput
		field := fmt.Sprintf("Catch[%d]", i)
		c := &Catcher{
			ErrorEquals: g.errorEquals(i == len(list)-1),
			Assign:      g.assign(field + "/Assign"),
		}
		if g.language == JSONata {
			c.Output = g.template("Output", field+"/Output")
		} else {
			c.ResultPath = g.referencePath("ResultPath")
		}
		if !g.has("Next") {
			g.missing("Next", "the name of a state")
		}
		links = g.link("Next", &c.Next, links)
		catchers = append(catchers, c)
	}
	return catchers, links
}

// errorEquals reads ErrorEquals. States.ALL stands alone, and only in the last
// retrier or catcher.
func (f fields) errorEquals(last bool) []string {
	list := f.list("ErrorEquals", "error names")
	if len(list) == 0 {
		f.problem(f.at("ErrorEquals"), "got no error name, expected at least one")
	}
	names := make([]string, 0, len(list))
	for i, v := range list {
		name, ok := v.(string)
		if !ok {
			f.problem(element(f.at("ErrorEquals"), i), "got %s, expected the name of an error", describe(v))
			continue
		}
		names = append(names, name)
		if name == "States.ALL" {
			if len(list) > 1 {
				f.problem(element(f.at("ErrorEquals"), i), "got States.ALL beside other names, expected it alone")
			}
			if !last {
				f.problem(element(f.at("ErrorEquals"), i), "got States.ALL before the end, expected it in the last element only")
			}
		}
	}
	return names
}
