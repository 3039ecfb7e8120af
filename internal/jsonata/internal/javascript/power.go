package javascript

import (
	"math"
	"math/big"
)

// powerBits is the precision of the products in Power.
const powerBits = 256

// Power returns x to the power of y as the nearest float64. The results of math.Pow
// can be some units off in the last place, and some differ from JavaScript's.
func Power(x, y float64) float64 {
	if y != y || math.Abs(x) == 1 && math.IsInf(y, 0) {
		return math.NaN()
	}
	r := math.Pow(x, y)
	if math.Abs(y) > 1<<20 || math.Abs(y) < 0x1p-100 || x-x != 0 || x == 0 || r-r != 0 || math.Abs(r) < 0x1p-1022 {
		return r
	}
	whole, fraction := math.Modf(math.Abs(y))
	power := big.NewFloat(1).SetPrec(powerBits)
	square := big.NewFloat(x).SetPrec(powerBits)
	for n := int(whole); n > 0; n >>= 1 {
		if n&1 == 1 {
			power.Mul(power, square)
		}
		square.Mul(square, square)
	}
	root := big.NewFloat(x).SetPrec(powerBits)
	for fraction > 0 {
		root.Sqrt(root)
		if fraction *= 2; fraction >= 1 {
			power.Mul(power, root)
			fraction--
		}
	}
	if y < 0 {
		power.Quo(big.NewFloat(1).SetPrec(powerBits), power)
	}
	r, _ = power.Float64()
	return r
}
