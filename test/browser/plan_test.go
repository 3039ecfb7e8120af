package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	planpage "github.com/mapjob/mapjob/internal/plan/page"
)

// frames shows the page as a laptop and a telephone do, and says what can't be read.
const frames = `<!doctype html><body><script>
const luminance = color => {
	const [r, g, b] = color.match(/[\d.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
	return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05) }
const look = (frame, width) => {
	const doc = frame.contentDocument, view = frame.contentWindow, problems = []
	const back = view.getComputedStyle(doc.body).backgroundColor
	const texts = [...doc.querySelectorAll('svg text')].filter(t => t.getClientRects().length)
	const boxes = texts.map(t => [t.closest('svg'), t.getBoundingClientRect(), t.textContent])
	for (let i = 0; i < boxes.length; i++) for (let k = i + 1; k < boxes.length; k++) {
		const [s, a, x] = boxes[i], [u, b, y] = boxes[k]
		if (s === u && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2) problems.push(x + ' is over ' + y)
	}
	for (const [, a, x] of boxes) if (a.left < 0 || a.right > width) problems.push(x + ' is outside')
	for (const t of texts) if (contrast(view.getComputedStyle(t).fill, back) < 4.5) problems.push(t.textContent + ' has too little contrast')
	for (const e of doc.querySelectorAll('p, li, td, th, h1, h2')) if (contrast(view.getComputedStyle(e).color, back) < 4.5) problems.push(e.textContent + ' has too little contrast')
	if (doc.documentElement.scrollWidth > width) problems.push('the page scrolls sideways')
	return {texts: texts.length, back, problems}
}
const main = async () => {
	const found = {}
	for (const width of [1280, 390]) {
		const frame = Object.assign(document.createElement('iframe'), {src: '/plan', width, height: 900})
		frame.style.border = 0
		await new Promise(done => { frame.onload = done; document.body.append(frame) })
		found[width] = look(frame, width)
	}
	await fetch('/found', {method: 'POST', body: JSON.stringify(found)})
}
main()
</script>`

// report is a plan whose curves lie close together, and end at limits.
func report() planpage.Report {
	line := func(name string, base, slope, to float64, end string, other bool) planpage.Line {
		l := planpage.Line{Name: name, End: end, Other: other}
		for n := 1.0; n < to; n *= 2 {
			l.Points = append(l.Points, planpage.Point{X: n, Y: base + slope*n})
		}
		l.Points = append(l.Points, planpage.Point{X: to, Y: base + slope*to})
		if to >= 1e7 {
			l.Dots = []planpage.Point{{X: 1e7, Y: base + slope*1e7}}
		}
		return l
	}
	lines := []planpage.Line{
		line("by reference, Standard, 8,100", 5e-4, 3.43e-7, 8.5e7, "summary's 15 minutes", false),
		line("by value, Standard, 1,085", 3e-4, 3.8e-7, 8.5e7, "summary's 15 minutes", false),
		line("by value, Express, 230", 3e-4, 4.6e-7, 8.5e7, "summary's 15 minutes", false),
		line("inline", 3e-4, 2.5e-5, 471, "471 items", false),
		line("one item, Standard", 2e-4, 5.1e-5, 8.6e6, "timeout of 1 day", false),
		line("one item, Express", 2e-4, 2.7e-5, 1e8, "", false),
		line("event handler", 2e-7, 3.3e-7, 8980, "15 minutes", true),
		line("queue", 1e-6, 5e-7, 1e8, "", true),
		line("tracked queue", 1e-6, 1.1e-6, 1e8, "", true),
		line("durable functions", 1e-6, 1.6e-5, 1e8, "", true),
	}
	lines[0].Strong = true
	bars := &planpage.Bars{Series: []string{"orchestration", "compute"}}
	for i, l := range lines {
		bars.Bars = append(bars.Bars, planpage.Bar{Name: l.Name, Values: []float64{math.Pow(10, float64(i-4)), 3.33}, Strong: l.Strong, Faint: l.End == "471 items", Note: l.End})
	}
	table := planpage.Table{Columns: []string{"form", "total", "first limit"}, Words: []int{2}, Rows: [][]string{{"by value", "$3.33", "summary's 15 minutes"}}}
	items := planpage.Axis{Name: "items", Unit: planpage.Items, From: 1, To: 1e8}
	return planpage.Report{Title: "10,000,000 items of 200 B and 100 ms", Meta: "256 MB arm64, us-east-1", Notes: []string{"an assumption"},
		Facts: []planpage.Fact{{Name: "an execution", Value: "$3.43"}}, Code: "Mode: &mapjob.ByReference{ChunkSize: jsii.Number(8100), MaxConcurrency: jsii.Number(1000)},",
		Sections: []planpage.Section{
			{Title: "Cost", Bars: bars, Table: table, Open: true},
			{Title: "Cost by items", Lines: &planpage.Lines{X: items, Lines: lines}, Table: table},
			{Title: "Time by items", Lines: &planpage.Lines{X: items, Y: planpage.Axis{Unit: planpage.Seconds}, Lines: lines}},
			{Title: "Cost by batch", Lines: &planpage.Lines{X: planpage.Axis{Unit: planpage.Items, From: 1, To: 1e4}, Lines: lines[3:4], Walls: []planpage.Wall{{X: 1085, Name: "240 KiB"}, {X: 8980, Name: "worker's 15 minutes"}}}},
		}}
}

func TestThePageOfAPlanIsReadInEachWidthAndColour(t *testing.T) {
	chromium := find(t)
	backs := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		for width, seen := range look(t, chromium, scheme) {
			backs[seen.Back] = true
			for _, problem := range seen.Problems {
				t.Errorf("%s, %s pixels: %s", scheme, width, problem)
			}
			if seen.Texts < 60 {
				t.Errorf("%s, %s pixels: got %d texts in the drawings, expected those of four charts", scheme, width, seen.Texts)
			}
		}
	}
	if len(backs) != 2 {
		t.Errorf("got the backgrounds %v, expected a light and a dark one", backs)
	}
}

type seen struct {
	Texts    int
	Back     string
	Problems []string
}

// look opens the page in a browser, and returns what was seen by width.
func look(t *testing.T, chromium, scheme string) map[string]seen {
	found := make(chan map[string]seen, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /found", func(_ http.ResponseWriter, r *http.Request) {
		var answer map[string]seen
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
			t.Error(err)
		}
		found <- answer
	})
	html := func(write func(io.Writer) error) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := write(w); err != nil {
				t.Error(err)
			}
		}
	}
	mux.HandleFunc("GET /plan", html(func(w io.Writer) error { return planpage.Write(w, report()) }))
	mux.HandleFunc("GET /{$}", html(func(w io.Writer) error { _, err := io.WriteString(w, frames); return err }))
	site := httptest.NewServer(mux)
	defer site.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--window-size=1700,1000",
		fmt.Sprintf("--blink-settings=preferredColorScheme=%d", strings.Index("dl", scheme[:1])), "--user-data-dir="+t.TempDir(), site.URL)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	select {
	case answer := <-found:
		return answer
	case <-ctx.Done():
		t.Fatal("the page did not say within 2 minutes what it looks like")
	}
	return nil
}
