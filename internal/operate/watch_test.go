package operate

import (
	"context"
	"errors"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
)

// bucket is a quota: so many requests at once, and so many that come back in a second.
type bucket struct {
	size, refill, left float64
	filled             time.Time
}

func (b *bucket) take() bool {
	now := time.Now()
	if b.filled.IsZero() {
		b.left = b.size
	} else {
		b.left = min(b.size, b.left+b.refill*now.Sub(b.filled).Seconds())
	}
	b.filled = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// account is the Step Functions of an account, with the quotas of AWS. Its execution
// takes an hour: a Map Run of ten minutes, and another one.
type account struct {
	API

	began     time.Time
	closed    [2]time.Duration // DescribeMapRun answers no one from then until then
	offline   [2]time.Duration // the network is down
	mutex     sync.Mutex
	mapRuns   bucket
	asked     map[string]int // requests by operation
	throttled int
	items     types.MapRunItemCounts           // of a Map Run
	done      func(passed time.Duration) int64 // of the items; nil: none
}

func newAccount() *account {
	return &account{began: time.Now(), mapRuns: bucket{size: 200, refill: 1}, asked: map[string]int{}, items: types.MapRunItemCounts{Total: 10}}
}

const (
	firstEnds = 10 * time.Minute
	ends      = time.Hour
)

// request counts a request. It is throttled if a quota has nothing left.
func (a *account) request(operation string, quota *bucket) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.asked[operation]++
	passed := time.Since(a.began)
	failed := func(err error) error {
		return &smithy.OperationError{ServiceID: "SFN", OperationName: operation, Err: err}
	}
	if a.offline[0] < passed && passed < a.offline[1] {
		return failed(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")})
	}
	if quota != nil && (a.closed[0] < passed && passed < a.closed[1] || !quota.take()) {
		a.throttled++
		return failed(&smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"})
	}
	return nil
}

func (a *account) DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	d := &sfn.DescribeExecutionOutput{Name: aws.String("monday"), Status: types.ExecutionStatusRunning, StartDate: &a.began}
	if time.Since(a.began) >= ends {
		d.Status, d.StopDate, d.Output = types.ExecutionStatusSucceeded, aws.Time(a.began.Add(ends)), aws.String(`{"total": 10, "errors": {}}`)
	}
	return d, a.request("DescribeExecution", nil)
}

func (a *account) GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	return &sfn.GetExecutionHistoryOutput{}, a.request("GetExecutionHistory", nil)
}

func (a *account) ListMapRuns(context.Context, *sfn.ListMapRunsInput, ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error) {
	out := &sfn.ListMapRunsOutput{}
	for _, name := range []string{"first", "second"} {
		started, stopped := a.mapRun(name)
		if !started.After(time.Now()) {
			out.MapRuns = append(out.MapRuns, types.MapRunListItem{MapRunArn: aws.String(name), StartDate: &started, StopDate: stopped})
		}
	}
	return out, a.request("ListMapRuns", nil)
}

// mapRun returns when a Map Run started, and when it stopped; nil if it runs.
func (a *account) mapRun(name string) (started time.Time, stopped *time.Time) {
	started, end := a.began, a.began.Add(firstEnds)
	if name == "second" {
		started, end = end, a.began.Add(ends)
	}
	if !end.After(time.Now()) {
		stopped = &end
	}
	return started, stopped
}

func (a *account) DescribeMapRun(_ context.Context, in *sfn.DescribeMapRunInput, _ ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error) {
	started, stopped := a.mapRun(*in.MapRunArn)
	d := &sfn.DescribeMapRunOutput{MapRunArn: in.MapRunArn, Status: types.MapRunStatusRunning, StartDate: &started, StopDate: stopped}
	counts := a.items
	if a.done != nil {
		counts.Succeeded = a.done(time.Since(a.began))
		counts.Running = counts.Total - counts.Succeeded
	}
	d.ItemCounts = &counts
	if stopped != nil {
		d.Status = types.MapRunStatusSucceeded
	}
	return d, a.request("DescribeMapRun", &a.mapRuns)
}

// seen is what a watcher has seen.
type seen struct {
	times  []time.Time // of new statuses
	delays []string
	last   *Status
	ended  time.Duration // after the execution's end
}

// longest returns the longest time between two statuses.
func (s *seen) longest() (longest time.Duration) {
	for i := 1; i < len(s.times); i++ {
		longest = max(longest, s.times[i].Sub(s.times[i-1]))
	}
	return longest
}

// watchers lets watchers watch the execution of an account to its end.
func watchers(t *testing.T, a *account, n int) []seen {
	all := make([]seen, n)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			w := &all[i]
			var err error
			w.last, err = (&Service{API: a, Region: "eu-west-1"}).Watch(t.Context(), monday, func(status *Status) {
				if status.Delay != nil {
					w.delays = append(w.delays, status.Delay.String())
				} else {
					w.times = append(w.times, time.Now())
				}
			})
			if err != nil {
				t.Errorf("watcher %d: %v", i, err)
				return
			}
			w.ended = time.Since(a.began.Add(ends))
			if w.last.Status != "SUCCEEDED" || len(w.last.MapRuns) != 2 || w.last.MapRuns[1].StoppedAt == nil || w.last.Delay != nil {
				t.Errorf("watcher %d: got the last status %+v, expected the end of both Map Runs", i, w.last)
			}
		})
	}
	group.Wait()
	return all
}

func TestWatchingAnHourTakesFewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		w := watchers(t, a, 1)[0]
		total := 0
		for _, n := range a.asked {
			total += n
		}
		t.Logf("an hour: %d requests, %v; the end was seen after %s", total, a.asked, w.ended)
		if looks := len(w.times); looks < 80 || looks > 115 || a.asked["DescribeMapRun"] > looks+1 || total > 4*looks+1 {
			t.Errorf("got %d looks with the requests %v, expected some 100 looks with four requests each, and one for a Map Run that has ended", looks, a.asked)
		}
		if len(w.delays) > 0 || w.longest() > longestPause*5/4 || w.ended > longestPause*5/4 {
			t.Errorf("got the delays %q, a longest pause of %s and the end after %s, expected none and little more than a minute", w.delays, w.longest(), w.ended)
		}
	})
}

func TestThrottlingIsWaitedOutAndSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		a.closed = [2]time.Duration{-1, 10 * time.Minute} // from the first request on
		w := watchers(t, a, 1)[0]
		t.Logf("%d requests were throttled: %q", a.throttled, w.delays)
		if a.throttled < 5 || a.throttled > 20 || len(w.delays) != a.throttled {
			t.Errorf("got %d throttled requests and the delays %q, expected a few, each of which is said", a.throttled, w.delays)
		}
		for _, said := range w.delays {
			if !strings.HasPrefix(said, "Step Functions throttles states:DescribeMapRun, which is asked too often in this account (Rate exceeded): asked again in ") {
				t.Errorf("got %q, expected what is throttled and when it is asked again", said)
			}
		}
		if first := w.times[0].Sub(a.began); first < 10*time.Minute || first > 12*time.Minute {
			t.Errorf("got the first status after %s, expected it soon after ten minutes", first)
		}
	})
}

func TestWatchGoesOnWhenTheNetworkIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		a.offline = [2]time.Duration{20 * time.Minute, 30 * time.Minute}
		w := watchers(t, a, 1)[0]
		if len(w.delays) == 0 || !strings.HasPrefix(w.delays[0], "Step Functions can't be reached: check the network") || w.longest() > 13*time.Minute {
			t.Errorf("got the delays %q and nothing new for %s, expected ten minutes and a little more", w.delays, w.longest())
		}
		a = newAccount()
		a.offline = [2]time.Duration{-1, time.Hour}
		if _, err := (&Service{API: a}).Watch(t.Context(), monday, func(*Status) {}); err == nil || !strings.HasPrefix(err.Error(), "Step Functions can't be reached") {
			t.Errorf("got %v, expected that a network that was never there is an error at once", err)
		}
	})
}

// A hundred watchers that began at once want more than one request a second.
func TestManyWatchersDoNotStarve(t *testing.T) {
	for _, n := range []int{10, 100, 300} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAccount()
				var longest, ended time.Duration
				fewest := 1 << 30
				for _, w := range watchers(t, a, n) {
					longest, ended, fewest = max(longest, w.longest()), max(ended, w.ended), min(fewest, len(w.times))
				}
				t.Logf("%d watchers: %d requests for Map Runs, %d of them throttled; a watcher had at least %d statuses, waited %s at most for one, and %s for the end",
					n, a.asked["DescribeMapRun"], a.throttled, fewest, longest, ended)
				most := map[int]time.Duration{10: 2 * time.Minute, 100: 10 * time.Minute, 300: 30 * time.Minute}[n]
				if longest > most || ended > most {
					t.Errorf("got a watcher that waited %s for a status and %s for the end, expected at most %s", longest, ended, most)
				}
			})
		})
	}
}

func TestWatchShowsTheRateOfTheLastLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		a.items.Total = 100_000
		a.done = func(passed time.Duration) int64 { // 10 a second, then 100, then none
			seconds := passed.Seconds()
			return int64(10*min(seconds, 300) + 100*max(0, min(seconds, 420)-300))
		}
		shown := map[int]string{} // the last one of each minute
		if _, err := (&Service{API: a}).Watch(t.Context(), monday, func(status *Status) {
			if passed := time.Since(a.began); passed < firstEnds {
				shown[int(passed.Minutes())] = status.MapRuns[0].Pace(time.Now())
			}
		}); err != nil {
			t.Fatal(err)
		}
		for minute, expected := range map[int]string{3: `^10 a second, 2h4\dm`, 6: `^(9\d|100) a second, 1\dm`, 9: "^none in the last 2m"} {
			if !regexp.MustCompile(expected).MatchString(shown[minute]) {
				t.Errorf("after %d minutes: got %q, expected %s", minute, shown[minute], expected)
			}
		}
	})
}

// The items that were done before a redrive say nothing about the time that the others
// take.
func TestNoAverageOfARedrivenMapRun(t *testing.T) {
	began := time.Now()
	m := MapRun{StartedAt: began, Total: 1000, Handled: 900, Pending: 100}
	if pace := m.Pace(began.Add(90 * time.Second)); pace != "10 a second, 10s left on average" {
		t.Errorf("got %q, expected the average", pace)
	}
	m.redriven = true
	if pace := m.Pace(began.Add(90 * time.Second)); pace != "" {
		t.Errorf("got %q, expected nothing", pace)
	}
}

func TestNoTimeIsLeftWhileAMapRunReadsMoreItems(t *testing.T) {
	began, known := time.Now(), map[string]*measured{}
	for second, look := range []struct {
		total, done int64
		expected    string
	}{{100, 50, ""}, {200, 100, "50 a second"}, {300, 150, "50 a second"}, {300, 200, "50 a second, 2s left"}, {300, 250, "50 a second, 1s left"}} {
		now := began.Add(time.Duration(second) * time.Second)
		s := &Status{MapRuns: []MapRun{{ARN: "run", Total: look.total, Handled: look.done}}}
		s.measure(known, now)
		if got := s.MapRuns[0].Pace(now); got != look.expected {
			t.Errorf("%d of %d: got %q, expected %q", look.done, look.total, got, look.expected)
		}
	}
}
