package page

import (
	"math"
	"strconv"

	"github.com/mapjob/mapjob/internal/number"
)

// Unit is what an axis counts.
type Unit int

// The units.
const (
	Dollars Unit = iota
	Items
	Seconds
)

// steps are the ticks of an axis of time: no power of ten of seconds says anything
// beyond a minute.
var steps = []float64{0.01, 0.1, 1, 10, 60, 600, 3600, 86_400, 10 * 86_400, 100 * 86_400, 1000 * 86_400}

// ticks returns the ticks of an axis, at most a number of them.
func (u Unit) ticks(from, to float64, most int) []float64 {
	var all []float64
	if u == Seconds {
		for _, s := range steps {
			if s >= from*0.999 && s <= to*1.001 {
				all = append(all, s)
			}
		}
	} else {
		for e := math.Ceil(math.Log10(from) - 1e-9); e <= math.Log10(to)+1e-9; e++ {
			all = append(all, math.Pow(10, e))
		}
	}
	every := (len(all) + most - 1) / most
	var some []float64
	for i := 0; i < len(all); i += max(every, 1) {
		some = append(some, all[i])
	}
	return some
}

// label writes a tick.
func (u Unit) label(v float64) string {
	switch u {
	case Items:
		return count(v)
	case Seconds:
		return duration(v)
	}
	if v >= 0.995 {
		return "$" + number.Thousands(int(math.Round(v)))
	}
	return "$" + strconv.FormatFloat(v, 'f', max(2, int(math.Ceil(-math.Log10(v)-1e-9))), 64)
}

// value writes a value at a bar, with two significant digits.
func (u Unit) value(v float64) string {
	switch {
	case u != Dollars || v >= 100:
		return u.label(v)
	case v < 0.00005:
		return "<$0.0001"
	}
	return "$" + strconv.FormatFloat(v, 'f', max(2, 1-int(math.Floor(math.Log10(v)))), 64)
}

func count(v float64) string {
	switch {
	case v >= 1e9:
		return strconv.FormatFloat(v/1e9, 'g', 3, 64) + "G"
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 3, 64) + "M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + "k"
	}
	return number.Thousands(int(math.Round(v)))
}

func duration(v float64) string {
	switch {
	case v >= 86_400:
		return number.Thousands(int(math.Round(v/86_400))) + " d"
	case v >= 3600:
		return strconv.FormatFloat(v/3600, 'g', 2, 64) + " h"
	case v >= 60:
		return strconv.FormatFloat(v/60, 'g', 2, 64) + " min"
	}
	return strconv.FormatFloat(v, 'g', 2, 64) + " s"
}
