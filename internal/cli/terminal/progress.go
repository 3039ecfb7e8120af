package terminal

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/pace"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// Progress shows how a run is doing: with a bar on a terminal, else with lines.
type Progress struct {
	w        io.Writer
	terminal bool
	began    time.Time
}

// NewProgress makes a progress whose time begins now.
func NewProgress(w io.Writer) *Progress {
	file, ok := w.(*os.File)
	return &Progress{w: w, terminal: ok && term.IsTerminal(int(file.Fd())), began: time.Now()}
}

// Say prints a line that begins with the seconds since the start.
func (p *Progress) Say(format string, args ...any) {
	fmt.Fprintf(p.w, "%6.1fs  %s\n", time.Since(p.began).Seconds(), plain.Lines(fmt.Sprintf(format, args...)))
}

// Counts say how far a run has come.
type Counts struct {
	Total  int // items; Unknown if it is not known yet, or never
	Done   int // items, with failed ones; if Failed is Unknown, objects that were written
	Failed int // items
}

// Unknown is a count that is not known.
const Unknown = -1

func (c Counts) words() string {
	if c.Failed == Unknown {
		return Were(c.Done, "object", "objects") + " written"
	}
	done := number.Of(c.Done, "item")
	if c.Total >= 0 {
		done = number.Thousands(c.Done) + " of " + number.Of(c.Total, "item")
	}
	return fmt.Sprintf("%s done, %s failed", done, number.Thousands(c.Failed))
}

// Follow shows the counts until the function that it returns is called.
func (p *Progress) Follow(now func() Counts) (end func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		p.follow(done, now)
	}()
	return func() {
		close(done)
		<-ended
	}
}

func (p *Progress) follow(done <-chan struct{}, now func() Counts) {
	f := &followed{now: now, began: time.Now()}
	f.look()
	if p.terminal {
		p.bar(done, f)
		return
	}
	p.lines(done, f)
}

// followed are counts that are shown, with their rate. It is safe for concurrent use.
type followed struct {
	now   func() Counts
	began time.Time

	mutex   sync.Mutex
	meter   pace.Meter
	average string // once all are done
}

// lookEvery is how often the counts are looked at.
const lookEvery = 100 * time.Millisecond

// look returns the counts, and their rate with the time left in words, after a comma.
func (f *followed) look() (Counts, string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	c, at := f.now(), time.Now()
	f.meter.Add(at, int64(c.Done))
	rest := c.Total - c.Done
	if rest == 0 && f.average == "" {
		f.average = pace.Average(int64(c.Done), at.Sub(f.began), 0)
	}
	words := f.average
	if rest != 0 {
		words = f.meter.Words(at, int64(max(0, rest)))
	}
	if words != "" {
		words = ", " + words
	}
	return c, words
}

// idle reports whether the count stands still.
func (f *followed) idle() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.average == "" && f.meter.Idle(time.Now()) > 0
}

// lines prints a line every two seconds if the count has changed, and one when it stands still.
func (p *Progress) lines(done <-chan struct{}, f *followed) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	printed, at, idle := 0, time.Now(), false
	line := func() {
		c, pace := f.look()
		if stands := f.idle(); c.Done != printed || stands && !idle {
			printed, idle = c.Done, stands
			p.Say("%s%s", c.words(), pace)
		}
	}
	for {
		select {
		case <-tick.C:
			if time.Since(at) < linesEvery {
				f.look()
				continue
			}
			at = time.Now()
			line()
		case <-done:
			line()
			return
		}
	}
}

// linesEvery is the time between two lines.
const linesEvery = 2 * time.Second

func (p *Progress) bar(done <-chan struct{}, f *followed) {
	bars := mpb.New(mpb.WithOutput(p.w), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	text := func(decor.Statistics) string {
		c, pace := f.look()
		if c.Failed == Unknown {
			return fmt.Sprintf(" %s%s", c.words(), pace)
		}
		s := fmt.Sprintf(" %s", number.Thousands(c.Done))
		if c.Total >= 0 {
			s += " of " + number.Thousands(c.Total)
		}
		return s + fmt.Sprintf(", %s failed%s", number.Thousands(c.Failed), pace)
	}
	bar := bars.AddBar(0, mpb.AppendDecorators(decor.Any(text)))
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	update := func() {
		if c, _ := f.look(); c.Total > 0 {
			bar.SetTotal(int64(c.Total)+1, false) // the bar is full when the run ends
			bar.SetCurrent(int64(c.Done))
		}
	}
	for {
		select {
		case <-tick.C:
			update()
		case <-done:
			update()
			bar.SetTotal(-1, true)
			bars.Wait()
			return
		}
	}
}
