package lambdahost

import "testing"

func TestRandomHexIsAsLongAsAskedFor(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 8, 12, 16} {
		if got := randomHex(n); len(got) != 2*n {
			t.Errorf("got %q, expected %d bytes", got, n)
		}
	}
}
