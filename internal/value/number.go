package value

import (
	"math"
	"strconv"
)

// Number holds the literal of a JSON number that a float64 cannot represent
// exactly, such as a 64-bit identifier. It is passed on unchanged. Every other
// number is a float64.
type Number string

// Float returns the nearest float64.
func (n Number) Float() float64 {
	f, _ := strconv.ParseFloat(string(n), 64)
	return f
}

// small has the whole numbers from 0, as values.
var small = func() (all [256]any) {
	for n := range all {
		all[n] = float64(n)
	}
	return all
}()

// Whole returns a whole number as a value. The most frequent ones, which are small,
// take no memory.
func Whole(n int) any {
	if n >= 0 && n < len(small) {
		return small[n]
	}
	return float64(n)
}

// Float returns v as a float64, and reports whether v is a number.
func Float(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case Number:
		return n.Float(), true
	}
	return 0, false
}

// number returns a literal as a float64 if that represents it exactly, else as
// a Number. Literals of up to 15 characters always fit.
func number(literal string) any {
	f, err := strconv.ParseFloat(literal, 64)
	if len(literal) <= 15 && err == nil {
		return f
	}
	if err != nil || string(appendFloat(nil, f)) != literal {
		return Number(literal)
	}
	if math.Abs(f) > 1<<53 {
		return Number(literal)
	}
	return f
}
