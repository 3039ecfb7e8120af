// Package figure measures mapjob beside its peers.
package figure

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// Figure is a measurement that is compared with a peer's.
type Figure struct {
	Name string
	Unit string
	// Begin prepares both sides.
	Begin func(*Workplace) (Sides, error)
	// Peer describes the other side.
	Peer string
	// Value and Ratio are the targets of our value and of its ratio to the peer's.
	Value, Ratio Target
}

// Sides are the two measurements that alternate.
type Sides struct{ Ours, Peer Side }

// Side measures once and returns the value in the figure's unit.
type Side func() (float64, error)

// Always returns a side with a constant value, such as a limit.
func Always(v float64) Side { return func() (float64, error) { return v, nil } }

// Named returns the figures that have one of the names or are in a group of that
// name, in the order of the list. Without names it returns all figures.
func Named(list []Figure, names []string) ([]Figure, error) {
	if len(names) == 0 {
		return list, nil
	}
	var all []string
	for _, f := range list {
		all = append(all, f.Name)
	}
	var selected []Figure
	unknown := slices.Clone(names)
	for _, f := range list {
		group, _, _ := strings.Cut(f.Name, "/")
		is := func(name string) bool { return name == f.Name || name == group }
		if slices.ContainsFunc(names, is) {
			selected = append(selected, f)
			unknown = slices.DeleteFunc(unknown, is)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("unknown figures: got %s, expected some of %s, or a group such as kit", strings.Join(unknown, ", "), strings.Join(all, ", "))
	}
	return selected, nil
}

// Measure runs both sides in turn. It collects garbage before each run, so that
// neither side pays for the other.
func (f Figure) Measure(runs int) (r Result, err error) {
	w := &Workplace{}
	defer func() { err = errors.Join(err, w.close()) }()
	s, err := f.Begin(w)
	if err != nil {
		return r, err
	}
	var ours, peers []float64
	for range runs {
		for _, turn := range []struct {
			side Side
			to   *[]float64
		}{{s.Ours, &ours}, {s.Peer, &peers}} {
			runtime.GC()
			v, err := turn.side()
			if err != nil {
				return r, err
			}
			*turn.to = append(*turn.to, v)
		}
	}
	r = Result{Name: f.Name, Unit: f.Unit, Value: Median(ours), Peer: Median(peers), figure: f}
	if r.Peer == 0 {
		return r, fmt.Errorf("peer %s: got 0 %s, expected more", f.Peer, f.Unit)
	}
	r.Ratio = r.Value / r.Peer
	return r, nil
}

// Median returns the middle of the values, or the mean of the two in the middle.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
