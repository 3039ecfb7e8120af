package number_test

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/number"
)

func TestSome(t *testing.T) {
	letters := strings.Split("a b c d e f g h i j k l", " ")
	for n, expected := range map[int]string{
		0: "", 1: "a", 2: "a, b",
		10: "a, b, c, d, e, f, g, h, i, j", 11: "a, b, c, d, e, f, g, h, i, j and 1 more", 12: "a, b, c, d, e, f, g, h, i, j and 2 more",
	} {
		if got := number.Some(letters[:n]); got != expected {
			t.Errorf("%d elements: got %q, expected %q", n, got, expected)
		}
	}
}
