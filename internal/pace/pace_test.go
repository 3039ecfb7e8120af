package pace_test

import (
	"math"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/pace"
)

// clock runs a meter over a count, in seconds since it began.
type clock struct {
	pace.Meter

	began time.Time
}

func (c *clock) at(seconds float64) time.Time {
	return c.began.Add(time.Duration(seconds * float64(time.Second)))
}

// look adds the count every so many seconds until one of them, from another one on.
func (c *clock) look(from, until, every float64, count func(seconds float64) float64) {
	for i := range int((until-from)/every + 0.5) {
		seconds := from + float64(i+1)*every
		c.Add(c.at(seconds), int64(count(seconds)))
	}
}

// steady counts so many a second from a second on.
func steady(rate, from float64) func(float64) float64 {
	return func(seconds float64) float64 { return max(0, rate*(seconds-from)) }
}

// bursts counts so many each so many seconds, spread over half a second.
func bursts(size, every float64) func(float64) float64 {
	return func(seconds float64) float64 {
		whole, part := math.Modf(seconds / every)
		return max(0, size*(whole-1)+size*min(1, part*every/0.5))
	}
}

func TestRateFollowsTheLastSeconds(t *testing.T) {
	for name, test := range map[string]struct {
		counted func(*clock)
		at      float64
		rate    float64 // to a tenth
	}{
		"not begun":           {func(*clock) {}, 1, 0},
		"no step yet":         {func(c *clock) { c.look(0, 30, 0.1, steady(0, 0)) }, 30, 0},
		"steady":              {func(c *clock) { c.look(0, 60, 0.1, steady(500, 0)) }, 60, 500},
		"soon after it began": {func(c *clock) { c.look(0, 1, 0.1, steady(500, 0)) }, 1, 500},
		"a start of two minutes": {func(c *clock) {
			c.look(0, 135, 0.1, steady(500, 120))
		}, 135, 500},
		"faster for ten seconds": {func(c *clock) {
			c.look(0, 600, 0.1, steady(10, 0))
			c.look(600, 611, 0.1, func(s float64) float64 { return 6000 + 1000*(s-600) })
		}, 611, 1000},
		"slower for ten seconds": {func(c *clock) {
			c.look(0, 600, 0.1, steady(1000, 0))
			c.look(600, 611, 0.1, func(s float64) float64 { return 600_000 + 10*(s-600) })
		}, 611, 10},
		"after a minute without a step": {func(c *clock) {
			c.look(0, 60, 0.1, steady(200, 0))
			c.look(120, 131, 0.1, func(s float64) float64 { return 12_000 + 200*(s-120) })
		}, 131, 200},
		"batches that end together each second":        {func(c *clock) { c.look(0, 60, 0.1, bursts(100, 1)) }, 60.9, 100},
		"batches that end together each minute":        {func(c *clock) { c.look(0, 900, 0.1, bursts(6000, 60)) }, 901, 100},
		"half a minute after batches of each minute":   {func(c *clock) { c.look(0, 930, 0.1, bursts(6000, 60)) }, 930, 100},
		"just before the next batches":                 {func(c *clock) { c.look(0, 959, 0.1, bursts(6000, 60)) }, 959, 100},
		"looked at every five seconds":                 {func(c *clock) { c.look(0, 100, 5, steady(30, 0)) }, 104, 30},
		"looked at each minute":                        {func(c *clock) { c.look(0, 3600, 60, steady(30, 0)) }, 3659, 30},
		"looked at each minute, faster for the last 4": {func(c *clock) { c.look(0, 3600, 60, func(s float64) float64 { return max(s, 3360+50*(s-3360)) }) }, 3600, 50},
		"redriven: the count has gone back": {func(c *clock) {
			c.look(0, 60, 1, steady(1000, 0))
			c.Add(c.at(61), 500)
			c.look(61, 64, 1, func(s float64) float64 { return 500 + 20*(s-61) })
		}, 64, 20},
		"gone back, and no step since": {func(c *clock) {
			c.look(0, 60, 1, steady(1000, 0))
			c.Add(c.at(61), 500)
		}, 64, 0},
	} {
		c := &clock{}
		c.Add(c.at(0), 0)
		if name == "not begun" {
			c = &clock{}
		}
		test.counted(c)
		if rate := c.Rate(c.at(test.at)); math.Abs(rate-test.rate) > test.rate/10 {
			t.Errorf("%s: got %.1f a second, expected %.1f", name, rate, test.rate)
		}
		if idle := c.Idle(c.at(test.at)); idle != 0 {
			t.Errorf("%s: got a count that has stood still for %s, expected one that goes on", name, idle)
		}
	}
}

