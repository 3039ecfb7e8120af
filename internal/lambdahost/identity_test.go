package lambdahost

import "testing"

func TestIdentifiersAreRandom(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := newRequestID()
		if len(id) != 36 || id[14] != '4' || seen[id] {
			t.Fatalf("got %q, expected a new UUID of version 4", id)
		}
		seen[id] = true
	}
	for _, n := range []int{0, 1, 8, 12, 16} {
		if got := randomHex(n); len(got) != 2*n {
			t.Errorf("got %q, expected %d bytes", got, n)
		}
	}
}
