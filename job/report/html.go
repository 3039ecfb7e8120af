package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/look"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
)

var (
	//go:embed report.html
	page string
	//go:embed report.css
	ownStyle string
)

// What the page shows at most. The document in JSON has the rest.
const (
	maxListed = 200  // rows of a table, and notes
	maxShown  = 1000 // characters of a text
)

// pageTemplate returns the parsed template of the page. It is parsed when it is
// first used, because the binary of a worker has it and never uses it.
var pageTemplate = sync.OnceValue(func() *template.Template {
	style := look.CSS + ownStyle
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"style":     func() template.CSS { return template.CSS(style) },
		"policy":    func() string { return policy },
		"thousands": Thousands,
		"count":     number.Of,
		"number":    isNumber,
		"numeric":   numeric,
		"compared":  (*Comparison).rows,
		"chart":     (*Timeline).chart,
		"short":     short,
		"listed":    listed,
		"rest":      rest,
		"words":     words,
		"clock":     clock,
		"ms":        func(ms int64) string { return Thousands(int(ms)) },
		"percent":   percent,
		"fixed":     fixed,
		"ending":    (*Report).ending,
		"parts":     (*Report).parts,
		"commands":  (*Report).commands,
		"int64":     func(n int) int64 { return int64(n) },
	}).Parse(page))
})

// HTML writes the report as a page without external resources and without scripts. Long
// tables and texts are cut, so that the page stays small whatever the items are.
func (r *Report) HTML(w io.Writer) error {
	text := plain.NewWriter(w)
	if err := pageTemplate().Execute(text, r); err != nil {
		return err
	}
	return text.Flush()
}

// ending is how an execution ended: a sign and a word, and the colour of both.
type ending struct{ Look, Sign, Word string }

// ending returns how the execution ended. Without a status, it is what the job says of an
// execution with these items.
func (r *Report) ending() ending {
	switch {
	case r.Status == "ABORTED":
		return ending{"off", "■", "stopped"}
	case r.Status == "TIMED_OUT":
		return ending{"bad", "◷", "timed out"}
	case r.Status != "" || r.Error != "":
		return ending{"bad", "✗", "failed"}
	case r.Items.Missing > 0:
		return ending{"bad", "✗", "items lost"}
	case r.Tolerance.isExceeded(r.Items):
		return ending{"bad", "✗", "too many failures"}
	}
	return ending{"good", "✓", "succeeded"}
}

// isExceeded reports whether more items failed than are tolerated.
func (t Tolerance) isExceeded(items Items) bool {
	return t.Count != nil && items.Failed > *t.Count ||
		t.Percentage != nil && 100*float64(items.Failed) > *t.Percentage*float64(items.Total)
}

// part is a part of a bar, from and to in percent of it.
type part struct {
	Look     string
	From, To float64
}

// Width is at least what can be seen.
func (p part) Width() string { return fixed(max(p.To-p.From, 0.25)) }

// X is where the part begins.
func (p part) X() string { return fixed(min(p.From, 99.75)) }

// parts returns what became of the items, as parts of a bar.
func (r *Report) parts() []part {
	var parts []part
	from := 0.0
	for _, p := range []struct {
		look  string
		count int
	}{{"good", r.Items.Succeeded}, {"bad", r.Items.Failed}, {"lost", r.Items.Missing}} {
		if p.count > 0 {
			to := from + percent(int64(p.count), int64(r.Items.Total))
			parts = append(parts, part{p.look, from, to})
			from = to
		}
	}
	return parts
}

func fixed(n float64) string { return strconv.FormatFloat(n, 'f', 2, 64) }

// percent returns n as a percentage of all, and 0 if there are none.
func percent(n, of int64) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// short returns the first maxShown characters of a text, and says how long the rest is.
func short(text string) string {
	if len(text) <= maxShown {
		return text
	}
	n := 0
	for at := range text {
		if n++; n > maxShown {
			return text[:at] + "… (" + Thousands(len(text)-at) + " more bytes)"
		}
	}
	return text
}

// listed returns the first rows of a table, which is a slice.
func listed(rows any) any {
	v := reflect.ValueOf(rows)
	return v.Slice(0, min(v.Len(), maxListed)).Interface()
}

// rest returns how many rows of a table are not listed.
func rest(rows any) int { return max(0, reflect.ValueOf(rows).Len()-maxListed) }

// words returns a duration as the console writes it. It rounds before it looks for the unit:
// there are no 60 s.
func words(d time.Duration) string {
	ms, tenths, s := int(d.Round(time.Millisecond).Milliseconds()), int(d.Round(100*time.Millisecond).Milliseconds()/100), int(d.Round(time.Second).Seconds())
	switch {
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case tenths < 100:
		return fmt.Sprintf("%d.%d s", tenths/10, tenths%10)
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
}

// clock returns a time of day, after the day unless it is that of the start.
func clock(start time.Time, at *time.Time) string {
	if at == nil {
		return ""
	}
	if at.UTC().Format(time.DateOnly) == start.UTC().Format(time.DateOnly) {
		return at.UTC().Format(time.TimeOnly)
	}
	return at.UTC().Format(time.DateTime)
}

// executionARN matches the ARN of an execution that needs no quotes in a shell.
var executionARN = regexp.MustCompile(`^arn:[a-z-]+:states:[a-z0-9-]*:[0-9]*:execution:[A-Za-z0-9_-]+:[A-Za-z0-9_.-]+$`)

// commands returns the commands that show the same in a terminal, if the execution has a name
// to type.
func (r *Report) commands() []string {
	if !executionARN.MatchString(r.Execution) {
		return nil
	}
	commands := []string{"mapjob report " + r.Execution}
	if r.Items.Failed+r.Items.Missing > 0 {
		commands = append(commands, "mapjob failures "+r.Execution)
	}
	return commands
}

// numeric reports for each column of a table whether its cells are numbers. A row may have
// more cells than there are columns.
func numeric(columns []string, rows [][]string) []bool {
	widest := len(columns)
	for _, row := range rows {
		widest = max(widest, len(row))
	}
	of := make([]bool, min(widest, maxListed))
	for i := range of {
		of[i] = isNumbers(rows, i)
	}
	return of
}

// isNumbers reports whether the cells of a column are numbers.
func isNumbers(rows [][]string, column int) bool {
	for _, row := range rows {
		if column >= len(row) || !isNumber(row[column]) || strings.TrimSpace(row[column]) == "" {
			return false
		}
	}
	return len(rows) > 0
}
