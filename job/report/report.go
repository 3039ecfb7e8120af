package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
)

// Report describes how a job's execution ended.
type Report struct {
	Job       string    `json:"job"`
	Execution string    `json:"execution"`
	StartedAt time.Time `json:"startedAt"`
	StoppedAt time.Time `json:"stoppedAt"`
	Status    string    `json:"status,omitempty"` // of an execution that did not succeed, such as FAILED; else ""
	Error     string    `json:"error,omitempty"`  // of an execution that failed
	Cause     string    `json:"cause,omitempty"`
	Items     Items     `json:"items"`
	Tolerance
	Comparison *Comparison  `json:"comparison,omitempty"` // nil if the execution is no rerun
	Notes      []string     `json:"notes,omitempty"`      // about the report itself
	Errors     []ErrorCount `json:"errors"`               // most frequent first
	Failures   []Failure    `json:"failures"`             // the first failures
	Timeline   *Timeline    `json:"timeline,omitempty"`   // nil if no times are known
	Slowest    []Timed      `json:"slowest,omitempty"`    // slowest first
	Sections   []Section    `json:"sections"`             // added by the summary function
}

// Items counts items. Each item is succeeded, failed or missing.
type Items struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Missing   int `json:"missing"`
}

// ErrorCount is the number of items that failed by an error, with one of their causes, and
// when the first and the last of them ended. An item that was not started has no time, nor
// has one whose worker gives none.
type ErrorCount struct {
	Name    string     `json:"name"`
	Count   int        `json:"count"`
	Example string     `json:"example"`
	First   *time.Time `json:"first,omitempty"` // nil if no time is known
	Last    *time.Time `json:"last,omitempty"`
}

// OtherErrors is the name in an [ErrorCount] of all errors after the first
// thousand names: a name may hold an ID, so there may be as many as items.
const OtherErrors = "(other errors)"

// Failure is an item that failed.
type Failure struct {
	Index int    `json:"index"`
	Error string `json:"error"`
	Cause string `json:"cause"`
}

// Timed is an item and the time that it took, all its tries together.
type Timed struct {
	Index int   `json:"index"`
	Ms    int64 `json:"ms"`
}

