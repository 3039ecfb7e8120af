package report

import "testing"

func TestTheHighestRateCountsItemsOnce(t *testing.T) {
	const began = 1_793_498_400_000
	for name, c := range map[string]struct {
		ends     []int64 // in milliseconds after the first
		expected int
	}{
		"one item":                   {[]int64{0}, 1},
		"three at once":              {[]int64{0, 1, 2}, 3},
		"spread over two seconds":    {[]int64{0, 400, 800, 1100, 1900}, 3},
		"two an hour for four hours": {[]int64{0, 1, 3_600_000, 3_600_001, 7_200_000, 7_200_001}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := &Account{}
			for i, end := range c.ends {
				a.Took(i, began+end, 0, true)
			}
			if got := a.Timeline.highest(); got > c.expected || got < c.expected-1 || got > len(c.ends) {
				t.Errorf("got %d a second, expected %d", got, c.expected)
			}
		})
	}
}
