package uuid_test

import (
	"math"
	"testing"

	"github.com/mapjob/mapjob/internal/uuid"
)

func TestFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		high, low uint64
		expected  string
	}{
		{0, 0, "00000000-0000-4000-8000-000000000000"},
		{math.MaxUint64, math.MaxUint64, "ffffffff-ffff-4fff-bfff-ffffffffffff"},
		{0x0123456789abcdef, 0x0123456789abcdef, "01234567-89ab-4def-8123-456789abcdef"},
	} {
		if got := uuid.From(c.high, c.low); got != c.expected {
			t.Errorf("%x, %x: got %s, expected %s", c.high, c.low, got, c.expected)
		}
	}
}

func TestNewReturnsADifferentOneEachTime(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := uuid.New()
		if seen[id] {
			t.Fatalf("got %s twice", id)
		}
		seen[id] = true
	}
}
