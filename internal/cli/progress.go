package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mapjob/mapjob/job/report"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// progress says on standard error how a run gets on: a bar on a terminal,
// lines elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	began    time.Time
}

func newProgress(w io.Writer) *progress {
	file, ok := w.(*os.File)
	return &progress{w: w, terminal: ok && term.IsTerminal(int(file.Fd())), began: time.Now()}
}

// say prints a line, with the seconds since the start before it.
func (p *progress) say(format string, args ...any) {
	fmt.Fprintf(p.w, "%6.1fs  %s\n", time.Since(p.began).Seconds(), fmt.Sprintf(format, args...))
}

// counts is how far a run has come.
type counts struct {
	total  int // items; unknown where it is not known yet, or never
	done   int // items, failed ones among them; objects where failed is unknown
	failed int // items; unknown where nobody can tell
}

const unknown = -1

// words are the counts but for the total, of which "of" says something.
func (c counts) words(of string) string {
	if c.failed == unknown {
		return was(c.done, "object", "objects") + " written"
	}
	return fmt.Sprintf("%s%s items done, %s failed", report.Thousands(c.done), of, report.Thousands(c.failed))
}

// follow shows the counts until done is closed.
func (p *progress) follow(done <-chan struct{}, now func() counts) {
	if p.terminal {
		p.bar(done, now)
		return
	}
	began := time.Now()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	said := -1
	line := func() {
		c := now()
		n := c.done
		if n == said || n == 0 {
			return
		}
		said = n
		of, left := "", ""
		rate := float64(n) / time.Since(began).Seconds()
		if c.total >= 0 {
			of = " of " + report.Thousands(c.total)
			if n < c.total {
				left = fmt.Sprintf(", %s left", remaining(c.total-n, rate))
			}
		}
		p.say("%s, %.0f a second%s", c.words(of), rate, left)
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

func (p *progress) bar(done <-chan struct{}, now func() counts) {
	bars := mpb.New(mpb.WithOutput(p.w), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	began := time.Now()
	text := func(decor.Statistics) string {
		c := now()
		n := c.done
		rate := float64(n) / time.Since(began).Seconds()
		if c.failed == unknown {
			return fmt.Sprintf(" %s, %.0f/s", c.words(""), rate)
		}
		s := fmt.Sprintf(" %s", report.Thousands(n))
		if c.total >= 0 {
			s += " of " + report.Thousands(c.total)
		}
		s += fmt.Sprintf(", %s failed, %.0f/s", report.Thousands(c.failed), rate)
		if c.total > n && n > 0 {
			s += fmt.Sprintf(", %s left", remaining(c.total-n, rate))
		}
		return s
	}
	bar := bars.AddBar(0, mpb.AppendDecorators(decor.Any(text)))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	update := func() {
		if c := now(); c.total > 0 {
			bar.SetTotal(int64(c.total)+1, false) // the last one comes with the end of the run
			bar.SetCurrent(int64(c.done))
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
