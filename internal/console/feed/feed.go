// Package feed follows executions for the pages that show them. An execution has one
// watcher, however many pages follow it: AWS has a quota for how often it may be asked.
package feed

import (
	"context"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/operate"
)

// rest is how long an execution is still followed after the last page has left, so that a
// page that is loaded again finds its series.
const rest = time.Minute

// Open opens the service of an execution, and returns what closes it.
type Open func(ctx context.Context, arn string) (*operate.Service, func() error, error)

// Feeds follow executions. They are safe for concurrent use.
type Feeds struct {
	ctx    context.Context
	open   Open
	mutex  sync.Mutex
	feeds  map[string]*Feed // by ARN
	going  sync.WaitGroup
	linger time.Duration
}

// New returns feeds that end with a context.
func New(ctx context.Context, open Open) *Feeds {
	return &Feeds{ctx: ctx, open: open, feeds: map[string]*Feed{}, linger: rest}
}

// Wait waits until all feeds have ended. Their context has to end before.
func (f *Feeds) Wait() { f.going.Wait() }

// Snapshot is how far an execution is.
type Snapshot struct {
	Status  operate.Status
	MapRuns []MapRun
	Delay   string // why AWS has not answered; "" if it has
	Series  []Point
	Ended   bool
	Err     error // why it is not followed any more
}

// MapRun is how far a Map Run is, with its rate and the time left in words.
type MapRun struct {
	operate.MapRun
	Words string `json:"pace,omitempty"`
}

// MapRuns returns the Map Runs of a status with their rates.
func MapRuns(status *operate.Status, now time.Time) []MapRun {
	runs := make([]MapRun, len(status.MapRuns))
	for i := range status.MapRuns {
		runs[i] = MapRun{status.MapRuns[i], status.MapRuns[i].Pace(now)}
	}
	return runs
}

// Feed follows one execution.
type Feed struct {
	feeds   *Feeds
	arn     string
	cancel  context.CancelFunc
	readers int         // of Feeds.mutex
	idle    *time.Timer // of Feeds.mutex

	mutex   sync.Mutex
	last    Snapshot
	series  series
	version int
	changed chan struct{} // closed by the next version
}

// Follow follows an execution. Leave has to be called.
func (f *Feeds) Follow(arn string) *Feed {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	feed := f.feeds[arn]
	if feed == nil {
		ctx, cancel := context.WithCancel(f.ctx)
		feed = &Feed{feeds: f, arn: arn, cancel: cancel, changed: make(chan struct{})}
		f.feeds[arn] = feed
		f.going.Go(func() { feed.watch(ctx) })
	}
	if feed.idle != nil {
		feed.idle.Stop()
		feed.idle = nil
	}
	feed.readers++
	return feed
}

// Leave ends what Follow began.
func (f *Feed) Leave() {
	f.feeds.mutex.Lock()
	defer f.feeds.mutex.Unlock()
	if f.readers--; f.readers == 0 {
		f.idle = time.AfterFunc(f.feeds.linger, f.forget)
	}
}

// forget ends a feed that nobody reads.
func (f *Feed) forget() {
	f.feeds.mutex.Lock()
	defer f.feeds.mutex.Unlock()
	if f.readers > 0 {
		return
	}
	f.cancel()
	if f.feeds.feeds[f.arn] == f {
		delete(f.feeds.feeds, f.arn)
	}
}

func (f *Feed) watch(ctx context.Context) {
	defer f.cancel()
	service, end, err := f.feeds.open(ctx, f.arn)
	if err == nil {
		defer func() { _ = end() }() // it only read
		_, err = service.Watch(ctx, f.arn, f.show)
	}
	f.feeds.mutex.Lock() // who follows it from now on, asks again
	if f.feeds.feeds[f.arn] == f {
		delete(f.feeds.feeds, f.arn)
	}
	f.feeds.mutex.Unlock()
	f.set(func() { f.last.Ended, f.last.Err = true, err })
}

// show keeps a status. It reads the meters, which the watcher changes later.
func (f *Feed) show(status *operate.Status) {
	now := time.Now()
	runs := MapRuns(status, now)
	f.set(func() {
		f.last.Status, f.last.MapRuns, f.last.Delay = *status, runs, ""
		if status.Delay != nil {
			f.last.Delay = status.Delay.String()
			return
		}
		p := Point{Ms: now.Sub(status.StartedAt).Milliseconds()}
		for i := range runs {
			p.Done += runs[i].Done()
			p.Failed += runs[i].Failed
		}
		if len(runs) > 0 {
			f.series.add(p)
		}
	})
}

func (f *Feed) set(change func()) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	change()
	f.version++
	close(f.changed)
	f.changed = make(chan struct{})
}

// Next returns the first snapshot after a version; 0 is before all of them. It returns false
// if the context has ended.
func (f *Feed) Next(ctx context.Context, after int) (Snapshot, int, bool) {
	for {
		f.mutex.Lock()
		snapshot, version, changed := f.last, f.version, f.changed
		snapshot.Series = append([]Point{}, f.series.points...)
		f.mutex.Unlock()
		if version > after {
			return snapshot, version, true
		}
		select {
		case <-ctx.Done():
			return Snapshot{}, after, false
		case <-changed:
		}
	}
}
