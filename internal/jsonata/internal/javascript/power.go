package javascript

import (
	"math"
	"math/big"
)

// powerBits is the precision of the products in Power.
const powerBits = 256

// Power returns x to the power of y. For a whole exponent the result is the
// nearest float64, because that of math.Pow can be several digits off.
func Power(x, y float64) float64 {
	r := math.Pow(x, y)
	if y != math.Trunc(y) || math.Abs(y) > 1<<20 || x-x != 0 || x == 0 || r-r != 0 || math.Abs(r) < 0x1p-1022 {
		return r
	}
	power := big.NewFloat(1).SetPrec(powerBits)
	square := big.NewFloat(x).SetPrec(powerBits)
	for n := int(math.Abs(y)); n > 0; n >>= 1 {
		if n&1 == 1 {
			power.Mul(power, square)
		}
		square.Mul(square, square)
	}
	if y < 0 {
		power.Quo(big.NewFloat(1).SetPrec(powerBits), power)
	}
	r, _ = power.Float64()
	return r
}
