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

// follow shows the counts until done is closed.
func (p *progress) follow(done <-chan struct{}, counts func() (total, succeeded, failed int)) {
	if p.terminal {
		p.bar(done, counts)
		return
	}
	began := time.Now()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	said := -1
	line := func() {
		total, succeeded, failed := counts()
		n := succeeded + failed
		if n == said || n == 0 {
			return
		}
		said = n
		of, left := "", ""
		rate := float64(n) / time.Since(began).Seconds()
		if total >= 0 {
			of = " of " + report.Thousands(total)
			if n < total {
				left = fmt.Sprintf(", %s left", remaining(total-n, rate))
			}
		}
		p.say("%s%s items done, %s failed, %.0f a second%s", report.Thousands(n), of, report.Thousands(failed), rate, left)
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

func (p *progress) bar(done <-chan struct{}, counts func() (total, succeeded, failed int)) {
	bars := mpb.New(mpb.WithOutput(p.w), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	began := time.Now()
	text := func(decor.Statistics) string {
		total, succeeded, failed := counts()
		n := succeeded + failed
		rate := float64(n) / time.Since(began).Seconds()
		s := fmt.Sprintf(" %s", report.Thousands(n))
		if total >= 0 {
			s += " of " + report.Thousands(total)
		}
		s += fmt.Sprintf(", %s failed, %.0f/s", report.Thousands(failed), rate)
		if total > n && n > 0 {
			s += fmt.Sprintf(", %s left", remaining(total-n, rate))
		}
		return s
	}
	bar := bars.AddBar(0, mpb.AppendDecorators(decor.Any(text)))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	update := func() {
		total, succeeded, failed := counts()
		if total > 0 {
			bar.SetTotal(int64(total)+1, false) // the last one comes with the end of the run
			bar.SetCurrent(int64(succeeded + failed))
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
