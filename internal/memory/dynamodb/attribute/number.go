package attribute

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is a number: its digits without zeros at the ends, and the exponent of
// the first of them. Zero has no digits.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// Limits of numbers (developer guide, "Supported data types and naming rules").
const (
	mostDigits   = 38
	mostExponent = 125
	leastExpo    = -130
)

// parseDecimal reads a number as DynamoDB does, and reports whether it is one.
func parseDecimal(text string) (decimal, bool) {
	var d decimal
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		d.negative = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa, exponent := rest, 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		n, err := strconv.Atoi(rest[i+1:])
		if err != nil {
			return d, false
		}
		mantissa, exponent = rest[:i], n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return d, false
	}
	significant := strings.TrimLeft(digits, "0")
	d.exponent = exponent + len(whole) - 1 - (len(digits) - len(significant))
	if d.digits = strings.TrimRight(significant, "0"); d.digits == "" {
		return decimal{}, true
	}
	return d, true
}

// String returns the number as DynamoDB writes it: without an exponent.
func (d decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	var text string
	switch n := len(d.digits); {
	case d.exponent < 0:
		text = "0." + strings.Repeat("0", -d.exponent-1) + d.digits
	case d.exponent+1 >= n:
		text = d.digits + strings.Repeat("0", d.exponent+1-n)
	default:
		text = d.digits[:d.exponent+1] + "." + d.digits[d.exponent+1:]
	}
	if d.negative {
		return "-" + text
	}
	return text
}

// check returns the message of DynamoDB for a number that is out of range.
func (d decimal) check() string {
	switch {
	case d.digits == "":
		return ""
	case d.exponent > mostExponent:
		return "Number overflow. Attempting to store a number with magnitude larger than supported range"
	case d.exponent < leastExpo:
		return "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	case len(d.digits) > mostDigits:
		return "Attempting to store more than 38 significant digits in a Number"
	}
	return ""
}

// canonical returns a number as DynamoDB writes it, or why it is not valid.
func canonical(text string) (_, problem string) {
	if plainInteger(text) {
		return text, ""
	}
	if text == "" {
		return "", "The parameter cannot be converted to a numeric value"
	}
	d, ok := parseDecimal(text)
	if !ok {
		return "", "The parameter cannot be converted to a numeric value: " + text
	}
	return d.String(), d.check()
}

// plainInteger reports whether a text is an integer of at most 18 digits that is
// written as DynamoDB does.
func plainInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 18 || digits[0] == '0' && text != "0" {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

// compareNumbers compares two numbers that were checked.
func compareNumbers(a, b string) int {
	x, _ := parseDecimal(a)
	y, _ := parseDecimal(b)
	switch {
	case x.sign() != y.sign():
		return x.sign() - y.sign()
	case x.exponent != y.exponent:
		if (x.exponent < y.exponent) != x.negative {
			return -1
		}
		return 1
	}
	return x.sign() * strings.Compare(x.digits, y.digits)
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// Sum returns a + b, or a - b if minus is true. The error is a message of DynamoDB.
func Sum(a, b string, minus bool) (_, problem string) {
	x, _ := parseDecimal(a)
	y, _ := parseDecimal(b)
	if minus {
		y.negative = !y.negative
	}
	last := min(x.last(), y.last())
	sum := new(big.Int).Add(x.scaled(last), y.scaled(last))
	d, _ := parseDecimal(sum.String() + "e" + strconv.Itoa(last))
	return d.String(), d.check()
}

// last returns the exponent of the last digit.
func (d decimal) last() int { return d.exponent + 1 - len(d.digits) }

// scaled returns the number divided by ten to the power of last, which is at most
// the exponent of the last digit.
func (d decimal) scaled(last int) *big.Int {
	n := new(big.Int)
	if d.digits == "" {
		return n
	}
	n.SetString(d.digits+strings.Repeat("0", d.last()-last), 10)
	if d.negative {
		n.Neg(n)
	}
	return n
}
