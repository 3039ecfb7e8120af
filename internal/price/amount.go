package price

import "math/bits"

const (
	unitsOfDollar = 10_000_000_000_000
	unitsOfCent   = unitsOfDollar / 100
)

// Amount holds an amount of money, never negative, in units of 1e-13 dollars:
// the smallest list price, $0.0000000309, is exact. The zero value is $0, and
// amounts can be compared with ==.
type Amount struct{ hi, lo uint64 }

// Plus returns the sum of two amounts.
func (a Amount) Plus(b Amount) Amount {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return Amount{hi, lo}
}

// Cmp returns -1 if a is less than b, 1 if it is more, and else 0.
func (a Amount) Cmp(b Amount) int {
	switch {
	case a == b:
		return 0
	case a.hi < b.hi || a.hi == b.hi && a.lo < b.lo:
		return -1
	}
	return 1
}

// Dollars returns the amount as a number, for JSON, charts and ratios.
func (a Amount) Dollars() float64 {
	return (float64(a.hi)*(1<<64) + float64(a.lo)) / unitsOfDollar
}

// Cents returns the amount in cents, rounded half up, as AWS rounds the lines of
// a bill.
func (a Amount) Cents() int64 { return int64(a.over(unitsOfCent).lo) }

// times returns the cost of a quantity at a price in units, rounded half up.
func times(units uint64, q Quantity) Amount {
	hi, lo := bits.Mul64(units, uint64(q.num))
	return Amount{hi, lo}.over(uint64(q.denominator()))
}

// over divides by n and rounds half up.
func (a Amount) over(n uint64) Amount {
	a = a.Plus(Amount{lo: n / 2})
	hi, rest := a.hi/n, a.hi%n
	lo, _ := bits.Div64(rest, a.lo, n)
	return Amount{hi, lo}
}
