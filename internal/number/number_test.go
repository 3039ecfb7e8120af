package number_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/number"
)

func TestOf(t *testing.T) {
	for n, expected := range map[int]string{
		0: "0 items", 1: "1 item", 2: "2 items", 11: "11 items", 999: "999 items", 1000: "1,000 items", 1_234_567: "1,234,567 items", -1000: "-1,000 items", -100: "-100 items",
	} {
		if got := number.Of(n, "item"); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}
