package chunk_test

import (
	"context"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job/internal/chunk"
)

func TestIntervalIsAsLongAsTheMemoryIsSmall(t *testing.T) {
	t.Parallel()
	for memory, want := range map[string]time.Duration{
		"":       time.Second,
		"0":      time.Second,
		"-256":   time.Second,
		"256 MB": time.Second,
		"128":    600 * time.Second,
		"256":    300 * time.Second,
		"1024":   75 * time.Second,
		"10240":  7500 * time.Millisecond,
		"99999":  time.Second, // no function has that much
	} {
		if got := chunk.Interval(memory); got != want {
			t.Errorf("%q MB: got %v, expected %v", memory, got, want)
		}
	}
}

// parts is an S3 that notes when it got each part, and how many lines it has.
type parts struct {
	began time.Time
	fails int // so many requests, from the first

	mutex  sync.Mutex
	stored []part
}

type part struct {
	after time.Duration
	lines int
}

func (p *parts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	body, _ := io.ReadAll(r.Body)
	if p.fails > 0 {
		p.fails--
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	if r.Method == http.MethodPut && path.Ext(r.URL.Path) == ".jsonl" {
		p.stored = append(p.stored, part{time.Since(p.began), strings.Count(string(body), "\n")})
	}
}

func TestPartsAreStoredAtEachInterval(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, c := range map[string]struct {
		interval  time.Duration
		items     int // one a second
		bytes     int // of a result
		continued bool
		retry     bool
		fails     int
		want      []part
	}{
		"a short chunk has one part":         {300 * s, 299, 1, false, false, 0, []part{{299 * s, 299}}},
		"a long one has three":               {300 * s, 810, 1, false, false, 0, []part{{300 * s, 300}, {600 * s, 300}, {810 * s, 210}}},
		"a second without a memory":          {s, 3, 1, false, false, 0, []part{{s, 1}, {2 * s, 1}, {3 * s, 1}}},
		"soon after a try that did not end":  {300 * s, 810, 1, true, false, 0, []part{{s, 1}, {3 * s, 2}, {7 * s, 4}, {15 * s, 8}, {31 * s, 16}, {63 * s, 32}, {127 * s, 64}, {255 * s, 128}, {511 * s, 256}, {810 * s, 299}}},
		"soon after one without parts":       {300 * s, 20, 1, false, true, 0, []part{{s, 1}, {3 * s, 2}, {7 * s, 4}, {15 * s, 8}, {20 * s, 5}}},
		"but not sooner than the interval":   {s, 3, 1, true, false, 0, []part{{s, 1}, {2 * s, 1}, {3 * s, 1}}},
		"soon after a part was not stored":   {300 * s, 310, 1, false, false, 2, []part{{302 * s, 302}, {304 * s, 2}, {308 * s, 4}, {310 * s, 2}}},
		"large outcomes don't wait":          {300 * s, 12, 1 << 20, false, false, 0, []part{{4 * s, 4}, {8 * s, 4}, {12 * s, 4}}},
		"nothing is stored if there is none": {300 * s, 0, 1, false, false, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s3 := &parts{began: time.Now(), fails: c.fails}
				of := protocol.Chunk{Bucket: "results", Key: "chunk", Count: c.items}
				outcomes := chunk.NewOutcomes(s3object.New(s3fake.Client(s3)), &of, protocol.Folder{Bucket: "results", Prefix: "outcomes"}, "try")
				if c.continued {
					outcomes.AddStored("before-0000.jsonl", &protocol.Outcome{Status: protocol.Succeeded})
				}
				stop, stopped := make(chan struct{}), make(chan struct{})
				go func() { outcomes.Follow(context.Background(), stop, c.interval, c.retry); close(stopped) }()
				result := []byte(`"` + strings.Repeat("x", c.bytes) + `"`)
				for i := range c.items {
					// Just before each second, so that a part has all of its seconds.
					time.Sleep(time.Until(s3.began.Add(time.Duration(i+1)*s - time.Millisecond)))
					outcomes.Add(protocol.Outcome{Index: i, Status: protocol.Succeeded, Output: result})
					synctest.Wait()
				}
				time.Sleep(time.Until(s3.began.Add(time.Duration(c.items) * s)))
				synctest.Wait()
				close(stop)
				<-stopped
				if err := outcomes.Store(t.Context()); err != nil {
					t.Error(err)
				}
				for i := range s3.stored {
					s3.stored[i].after = s3.stored[i].after.Round(s)
				}
				if !slices.Equal(s3.stored, c.want) {
					t.Errorf("got %v, expected %v", s3.stored, c.want)
				}
			})
		})
	}
}
