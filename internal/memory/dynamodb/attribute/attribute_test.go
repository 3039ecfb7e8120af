package attribute

import (
	"bytes"
	"cmp"
	"math/big"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/value"
	"pgregory.net/rapid"
)

// number draws a number as a user may write it.
func number(t *rapid.T, label string) string {
	return rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,6})?([eE][-+]?[0-9]{1,2})?`).Draw(t, label)
}

func checked(t *rapid.T, text string) string {
	n, problem := canonical(text)
	if problem != "" {
		t.Fatalf("%s: %s", text, problem)
	}
	return n
}

func rational(t *rapid.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("got %q, expected a number", text)
	}
	return r
}

func TestNumbersKeepTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := number(t, "number")
		n := checked(t, text)
		if rational(t, n).Cmp(rational(t, text)) != 0 {
			t.Fatalf("%s: got %s, expected the same value", text, n)
		}
		if again := checked(t, n); again != n || strings.ContainsAny(n, "eE+") || strings.Contains(n, ".") && strings.HasSuffix(n, "0") {
			t.Fatalf("%s: got %s and then %s, expected a text that stays", text, n, again)
		}
	})
}

func TestSumsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`-?[0-9]{1,8}(\.[0-9]{1,8})?`).Draw(t, "a"), rapid.StringMatching(`-?[0-9]{1,8}(\.[0-9]{1,8})?`).Draw(t, "b")
		for minus, sum := range map[bool]func(z *big.Rat, x, y *big.Rat) *big.Rat{false: (*big.Rat).Add, true: (*big.Rat).Sub} {
			got, problem := Sum(checked(t, a), checked(t, b), minus)
			if expected := sum(new(big.Rat), rational(t, a), rational(t, b)); problem != "" || rational(t, got).Cmp(expected) != 0 {
				t.Fatalf("%s and %s: got %s %s, expected %s", a, b, got, problem, expected.FloatString(10))
			}
		}
	})
}

func TestSumsOutOfRangeAreRefused(t *testing.T) {
	for _, c := range [][3]string{
		{"1" + strings.Repeat("0", 37), "0.1", "Attempting to store more than 38 significant digits in a Number"},
		{strings.Repeat("9", 38) + strings.Repeat("0", 88), strings.Repeat("9", 38) + strings.Repeat("0", 88), "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{"1", "-1", ""},
	} {
		if _, problem := Sum(c[0], c[1], false); problem != c[2] {
			t.Errorf("%s + %s: got %q, expected %q", c[0], c[1], problem, c[2])
		}
	}
}

func TestKeysHaveTheOrderOfTheirValues(t *testing.T) {
	for kind, draw := range map[string]func(*rapid.T, string) string{
		Number: func(t *rapid.T, label string) string {
			return checked(t, rapid.StringMatching(`-?[0-2]{1,2}(\.[0-2]{1,2})?(e-?[0-2])?`).Draw(t, label))
		},
		String: func(t *rapid.T, label string) string {
			return rapid.StringMatching(`[\x00\x01aÿz€]{0,4}`).Draw(t, label)
		},
		Binary: func(t *rapid.T, label string) string {
			return rapid.SampledFrom([]string{"", "AA==", "AAA=", "AAE=", "AQ==", "/w==", "/wA=", "AP8=", "AAEC"}).Draw(t, label)
		},
	} {
		rapid.Check(t, func(t *rapid.T) {
			a, b := Of(kind, draw(t, "a")), Of(kind, draw(t, "b"))
			x, y := AppendKey(nil, a), AppendKey(nil, b)
			order, same := Compare(a, b)
			if got := bytes.Compare(x, y); !same || cmp.Compare(got, 0) != cmp.Compare(order, 0) {
				t.Fatalf("%s and %s: got %d, expected %d", Text(a), Text(b), got, order)
			}
			if order != 0 && (bytes.HasPrefix(x, y) || bytes.HasPrefix(y, x)) {
				t.Fatalf("%s and %s: got the keys %x and %x, expected none to begin with the other", Text(a), Text(b), x, y)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	for text, expected := range map[string]int{
		`{"a": {"S": "hello"}}`:                      6,
		`{"ab": {"S": "ö"}}`:                         4,
		`{"a": {"N": "0"}}`:                          2,
		`{"a": {"N": "1"}}`:                          3,
		`{"a": {"N": "-12"}}`:                        4,
		`{"a": {"N": "123"}}`:                        4,
		`{"a": {"B": "AAEC"}}`:                       4,
		`{"a": {"BOOL": true}, "b": {"NULL": true}}`: 4,
		`{"a": {"SS": ["x", "yz"]}}`:                 4,
		`{"a": {"L": []}}`:                           4,
		`{"a": {"L": [{"S": "x"}]}}`:                 6,
		`{"a": {"M": {"k": {"S": "v"}}}}`:            7,
	} {
		item, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := Size(item.(Item)); got != expected {
			t.Errorf("%s: got %d bytes, expected %d", text, got, expected)
		}
	}
}
