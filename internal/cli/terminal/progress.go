package terminal

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mapjob/mapjob/internal/number"
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
	if p.terminal {
		p.bar(done, now)
		return
	}
	began := time.Now()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	printed := -1
	line := func() {
		c := now()
		n := c.Done
		if n == printed || n == 0 {
			return
		}
		printed = n
		left := ""
		rate := float64(n) / time.Since(began).Seconds()
		if n < c.Total {
			left = fmt.Sprintf(", %s left", remaining(c.Total-n, rate))
		}
		p.Say("%s, %.0f a second%s", c.words(), rate, left)
	}
	for {
		select {
		case <-tick.C:
			line()
		case <-done:
			line()
			return
		}
	}
}

func remaining(items int, rate float64) time.Duration {
	return (time.Duration(float64(items)/rate*1000) * time.Millisecond).Round(time.Second)
}

func (p *Progress) bar(done <-chan struct{}, now func() Counts) {
	bars := mpb.New(mpb.WithOutput(p.w), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	began := time.Now()
	text := func(decor.Statistics) string {
		c := now()
		n := c.Done
		rate := float64(n) / time.Since(began).Seconds()
		if c.Failed == Unknown {
			return fmt.Sprintf(" %s, %.0f/s", c.words(), rate)
		}
		s := fmt.Sprintf(" %s", number.Thousands(n))
		if c.Total >= 0 {
			s += " of " + number.Thousands(c.Total)
		}
		s += fmt.Sprintf(", %s failed, %.0f/s", number.Thousands(c.Failed), rate)
		if c.Total > n && n > 0 {
			s += fmt.Sprintf(", %s left", remaining(c.Total-n, rate))
		}
		return s
	}
	bar := bars.AddBar(0, mpb.AppendDecorators(decor.Any(text)))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	update := func() {
		if c := now(); c.Total > 0 {
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
