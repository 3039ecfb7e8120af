package plan

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/price"
)

// print prints the plan for people.
func (r *result) print(to io.Writer, verbose bool) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", r.title())
	r.printOptions(&text, verbose)
	if r.current != nil {
		r.printCurrent(&text)
	}
	if r.recommended != nil {
		r.printRecommended(&text, verbose)
	}
	if r.simulated != nil {
		r.simulated.print(&text)
	}
	for _, w := range r.warnings {
		fmt.Fprintf(&text, "\nWarning: %s.\n", w)
	}
	r.printNotes(&text, verbose)
	_, err := io.WriteString(to, text.String())
	return err
}

// title says what was planned.
func (r *result) title() string {
	title := r.what() + ", " + r.where()
	if r.job.name != "" {
		title = r.job.name + ": " + title
	}
	return title
}

func (r *result) what() string {
	return fmt.Sprintf("%s of %s B and %s", number.Of(r.workload.Items, "item"), number.Thousands(r.workload.ItemBytes), milliseconds(r.workload.Time.Mean()))
}

func (r *result) where() string {
	workers := ""
	if q, ok := r.book.Quota("lambda.concurrency"); ok {
		workers = fmt.Sprintf(", at most %s at once", number.Of(int(q.Value), "function"))
	}
	return fmt.Sprintf("%s, %s%s (prices of %s)", r.job.described(), r.book.Region(), workers, r.priced())
}

// priced returns the date of the price of a transition: most of the others are as old.
func (r *result) priced() string {
	for _, s := range r.book.Sources() {
		if s.Name == string(price.Transition) {
			return s.Date
		}
	}
	return "no date"
}

// table is text in columns. A column that begins with > is aligned right.
type table [][]string

func (t table) print(to *strings.Builder, indent string) {
	var wide []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], utf8.RuneCountInString(strings.TrimPrefix(cell, ">")))
		}
	}
	for _, row := range t {
		var line strings.Builder
		line.WriteString(indent)
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			text, right := strings.CutPrefix(cell, ">")
			pad := strings.Repeat(" ", wide[i]-utf8.RuneCountInString(text))
			if right {
				line.WriteString(pad + text)
			} else {
				line.WriteString(text + pad)
			}
		}
		fmt.Fprintln(to, strings.TrimRight(line.String(), " "))
	}
}

func (r *result) printOptions(to *strings.Builder, verbose bool) {
	rows := table{{"", "ITEMS", "CHILDREN", ">BATCH", ">ORCHESTRATION", ">COMPUTE", ">TOTAL", ">TAKES", "FIRST LIMIT"}}
	if len(r.times) > 1 {
		rows[0] = slices.Insert(rows[0], 4, ">MEMORY")
	}
	options := r.shown()
	if verbose {
		options = r.options
	}
	for _, o := range options {
		mark := ""
		if r.isRecommended(o) {
			mark = "*"
		}
		row := []string{mark, passings[o.Setup.Passing], types[o.Setup.Children], ">" + number.Thousands(o.Setup.Batch)}
		rows = append(rows, r.row(row, o))
	}
	for _, o := range r.others {
		row := []string{"", o.Name, "", ">"}
		if o.Setup.Batch > 0 {
			row[3] = ">" + number.Thousands(o.Setup.Batch)
		}
		rows = append(rows, r.row(row, o))
	}
	rows.print(to, "")
}

// row adds the figures of an option.
func (r *result) row(row []string, o option.Option) []string {
	if len(r.times) > 1 {
		memory := ">"
		if mb := o.Setup.Memory[plan.Worker]; mb > 0 {
			memory += number.Thousands(mb) + " MB"
		}
		row = append(row, memory)
	}
	return append(row, ">"+dollars(o.Orchestration.Dollars()), ">"+dollars(o.Compute.Dollars()), ">"+dollars(o.Total().Dollars()), ">"+lasting(o.Took.Seconds), limitOf(o))
}

// limitOf says why an option is not possible, or which limit it meets first.
func limitOf(o option.Option) string {
	switch {
	case !o.Feasible:
		return "not possible: " + o.Why
	case o.First.Name == "":
		return "none"
	}
	return o.First.String()
}

func (r *result) printCurrent(to *strings.Builder) {
	o := *r.current
	fmt.Fprintf(to, "\nThis job: %s%s: %s an execution, of it %s orchestration; takes %s", settings(o.Setup), atOnce(o.Setup),
		dollars(o.Total().Dollars()), dollars(o.Orchestration.Dollars()), lasting(o.Took.Seconds))
	if o.Took.Binds != "" {
		fmt.Fprintf(to, ", which %s bounds", o.Took.Binds)
	}
	fmt.Fprintln(to, ".")
	if runs := r.workload.RunsPerMonth; runs > 0 {
		fmt.Fprintf(to, "As it is, %s executions a month cost %s.\n", amount(runs, ""), dollars(o.Month.Dollars()))
	}
	if m := r.measured; m != nil {
		w := r.workload
		w.Items = m.Items
		planned := plan.Count(w, r.job.setup, *r.job.shape).Transitions
		fmt.Fprintf(to, "The run had %s and %s; the plan of as many items has %s.\n", number.Of(m.Items, "item"), number.Of(m.Counts.Transitions, "transition"), number.Of(int(planned+0.5), "transition"))
	}
}

