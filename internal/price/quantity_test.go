package price

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestQuantitiesAreExactUntilTheyOverflow compares with package math/big.
func TestQuantitiesAreExactUntilTheyOverflow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	number := func() int64 { return random.Int64N(1 << (1 + random.IntN(40))) }
	rat := func(q Quantity) *big.Rat { return big.NewRat(q.num, q.denominator()) }
	exact := 0
	for range 20_000 {
		a, b, n := Ratio(number(), 1+number()), Ratio(number(), 1+number()), number()
		for name, c := range map[string]struct {
			got  Quantity
			want *big.Rat
		}{
			"plus":    {a.Plus(b), new(big.Rat).Add(rat(a), rat(b))},
			"times":   {a.Times(n), new(big.Rat).Mul(rat(a), new(big.Rat).SetInt64(n))},
			"without": {a.without(b), new(big.Rat).Sub(rat(a), rat(b))},
		} {
			if c.want.Sign() < 0 {
				c.want.SetInt64(0)
			}
			if rat(c.got).Cmp(c.want) == 0 {
				exact++
				continue
			}
			want, _ := c.want.Float64()
			if c.want.Num().IsInt64() && c.want.Denom().IsInt64() && max(c.want.Denom().Int64(), c.want.Num().Int64()) < 1<<20 {
				t.Fatalf("%s of %v, %v and %d: got %v, expected exactly %v", name, rat(a), rat(b), n, rat(c.got), c.want)
			}
			if off := math.Abs(c.got.Float() - want); off > max(1e-6, math.Abs(want)*1e-12) && c.want.Num().IsInt64() {
				t.Fatalf("%s of %v, %v and %d: got %v, expected about %v", name, rat(a), rat(b), n, c.got.Float(), want)
			}
		}
		if got, want := a.cmp(b), rat(a).Cmp(rat(b)); got != want {
			t.Fatalf("%v and %v: got %d, expected %d", rat(a), rat(b), got, want)
		}
	}
	if exact < 30_000 {
		t.Errorf("got %d exact results, expected most of 60,000", exact)
	}
}

func TestQuantitiesOfNumbers(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want Quantity
	}{
		{0, Quantity{}},
		{18_432, Whole(18_432)},
		{0.5, Ratio(1, 2)},
		{1.0000004, Whole(1)},
		{1e18, Whole(1_000_000_000_000_000_000)},
		{math.Inf(1), Whole(math.MaxInt64)},
	} {
		if got := From(c.f); got != c.want {
			t.Errorf("%v: got %v, expected %v", c.f, got, c.want)
		}
	}
	for _, f := range []float64{-1, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: got a quantity, expected a panic", f)
				}
			}()
			From(f)
		}()
	}
}

// TestCostsAreRoundedHalfUp compares with package math/big, in units and cents.
func TestCostsAreRoundedHalfUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		units, num, den := random.Uint64N(1<<44), random.Int64N(1<<(1+random.IntN(60))), 1+random.Int64N(1<<20)
		got := times(units, Ratio(num, den))
		want := new(big.Int).Mul(new(big.Int).SetUint64(units), big.NewInt(num))
		want.Add(want.Lsh(want, 1), big.NewInt(den)) // (2·n + d) / 2·d rounds half up
		want.Quo(want, big.NewInt(2*den))
		if in := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(got.hi), 64), new(big.Int).SetUint64(got.lo)); in.Cmp(want) != 0 {
			t.Fatalf("%d units of %d/%d: got %v, expected %v", units, num, den, in, want)
		}
	}
	for units, cents := range map[uint64]int64{0: 0, unitsOfCent/2 - 1: 0, unitsOfCent / 2: 1, 3 * unitsOfCent / 2: 2, 250 * unitsOfCent: 250} {
		if got := (Amount{lo: units}).Cents(); got != cents {
			t.Errorf("%d units: got %d cents, expected %d", units, got, cents)
		}
	}
}
