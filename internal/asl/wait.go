package asl

import (
	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/expression"
)

// Wait holds the fields of a Wait state. Exactly one of them is set.
type Wait struct {
	Seconds   *expression.Dynamic
	Timestamp *expression.Dynamic
}

func (p *parser) wait(f fields.Object) *Wait {
	w := &Wait{
		Seconds:   f.Dynamic("Seconds", "Seconds", fields.WholeIn(0, MaxSeconds)),
		Timestamp: f.Dynamic("Timestamp", "Timestamp", fields.Timestamp()),
	}
	n := 0
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.Has(name) {
			n++
		}
	}
	twice := f.Has("Seconds") && f.Has("SecondsPath") || f.Has("Timestamp") && f.Has("TimestampPath") // reported
	if n != 1 && !(n == 2 && twice) {
		f.Document.Problem(f.Path, "got %d of Seconds, SecondsPath, Timestamp and TimestampPath, expected exactly one", n)
	}
	return w
}
