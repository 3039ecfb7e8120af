package price

import (
	"fmt"
	"math"
	"math/bits"
)

// Quantity holds how much of something was used, such as 32,000,000 requests or
// 1/16 GB for 0.2 s: a fraction that is never negative. The zero value is 0, and
// quantities can be compared with ==. A quantity whose numerator or denominator
// would pass 63 bits is rounded to what a float64 holds.
type Quantity struct{ num, den int64 }

// Whole returns n as a quantity.
func Whole(n int64) Quantity { return Ratio(n, 1) }

// Ratio returns num / den as a quantity. It panics if num is negative or den is
// not positive.
func Ratio(num, den int64) Quantity {
	if num < 0 || den <= 0 {
		panic(fmt.Sprintf("price: got the quantity %d/%d, expected one of at least 0", num, den))
	}
	if num == 0 {
		return Quantity{}
	}
	common := divisor(num, den)
	return Quantity{num / common, den / common}
}

// From returns f as a quantity: exact if f is whole, else to a millionth. It
// panics if f is negative or not a number.
func From(f float64) Quantity {
	const fine = 1_000_000
	switch {
	case !(f >= 0):
		panic(fmt.Sprintf("price: got the quantity %v, expected one of at least 0", f))
	case f >= math.MaxInt64:
		return Whole(math.MaxInt64)
	case f == math.Trunc(f) || f >= math.MaxInt64/fine:
		return Whole(int64(f))
	}
	return Ratio(int64(math.Round(f*fine)), fine)
}

// Float returns the quantity as a number.
func (q Quantity) Float() float64 { return float64(q.num) / float64(q.denominator()) }

// Plus returns the sum of two quantities.
func (q Quantity) Plus(r Quantity) Quantity {
	common := divisor(q.denominator(), r.denominator())
	left, ok1 := product(q.num, r.denominator()/common)
	right, ok2 := product(r.num, q.denominator()/common)
	den, ok3 := product(q.denominator(), r.denominator()/common)
	if !ok1 || !ok2 || !ok3 || left > math.MaxInt64-right {
		return From(q.Float() + r.Float())
	}
	return Ratio(left+right, den)
}

// Times returns n times the quantity. It panics if n is negative.
func (q Quantity) Times(n int64) Quantity {
	if n < 0 {
		panic(fmt.Sprintf("price: got a quantity %d times, expected at least 0 times", n))
	}
	if n == 0 || q.num == 0 {
		return Quantity{}
	}
	common := divisor(n, q.denominator())
	num, ok := product(q.num, n/common)
	if !ok {
		return From(q.Float() * float64(n))
	}
	return Ratio(num, q.denominator()/common)
}

// without returns q - r, and 0 if r is more.
func (q Quantity) without(r Quantity) Quantity {
	if q.cmp(r) <= 0 {
		return Quantity{}
	}
	common := divisor(q.denominator(), r.denominator())
	left, ok1 := product(q.num, r.denominator()/common)
	right, ok2 := product(r.num, q.denominator()/common)
	den, ok3 := product(q.denominator(), r.denominator()/common)
	if !ok1 || !ok2 || !ok3 {
		return From(q.Float() - r.Float())
	}
	return Ratio(left-right, den)
}

func (q Quantity) cmp(r Quantity) int {
	ahi, alo := bits.Mul64(uint64(q.num), uint64(r.denominator()))
	bhi, blo := bits.Mul64(uint64(r.num), uint64(q.denominator()))
	return Amount{ahi, alo}.Cmp(Amount{bhi, blo})
}

func (q Quantity) denominator() int64 { return max(q.den, 1) }

// product multiplies two numbers that are not negative, and reports whether the
// result fits.
func product(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return int64(lo), hi == 0 && lo <= math.MaxInt64
}

// divisor returns the greatest common divisor.
func divisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