func TestRateOfACountThatStandsStillFallsUntilItIsNotKnown(t *testing.T) {
	for name, test := range map[string]struct {
		every float64 // seconds between two steps
		idle  float64 // seconds after the last one
	}{"ten steps a second": {0.1, 10}, "a step every five seconds": {5, 15}, "a step each minute": {60, 180}} {
		c := &clock{}
		c.Add(c.at(0), 0)
		const last = 600
		c.look(0, last, test.every, steady(100, 0))
		before := c.Rate(c.at(last))
		for seconds := test.every * 1.1; seconds < test.idle; seconds += test.idle / 20 {
			rate := c.Rate(c.at(last + seconds))
			if rate >= before || rate == 0 || c.Idle(c.at(last+seconds)) != 0 {
				t.Errorf("%s: got %.1f a second %.1f s after the last step, expected less than %.1f", name, rate, seconds, before)
			}
			before = rate
		}
		at := c.at(last + test.idle + 1)
		if rate, idle := c.Rate(at), c.Idle(at); rate != 0 || idle != at.Sub(c.at(last)) {
			t.Errorf("%s: got %.1f a second and %s without a step, expected that the count stands still", name, rate, idle)
		}
	}
}

func TestAverage(t *testing.T) {
	for _, test := range []struct {
		count    int64
		seconds  int
		rest     int64
		expected string
	}{
		{0, 10, 1000, ""}, {10, 0, 1000, ""}, {10, -5, 1000, ""},
		{1000, 10, 1000, "100 a second, 10s left on average"}, {12345, 10, 1_000_000, "1,235 a second, 13m30s left on average"},
		{3, 1, 10, "3.0 a second, 3s left on average"}, {1, 2, 3600, "0.5 a second, 2h0m0s left on average"},
		{997, 100, 1, "10 a second, 0s left on average"}, {1000, 10, 0, "100 a second on average"}, {1, 1 << 30, 1e8, "0.0 a second on average"},
	} {
		if words := pace.Average(test.count, time.Duration(test.seconds)*time.Second, test.rest); words != test.expected {
			t.Errorf("%d in %d seconds: got %q, expected %q", test.count, test.seconds, words, test.expected)
		}
	}
}

func TestWords(t *testing.T) {
	c := &clock{}
	c.look(0, 60, 0.1, steady(500, 0))
	for after, expected := range map[float64]string{0: "500 a second, 2s left", 5: "336 a second, 3s left", 12: "none in the last 12s", 600: "none in the last 10m0s"} {
		if words := c.Words(c.at(60+after), 1000); words != expected {
			t.Errorf("%g seconds after the last step: got %q, expected %q", after, words, expected)
		}
	}
}

func TestMeterKeepsFewSteps(t *testing.T) {
	var m pace.Meter
	now := time.Time{}
	add := func() {
		for i := range 10_000 {
			now = now.Add(100 * time.Millisecond)
			m.Add(now, int64(i+1))
		}
	}
	if allocated := testing.AllocsPerRun(1, add); allocated > 50 {
		t.Errorf("got %.0f allocations for 10,000 steps, expected only those of a window", allocated)
	}
}