func (r *result) printRecommended(to *strings.Builder, verbose bool) {
	o := *r.recommended
	fmt.Fprintf(to, "\n* Recommended: %s.", settings(o.Setup))
	if limit := o.BatchLimit; limit.Name != "" {
		fmt.Fprintf(to, " As batches grow, the first limit is the %s.", limit)
	}
	fmt.Fprintf(to, "\n\n%s\n", indented(r.advice(), "    "))

	fmt.Fprintf(to, "\nIt costs %s: orchestration is %s the compute.\n", dollars(o.Total().Dollars()), percentage(o.Orchestration.Dollars(), o.Compute.Dollars()))
	var rows table
	for _, line := range byCost(o.Lines) {
		usd := ">" + dollars(line.USD.Dollars())
		if line.Unpriced {
			usd = ">not priced"
		}
		rows = append(rows, []string{usd, named(line), ">" + amount(line.Amount, line.Unit)})
	}
	rows.print(to, "    ")
	if runs := r.workload.RunsPerMonth; runs > 0 {
		fmt.Fprintf(to, "With %s executions a month: %s.\n", amount(runs, ""), dollars(o.Month.Dollars()))
	}

	took := o.Took
	fmt.Fprintf(to, "\nIt takes %s: %s before the Map, %s in it, %s after it. What bounds the Map:\n", lasting(took.Seconds), lasting(took.Before), lasting(took.Map), lasting(took.After))
	rows = nil
	for _, b := range took.Bounds {
		mark := ""
		if b.Name == took.Binds {
			mark = "binds"
		}
		rows = append(rows, []string{">" + lasting(b.Seconds), b.Name, mark})
	}
	rows.print(to, "    ")
	if !took.Certain && took.Why != "" {
		fmt.Fprintf(to, "The time is not certain: %s.\n", took.Why)
	}
}

// byCost sorts lines, the dearest first.
func byCost(lines []option.Line) []option.Line {
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b option.Line) int { return cmp.Or(b.USD.Cmp(a.USD), compareBool(a.Unpriced, b.Unpriced)) })
	return sorted
}

func percentage(part, whole float64) string {
	if whole == 0 {
		return "more than"
	}
	share := part / whole * 100
	switch {
	case share >= 1000:
		return number.Thousands(int(share/100+0.5)) + " times"
	case share >= 10:
		return fmt.Sprintf("%.0f%% of", share)
	}
	return fmt.Sprintf("%.1f%% of", share)
}

func indented(text, by string) string { return by + strings.ReplaceAll(text, "\n", "\n"+by) }

func (r *result) printNotes(to *strings.Builder, verbose bool) {
	notes := r.notes()
	if len(notes) > 0 {
		fmt.Fprintln(to, "\nAssumed, or not in it:")
		for _, note := range notes {
			fmt.Fprintf(to, "    - %s\n", note)
		}
	}
	if !verbose {
		fmt.Fprintln(to, "--verbose lists every assumption and source; --page FILE draws the curves.")
		return
	}
	fmt.Fprintln(to, "\nSources:")
	var rows table
	for _, s := range r.book.Sources() {
		rows = append(rows, []string{s.Name, s.Date, source(s)})
	}
	rows.print(to, "    ")
}

// source says where a figure is from.
func source(s price.Source) string {
	text := s.Source
	if s.Read != "" {
		text += ", read in " + s.Read
	}
	if s.File != "" {
		text += ", from " + s.File
	}
	return text
}

// notes are what the plan assumes and what it leaves out.
func (r *result) notes() []string {
	notes := append(slices.Clone(r.assumed), r.job.unknown...)
	if r.recommended == nil {
		return notes
	}
	notes = append(notes, option.NotCounted(r.workload, *r.recommended, r.book)...)
	if r.recommended.Setup.Children == plan.Express {
		notes = append(notes, "an Express child may run twice: the worker has to be idempotent")
	}
	for _, line := range r.recommended.Lines {
		if line.Unpriced && line.Amount > 0 {
			notes = append(notes, fmt.Sprintf("%s: not priced in %s, and not in the total", named(line), r.book.Region()))
		}
	}
	for _, s := range r.book.Sources() {
		if s.File != "" && s.Name != "lambda.concurrency" { // which the title has
			notes = append(notes, fmt.Sprintf("%s is from %s", s.Name, s.File))
		}
	}
	return notes
}

// atOnce says how many children run at once, if the definition limits them.
func atOnce(s plan.Setup) string {
	if s.MaxConcurrency == 0 {
		return ""
	}
	return fmt.Sprintf(", %s at once", number.Thousands(s.MaxConcurrency))
}
