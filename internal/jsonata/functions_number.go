package jsonata

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

var numberFunctions = []*native{
	function("number", "<(nsb)-:n>", 1, numberOf),
	function("sum", "<a<n>:n>", 1, aggregate(func(numbers []any) any {
		total := 0.0
		for _, n := range numbers {
			x, _ := value.Float(n)
			total += x
		}
		return total
	})),
	function("max", "<a<n>:n>", 1, aggregate(func(numbers []any) any { return extreme(numbers, math.Max) })),
	function("min", "<a<n>:n>", 1, aggregate(func(numbers []any) any { return extreme(numbers, math.Min) })),
	function("average", "<a<n>:n>", 1, aggregate(func(numbers []any) any {
		if len(numbers) == 0 {
			return Undefined
		}
		total := 0.0
		for _, n := range numbers {
			x, _ := value.Float(n)
			total += x
		}
		return total / float64(len(numbers))
	})),
	function("abs", "<n-:n>", 1, numeric(math.Abs)),
	function("floor", "<n-:n>", 1, numeric(math.Floor)),
	function("ceil", "<n-:n>", 1, numeric(math.Ceil)),
	function("round", "<n-n?:n>", 2, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		precision := 0
		if !c.missing(1) && !math.IsNaN(c.number(1)) {
			if c.number(1) != math.Trunc(c.number(1)) || math.Abs(c.number(1)) >= 1e21 { // which no exponent can be
				return c.finite(math.NaN())
			}
			precision = int(max(-1000, min(c.number(1), 1000)))
		}
		return c.finite(javascript.RoundHalfEven(c.number(0), precision))
	}),
	function("sqrt", "<n-:n>", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		if c.number(0) < 0 {
			return nil, &Error{Code: "D3060", index: 1, Value: c.value(0)}
		}
		return c.finite(math.Sqrt(c.number(0)))
	}),
	function("power", "<n-n:n>", 2, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		exponent := math.NaN()
		if !c.missing(1) {
			exponent = c.number(1)
		}
		r := javascript.Power(c.number(0), exponent)
		if r-r != 0 {
			return nil, &Error{Code: "D3061", index: 1, Value: c.value(0), exponent: c.value(1)}
		}
		return r, nil
	}),
	function("formatBase", "<n-n?:s>", 2, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		radix := 10.0
		if !c.missing(1) {
			radix = javascript.RoundHalfEven(c.number(1), 0)
		}
		if !(radix >= 2 && radix <= 36) {
			return nil, &Error{Code: "D3100", Value: radix}
		}
		n := javascript.RoundHalfEven(c.number(0), 0)
		switch {
		case n-n != 0:
			return javascript.NonFinite(n), nil
		case radix == 10:
			return value.Text(n), nil
		}
		return javascript.FormatRadix(n, radix), nil
	}),
	function("formatNumber", "<n-so?:s>", 3, formatNumber),
	function("formatInteger", "<n-s:s>", 2, formatInteger),
	function("parseInteger", "<s-s:n>", 2, parseInteger),
}

// numeric returns a built-in function of one number.
func numeric(f func(float64) float64) func(arguments) (any, error) {
	return func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		return c.finite(f(c.number(0)))
	}
}

// aggregate returns a built-in function of an array of numbers.
func aggregate(f func(numbers []any) any) func(arguments) (any, error) {
	return func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		v := f(c.items(0))
		if n, ok := v.(float64); ok {
			return c.finite(n)
		}
		return v, nil
	}
}

func extreme(numbers []any, of func(x, y float64) float64) any {
	if len(numbers) == 0 {
		return Undefined
	}
	r, _ := value.Float(numbers[0])
	for _, n := range numbers[1:] {
		x, _ := value.Float(n)
		r = of(r, x)
	}
	return r
}

func numberOf(c arguments) (any, error) {
	switch v := c.value(0).(type) {
	case undefined, float64, value.Number:
		return v, nil
	case bool:
		if v {
			return 1.0, nil
		}
		return 0.0, nil
	case string:
		if n, ok := parseNumber(v); ok {
			return n, nil
		}
	}
	return nil, &Error{Code: "D3030", Value: c.value(0), index: 1}
}

// parseNumber parses a JSON number, or a JavaScript literal with a radix
// prefix.
func parseNumber(s string) (float64, bool) {
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[s[1]|0x20]
		n, ok := new(big.Int).SetString(s[2:], base)
		if !ok || s[2] == '-' || s[2] == '+' {
			return 0, false
		}
		f, _ := new(big.Float).SetInt(n).Float64()
		return f, !math.IsInf(f, 0)
	}
	if !decimalNumber.MatchString(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// decimalNumber matches a JSON number, which may have leading zeros here.
var decimalNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$`)
