package job_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// crashes runs tries of a chunk of 8,100 items of 100 ms one after another. All
// but the last one crash: the process of try i is gone when it has worked for
// after[i], or when it comes to the poisoned item. It returns how many items were
// handled in all, and how many have a stored outcome in the end.
func crashes(t *testing.T, after []time.Duration, poisoned int, tries int) (handled, stored int) {
	t.Helper()
	const n = 8100
	synctest.Test(t, func(t *testing.T) {
		child := chunked(t, "crashes", n, n)[0]
		over := make(chan struct{})
		for try := range tries {
			began, gone := time.Now(), make(chan struct{})
			var dead atomic.Bool
			s3 := s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if dead.Load() {
					http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
					return
				}
				fakeS3.ServeHTTP(w, r)
			}))
			h := job.Work(func(_ context.Context, item int) (int, error) {
				if dead.Load() {
					return 0, nil
				}
				if try < len(after) && time.Since(began) >= after[try] || item == poisoned {
					dead.Store(true)
					close(gone)
					<-over
					return 0, nil
				}
				handled++
				time.Sleep(100 * time.Millisecond)
				return item, nil
			}, job.WithS3(s3), silent)
			answered := make(chan struct{})
			go func() {
				_, _ = jobtest.Call{Timeout: 15 * time.Minute}.Invoke(h, []byte(child))
				close(answered)
			}()
			select {
			case <-gone:
			case <-answered:
			}
		}
		stored = below(t, "crashes/outcomes/")
		close(over)
		outlast()
	})
	return handled, stored
}

func TestACrashRepeatsAtMostTheWorkOfAnInterval(t *testing.T) {
	for memory, interval := range map[string]time.Duration{"": time.Second, "256": 300 * time.Second, "1024": 75 * time.Second} {
		t.Run(memory, func(t *testing.T) {
			t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
			for _, after := range []time.Duration{interval - 500*time.Millisecond, interval + 500*time.Millisecond, 500*time.Second + 500*time.Millisecond} {
				handled, stored := crashes(t, []time.Duration{after}, -1, 2)
				repeated, lost := time.Duration(handled-8100)*100*time.Millisecond, after%interval
				if stored != 8100 || repeated < lost-200*time.Millisecond || repeated > lost+200*time.Millisecond {
					t.Errorf("crashed after %v: got %d outcomes and %v of work repeated, expected all 8,100 and some %v", after, stored, repeated, lost)
				}
			}
		})
	}
}

func TestAnItemThatCrashesEachTryOfAChunk(t *testing.T) {
	for name, c := range map[string]struct {
		memory   string
		poisoned int
		stored   int // outcomes
		handled  int
	}{
		"a part every second":             {"", 5005, 5000, 5015},
		"early, with a part every second": {"", 2005, 2000, 2015},
		"after the first part":            {"256", 5005, 4900, 7745}, // parts at 300 s, then at 1, 3, 7 … 127 s, then at 1, 3, … 63 s
		"before any try has stored parts": {"256", 2005, 0, 6015},    // nothing says to a try that it is not the first
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", c.memory)
			if handled, stored := crashes(t, nil, c.poisoned, 3); stored < c.stored-3 || stored > c.stored+3 || handled < c.handled-15 || handled > c.handled+15 {
				t.Errorf("got %d outcomes stored and %d items handled, expected some %d and %d", stored, handled, c.stored, c.handled)
			}
		})
	}
}

func TestAllOutcomesAreStoredBeforeTheDeadline(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
	synctest.Test(t, func(t *testing.T) {
		defer outlast()
		child := chunked(t, "deadline", 2000, 2000)[0]
		h := work(func(context.Context, int) (int, error) { time.Sleep(100 * time.Millisecond); return 0, nil })
		began := time.Now()
		answer, err := jobtest.Call{Timeout: time.Minute}.Invoke(h, []byte(child))
		if err != nil || !strings.Contains(string(answer), `"notBegun":14`) || time.Since(began) > time.Minute {
			t.Errorf("got %s and %v after %v, expected an answer within a minute", answer, err, time.Since(began))
		}
		if n := below(t, "deadline/outcomes/"); n < 570 || n > 600 {
			t.Errorf("got %d outcomes stored, expected those of almost a minute", n)
		}
	})
}