// Section is a table with a title.
type Section struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// JSON writes the report as a JSON document. A list without elements is [], never
// null.
func (r *Report) JSON(w io.Writer) error {
	full := *r
	full.Errors, full.Failures = list(r.Errors), list(r.Failures)
	full.Sections = make([]Section, len(r.Sections))
	for i, s := range r.Sections {
		full.Sections[i] = Section{s.Title, list(s.Columns), make([][]string, len(s.Rows))}
		for n, row := range s.Rows {
			full.Sections[i].Rows[n] = list(row)
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(full)
}

// list returns a slice that is not nil.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Duration returns how long the execution took, to a hundredth of a second; 0 if it
// is not known when it started or stopped.
func (r *Report) Duration() time.Duration {
	if r.StartedAt.IsZero() || r.StoppedAt.IsZero() {
		return 0
	}
	return r.StoppedAt.Sub(r.StartedAt).Round(10 * time.Millisecond)
}

// Share returns n as a percentage of all items. It does not round a few items to
// none, nor almost all to all: these are "<0.1%" and ">99.9%".
func (r *Report) Share(n int) string {
	if r.Items.Total == 0 {
		return "0%"
	}
	share := strconv.FormatFloat(100*float64(n)/float64(r.Items.Total), 'f', 1, 64)
	switch {
	case share == "0.0" && n > 0:
		share = "<0.1"
	case share == "100.0" && n < r.Items.Total:
		share = ">99.9"
	}
	return share + "%"
}

// Verdict returns the outcome in one sentence. It begins with how the execution
// ended, if it did not succeed.
func (r *Report) Verdict() string {
	var ended string
	switch {
	case r.Error != "":
		ended = "failed with " + r.Error
	case r.Status == "ABORTED":
		ended = "was stopped"
	case r.Status == "TIMED_OUT":
		ended = "timed out"
	case r.Status != "":
		ended = "ended with status " + r.Status
	default:
		return r.itemsVerdict()
	}
	if r.Items == (Items{}) {
		return ended
	}
	return ended + ": " + r.itemsVerdict()
}

// itemsVerdict returns in one sentence what became of the items.
func (r *Report) itemsVerdict() string {
	switch {
	case r.Items == Items{}:
		return "there were no items"
	case r.Items.Missing > 0:
		verb := "have"
		if r.Items.Missing == 1 {
			verb = "has"
		}
		return fmt.Sprintf("%s of %s %s no result: the account does not add up", Thousands(r.Items.Missing), number.Of(r.Items.Total, "item"), verb)
	case r.Items.Failed == 0:
		if r.Items.Total == 1 {
			return "the one item succeeded"
		}
		return fmt.Sprintf("all %s items succeeded", Thousands(r.Items.Total))
	}
	tolerated := r.Tolerance.String()
	if tolerated != "" {
		tolerated = ", tolerated: " + tolerated
	}
	return fmt.Sprintf("%s of %s failed (%s%s)", Thousands(r.Items.Failed), number.Of(r.Items.Total, "item"), r.Share(r.Items.Failed), tolerated)
}

// Thousands formats a number with commas.
func Thousands(n int) string { return number.Thousands(n) }

// Markdown writes the report as GitHub-flavoured Markdown with aligned columns,
// so that it can be read as plain text. All texts are shown as they are: markup in
// them has no effect.
func (r *Report) Markdown(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s: %s\n\n", plain.Markdown(r.Job), plain.Markdown(r.Verdict()))
	fmt.Fprintf(&b, "%s, %s, started %s\n\n", plain.Markdown(r.Execution), r.Duration(), r.StartedAt.UTC().Format(time.RFC3339))
	if r.Cause != "" {
		fmt.Fprintf(&b, "%s\n\n", plain.Markdown(r.Cause))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "%s\n\n", plain.Markdown(note))
	}
	rows := [][]string{
		{"succeeded", Thousands(r.Items.Succeeded), r.Share(r.Items.Succeeded)},
		{"failed", Thousands(r.Items.Failed), r.Share(r.Items.Failed)},
	}
	if r.Items.Missing > 0 {
		rows = append(rows, []string{"missing", Thousands(r.Items.Missing), r.Share(r.Items.Missing)})
	}
	rows = append(rows, []string{"total", Thousands(r.Items.Total), ""})
	markdownTable(&b, []string{"items", "count", "share"}, rows)
	if r.Comparison != nil {
		fmt.Fprintf(&b, "\n## Compared with the earlier execution\n\n%s\n\n", plain.Markdown(r.Comparison.Execution))
		rows = nil
		for _, c := range r.Comparison.rows() {
			rows = append(rows, []string{c.Name, Thousands(c.Count), r.Share(c.Count)})
		}
		markdownTable(&b, []string{"items", "count", "share"}, rows)
	}
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n", plain.Markdown(s.Title))
		markdownTable(&b, s.Columns, s.Rows)
	}
	if len(r.Errors) > 0 {
		b.WriteString("\n## What failed and why\n\n")
		rows = rows[:0]
		for _, e := range r.Errors {
			rows = append(rows, []string{e.Name, Thousands(e.Count), r.Share(e.Count), e.Example})
		}
		markdownTable(&b, []string{"error", "items", "share", "for example"}, rows)
	}
	if len(r.Slowest) > 0 {
		b.WriteString("\n## The slowest items\n\n")
		rows = rows[:0]
		for _, s := range r.Slowest {
			rows = append(rows, []string{strconv.Itoa(s.Index), Thousands(int(s.Ms))})
		}
		markdownTable(&b, []string{"index", "ms"}, rows)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// maxPadded is the width to which cells are padded, in characters, so that one
// long cell does not make all others as long.
const maxPadded = 60

// markdownTable aligns numbers to the right and everything else to the left.
func markdownTable(b *bytes.Buffer, columns []string, rows [][]string) {
	cells := make([][]string, 0, len(rows)+1)
	widths := make([]int, len(columns))
	numeric := make([]bool, len(columns))
	for i := range numeric {
		numeric[i] = len(rows) > 0
	}
	for n, row := range append([][]string{columns}, rows...) {
		line := make([]string, len(columns))
		for i := range columns {
			if i < len(row) {
				line[i] = plain.Cell(row[i])
			}
			widths[i] = max(widths[i], min(len([]rune(line[i])), maxPadded), 3)
			if n > 0 && line[i] != "" && !isNumber(row[i]) {
				numeric[i] = false
			}
		}
		cells = append(cells, line)
	}
	for n, line := range cells {
		for i, cell := range line {
			padding := strings.Repeat(" ", max(0, widths[i]-len([]rune(cell))))
			if numeric[i] {
				cell = padding + cell
			} else {
				cell += padding
			}
			fmt.Fprintf(b, "| %s ", cell)
		}
		b.WriteString("|\n")
		if n == 0 {
			for i, width := range widths {
				if numeric[i] {
					fmt.Fprintf(b, "| %s: ", strings.Repeat("-", width-1))
				} else {
					fmt.Fprintf(b, "| %s ", strings.Repeat("-", width))
				}
			}
			b.WriteString("|\n")
		}
	}
}

func isNumber(cell string) bool {
	return strings.Trim(cell, "0123456789.,-%<>") == ""
}
