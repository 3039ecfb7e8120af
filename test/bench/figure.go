package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// figure is a measurement that is compared with a peer's.
type figure struct {
	name string
	unit string
	// begin prepares both sides.
	begin func(*workplace) (sides, error)
	// peer describes the other side.
	peer string
	// value and ratio are the targets of our value and of its ratio to the peer's.
	value, ratio target
}

// named returns the figures that have one of the names or are in a group of that
// name, in the order of the list. Without names it returns all figures.
func named(list []figure, names []string) ([]figure, error) {
	if len(names) == 0 {
		return list, nil
	}
	var all []string
	for _, f := range list {
		all = append(all, f.name)
	}
	var selected []figure
	unknown := slices.Clone(names)
	for _, f := range list {
		group, _, _ := strings.Cut(f.name, "/")
		is := func(name string) bool { return name == f.name || name == group }
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

// sides are the two measurements that alternate.
type sides struct{ ours, peer side }

// side measures once and returns the value in the figure's unit.
type side func() (float64, error)

// always returns a side with a constant value, such as a limit.
func always(v float64) side { return func() (float64, error) { return v, nil } }

// target is a bound on a value. The zero target is always reached.
type target struct {
	limit float64
	upper bool
}

func atLeast(limit float64) target { return target{limit: limit} }
func atMost(limit float64) target  { return target{limit: limit, upper: true} }

func (t target) reached(v float64) bool {
	switch {
	case t == target{}:
		return true
	case t.upper:
		return v <= t.limit
	}
	return v >= t.limit
}

// result is the result of a figure.
type result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Peer is the peer's value, in the same unit; Ratio is Value over Peer.
	Peer  float64 `json:"peer"`
	Ratio float64 `json:"ratio"`

	figure figure
}

func (r *result) reached() bool {
	return r.figure.value.reached(r.Value) && r.figure.ratio.reached(r.Ratio)
}

// measure runs both sides in turn. It collects garbage before each run, so that
// neither side pays for the other.
func (f figure) measure(runs int) (r result, err error) {
	w := &workplace{}
	defer func() { err = errors.Join(err, w.close()) }()
	s, err := f.begin(w)
	if err != nil {
		return r, err
	}
	var ours, peers []float64
	for range runs {
		for _, turn := range []struct {
			side side
			to   *[]float64
		}{{s.ours, &ours}, {s.peer, &peers}} {
			runtime.GC()
			v, err := turn.side()
			if err != nil {
				return r, err
			}
			*turn.to = append(*turn.to, v)
		}
	}
	r = result{Name: f.name, Unit: f.unit, Value: median(ours), Peer: median(peers), figure: f}
	if r.Peer == 0 {
		return r, fmt.Errorf("peer %s: got 0 %s, expected more", f.peer, f.unit)
	}
	r.Ratio = r.Value / r.Peer
	return r, nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// workplace holds the resources that a figure needs while it is measured.
type workplace struct{ closers []func() error }

// onClose adds a function to call after the measurement.
func (w *workplace) onClose(closer func() error) { w.closers = append(w.closers, closer) }

func (w *workplace) close() error {
	var errs []error
	for _, closer := range slices.Backward(w.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}
