package tally_test

import (
	"encoding/json"
	"io"
	"math"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/report"
)

var start = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

func TestTimesThatCannotBeRightAreNotOnTheTimeline(t *testing.T) {
	t.Parallel()
	began := start.UnixMilli()
	for name, times := range map[string][2]int64{
		"in seconds":          {start.Unix(), 5},
		"in nanoseconds":      {start.UnixNano(), 5},
		"negative":            {-began, 5},
		"the first there is":  {math.MinInt64, 0},
		"the last there is":   {math.MaxInt64, math.MaxInt64},
		"negative duration":   {began, -1},
		"endless":             {began, math.MaxInt64},
		"of another day":      {began - 24*60*60*1000, 5},
		"of two years later":  {began + 2*366*24*60*60*1000, 5},
		"after the year 9999": {300_000_000_000_000, 5},
	} {
		a := &tally.Tally{Start: start}
		a.Took(0, times[0], times[1], true)
		if line := a.Timeline(); line != nil {
			t.Errorf("%s: got %+v, expected the time to be ignored", name, line)
		}
		a.Took(1, began, 7, true)
		a.Took(2, times[0], times[1], true)
		a.Took(3, began+20, 7, false)
		line := a.Timeline()
		if line == nil || line.From != start.Add(7*time.Millisecond) || line.StepMs != 10 || len(line.Succeeded) != 3 || line.Succeeded[0] != 1 || line.Failed[2] != 1 {
			t.Errorf("%s: got %+v, expected the two items with other times", name, line)
		}
	}
}

func TestWithoutAStartTimesOfTwoCenturiesCount(t *testing.T) {
	t.Parallel()
	from, to := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	for at, counts := range map[time.Time]bool{
		from.Add(-time.Millisecond): false, from: true, to.Add(-time.Millisecond): true, to: false,
	} {
		a := &tally.Tally{}
		a.Took(0, at.UnixMilli(), 0, true)
		if line := a.Timeline(); (line != nil) != counts {
			t.Errorf("got %+v for %s, expected it to count: %t", line, at, counts)
		}
	}
}

// FuzzTook lets workers say anything of when items started and how long they
// took. A timeline has an item at most once, is small, and can be written.
func FuzzTook(f *testing.F) {
	began := start.UnixMilli()
	f.Add(began, began, int64(7), began+1, int64(1), began-1000, int64(0))
	f.Add(began, int64(math.MinInt64), int64(math.MinInt64), int64(math.MaxInt64), int64(math.MaxInt64), int64(1), int64(-1))
	f.Add(int64(0), began, int64(7), int64(9_000_000_000_000_000_000), int64(3), int64(-62_135_596_800_000), int64(5))
	f.Add(int64(0), int64(1), int64(0), int64(250_000_000_000_000), int64(0), int64(5_000_000_000_000), int64(0))
	f.Fuzz(func(t *testing.T, executionStart, start1, ms1, start2, ms2, start3, ms3 int64) {
		a := &tally.Tally{}
		if executionStart > 0 && executionStart < 250_000_000_000_000 {
			a.Start = time.UnixMilli(executionStart)
		}
		a.Took(0, start1, ms1, true)
		a.Took(1, start2, ms2, false)
		a.Took(2, start3, ms3, true)
		a.Took(3, start1, ms1, true)
		line := a.Timeline()
		if line == nil {
			return
		}
		items := 0
		for i := range line.Succeeded {
			items += line.Succeeded[i] + line.Failed[i]
		}
		if items < 1 || items > 4 || len(line.Succeeded) > 120 || len(line.Failed) != len(line.Succeeded) || line.StepMs <= 0 {
			t.Errorf("got %+v, expected up to four items in up to 120 steps", line)
		}
		r := &report.Report{Timeline: line, Slowest: a.Slowest}
		if err := r.HTML(io.Discard); err != nil {
			t.Error(err)
		}
		if err := r.JSON(io.Discard); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(line); err != nil {
			t.Error(err)
		}
	})
}
