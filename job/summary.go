package job

import (
	"encoding/json"
	"iter"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/internal/failures"
	"github.com/mapjob/mapjob/job/report"
)

// Summary is what became of a job's items, for a summary function to look at
// and to add to.
type Summary struct {
	Info      Info
	Input     json.RawMessage  // of the execution
	Tolerance report.Tolerance // how many items may fail

	source   iter.Seq2[protocol.Outcome, error]
	kept     failures.Kept
	seen     *atomic.Int64 // outcomes so far
	consumed bool
	err      error
	tally    tally.Tally
	sections []report.Section
	output   any
}

// Results yields the outcome of every item that has one, each item once, in no
// particular order. They are streamed, once: a second call yields nothing. If the
// loop ends early, the rest is still counted. If the results can't be read, the
// loop ends and the summary fails.
func (s *Summary) Results() iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		if s.consumed {
			return
		}
		s.consumed = true
		listening := true
		for outcome, err := range s.source {
			if err != nil {
				s.err = err
				return
			}
			s.seen.Add(1)
			if first := s.add(&outcome); first && listening {
				listening = yield(publicOutcome(outcome))
			}
		}
	}
}

// add accounts for an outcome and reports whether it is the first of its item.
func (s *Summary) add(o *protocol.Outcome) bool {
	succeeded := o.Status == protocol.Succeeded
	if succeeded && !s.tally.Succeed(o.Index) || !succeeded && !s.tally.Fail(o.Index, o.Error, o.Cause) {
		return false
	}
	if !succeeded {
		s.kept.Add(o.Item)
	}
	s.tally.Took(o.Index, o.StartedAt, o.Ms, succeeded)
	return true
}

// Table adds a table to the report, below the account.
func (s *Summary) Table(title string, columns []string, rows [][]string) {
	s.sections = append(s.sections, report.Section{Title: title, Columns: columns, Rows: rows})
}

// Output sets the member "output" of the execution's output. It has to be small:
// the whole of a summary's answer has room for 245,760 bytes, and a larger one
// fails the summary with [ErrorResultTooLarge].
func (s *Summary) Output(v any) { s.output = v }
