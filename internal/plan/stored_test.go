package plan

import (
	"math"
	"testing"
)

func TestWorkThatIsStoredIsNotDoneAgain(t *testing.T) {
	of := func(passing Passing, memory int) Setup {
		return Setup{Passing: passing, Memory: map[Role]int{Worker: memory}}
	}
	for _, c := range []struct {
		name    string
		setup   Setup
		worked  float64
		retry   bool
		seconds float64
		parts   int
	}{
		{"by value", of(ByValue, 256), 899, false, 0, 0},
		{"before the first part", of(ByReference, 256), 299.9, false, 0, 0},
		{"at the first part", of(ByReference, 256), 300, false, 300, 1},
		{"after two parts", of(ByReference, 256), 810, false, 600, 2},
		{"with more memory", of(ByReference, 1024), 810, false, 750, 10},
		{"with the most memory", of(ByReference, 10_240), 20, false, 15, 2},
		{"soon after a retry", of(ByReference, 256), 0.9, true, 0, 0},
		{"a second after a retry", of(ByReference, 256), 1, true, 1, 1},
		{"doubled waits", of(ByReference, 256), 14.9, true, 7, 3},
		{"waits up to the interval", of(ByReference, 10_240), 30, true, 29.5, 6}, // 1, 3, 7, 14.5, 22, 29.5
	} {
		seconds, parts := c.setup.Stored(c.worked, c.retry)
		if math.Abs(seconds-c.seconds) > 1e-9 || parts != c.parts {
			t.Errorf("%s: got %v s in %d parts, expected %v in %d", c.name, seconds, parts, c.seconds, c.parts)
		}
	}
	for _, s := range []Setup{of(ByValue, 256), of(ByReference, 256), of(ByReference, 1024)} {
		for _, work := range []float64{10, 300, 810} {
			var sum float64
			const steps = 10_000
			for i := range steps {
				worked := work * (float64(i) + 0.5) / steps
				stored, _ := s.Stored(worked, false)
				sum += (worked - stored) / steps
			}
			if got := s.lost(work); math.Abs(got-sum) > 0.01 {
				t.Errorf("%s, %d MB, %v s: got %v s lost, expected %v", s.Passing, s.Memory[Worker], work, got, sum)
			}
		}
	}
}
