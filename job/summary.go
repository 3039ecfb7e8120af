package job

import (
	"encoding/json"
	"iter"

	"github.com/mapjob/mapjob/job/report"
)

// Summary has the outcomes of a job's items, and takes what a summary function
// adds to the report.
type Summary struct {
	Info      Info
	Input     json.RawMessage  // of the execution
	Tolerance report.Tolerance // how many items may fail

	outcomes *outcomeStream
	sections []report.Section
	output   any
}

// Results yields the outcome of every item that has one, each item once, in no
// particular order. They are streamed: a second loop continues where the first
// one ended. Outcomes that no loop takes are still counted. If the results can't
// be read, the loop ends and the summary fails.
func (s *Summary) Results() iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		for {
			o, ok := s.outcomes.next()
			if !ok || !yield(publicOutcome(o)) {
				return
			}
		}
	}
}

// Table adds a table to the report, below the account.
func (s *Summary) Table(title string, columns []string, rows [][]string) {
	s.sections = append(s.sections, report.Section{Title: title, Columns: columns, Rows: rows})
}

// Output sets the member "output" of the execution's output. It has to be small:
// the whole of a summary's answer has room for 245,760 bytes, and a larger one
// fails the summary with [ErrorResultTooLarge].
func (s *Summary) Output(v any) { s.output = v }
