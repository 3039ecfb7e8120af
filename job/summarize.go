package job

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/job/report"
)

// Summary is what became of a job's items, for a summary function to look at
// and to add to.
type Summary struct {
	Info      Info
	Input     json.RawMessage // what the execution was started with
	Tolerance report.Tolerance

	source   iter.Seq2[Outcome, error]
	kept     keptFailures
	seen     *atomic.Int64 // outcomes so far
	consumed bool
	err      error
	account  report.Account
	sections []report.Section
	output   any
}

// Results yields the outcome of every item as the results have them, each item
// once, in no particular order. They are streamed: a second call yields
// nothing. Whoever leaves the loop early loses nothing; the rest is counted.
// An error in reading the results ends the loop and fails the summary.
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
			first := false
			if outcome.Status == Succeeded {
				first = s.account.Succeed(outcome.Index)
			} else {
				first = s.account.Fail(outcome.Index, outcome.Error, outcome.Cause)
			}
			if first && outcome.Status != Succeeded {
				s.kept.add(&outcome)
			}
			s.seen.Add(1)
			if first {
				s.account.Took(outcome.Index, outcome.StartedAt, outcome.Ms, outcome.Status == Succeeded)
			}
			if first && listening {
				listening = yield(outcome)
			}
		}
	}
}

// Table adds a table to the report, below the account.
func (s *Summary) Table(title string, columns []string, rows [][]string) {
	s.sections = append(s.sections, report.Section{Title: title, Columns: columns, Rows: rows})
}

// Output sets what the execution's output has under "output". It has to be
// small: what is handed to the state machine is limited to 262,144 bytes.
func (s *Summary) Output(v any) { s.output = v }

// summaryAnswer is what the state machine judges by.
type summaryAnswer struct {
	Total     int            `json:"total"`
	Succeeded int            `json:"succeeded"`
	Failed    int            `json:"failed"`
	Missing   int            `json:"missing"`
	Repeated  int            `json:"repeated,omitempty"`
	Errors    map[string]int `json:"errors"`
	Report    *place         `json:"report,omitempty"`
	Output    any            `json:"output,omitempty"`
}

type summarizer struct {
	look func(context.Context, *Summary) error
}

// Summarize is the summary: it accounts for every item exactly once, by its
// index, whether it succeeded, failed, or was in a batch that failed as a
// whole, and writes the report as report.md, report.html and report.json
// beside the results, and the items that did not succeed, ready to be run
// again, as failures.jsonl (those of an Inline job are nowhere to be read). It
// gives CloudWatch the metrics Items, Succeeded, Failed, Missing and DurationMs
// of the job. look may go through the outcomes and add to the report.
func Summarize(look func(context.Context, *Summary) error) Handler {
	setUpLog()
	return &summarizer{look}
}

// Invoke answers one invocation.
func (z *summarizer) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var request summaryRequest
	if err := decode(payload, &request, "a request of the state machine to its summary"); err != nil {
		return nil, err
	}
	ctx, info, end := begin(ctx, request.Job, request.Execution)
	defer end()
	seen := &atomic.Int64{}
	answered := make(chan []byte, 1)
	err := inTime(ctx, func(within context.Context) error {
		answer, err := z.summarize(within, &request, info, seen)
		answered <- answer
		return err
	})
	switch {
	case err == nil:
		return <-answered, nil
	case NameOf(err) == ErrorDeadline:
		return nil, failedAfter(seen.Load(), "outcomes", err)
	}
	return nil, asInvocationError(err)
}

// summarize has the function look at the outcomes, and accounts for them.
func (z *summarizer) summarize(ctx context.Context, request *summaryRequest, info Info, seen *atomic.Int64) ([]byte, error) {
	summary := &Summary{Info: info, Input: request.Input, Tolerance: request.Tolerance,
		source: request.outcomes(ctx), seen: seen}
	defer summary.kept.close()

	err := recovered(ctx, func() error { return z.look(ctx, summary) })
	for range summary.Results() { // what look left is counted here
	}
	if summary.err != nil {
		return nil, summary.err
	}
	if err != nil {
		return nil, err
	}

	a := &summary.account
	total, missing := a.Succeeded+a.Failed, 0
	if counted := request.Items.Count; counted != nil { // items that came from elsewhere were counted by nobody
		total = *counted
		missing = a.Missing(total)
	}
	if missing > 0 && request.endedEarly() {
		a.FailUnseen(missing, ErrorNotStarted, "the Map ended before the item's turn came")
		missing = 0
	}
	items := report.Items{Total: total, Succeeded: a.Succeeded, Failed: a.Failed, Missing: missing}
	answer := summaryAnswer{Total: total, Succeeded: a.Succeeded, Failed: a.Failed, Missing: missing, Repeated: a.Repeated,
		Errors: errorCounts(a.Errors()), Output: summary.output}
	stopped := time.Now().UTC()
	if request.Report != nil {
		var notes []string
		unkept := summary.kept.end()
		if unkept != nil {
			slog.ErrorContext(ctx, "the items that failed are not kept", "error", unkept)
			notes = append(notes, fmt.Sprintf("The items that failed are not in failures.jsonl: they could not be kept until the end (%v). The account is whole.", unkept))
		}
		r := &report.Report{Job: info.Name, Execution: info.Execution, StartedAt: info.StartedAt, StoppedAt: stopped, Items: items,
			Tolerance: request.Tolerance, Notes: notes,
			Errors: a.Errors(), Failures: a.Failures, Timeline: a.Timeline, Slowest: a.Slowest, Sections: summary.sections}
		if err := request.Report.write(ctx, r); err != nil {
			return nil, err
		}
		answer.Report = request.Report
		switch {
		case a.Failed+missing == 0 || unkept != nil:
		case request.KeptItems:
			err = summary.kept.write(ctx, request.Report.failures())
		case request.Items.Key != "":
			err = request.writeFailures(ctx, a.HasSucceeded)
		}
		if err != nil {
			return nil, err
		}
	}
	took := time.Duration(0)
	if !info.StartedAt.IsZero() {
		took = stopped.Sub(info.StartedAt)
	}
	if err := writeMetrics(metricsOut, info.Name, items, took, stopped); err != nil {
		return nil, err
	}
	text, err := json.Marshal(answer)
	if err == nil && len(text) > maxAnswer {
		answer.Output = nil
		rest, _ := json.Marshal(answer) // as it could be with an output
		err = Fail(ErrorResultTooLarge, "got an output that makes an answer of %d bytes, %d of them without it, expected at most %d: hand less to Summary.Output",
			len(text), len(rest), maxAnswer)
	}
	return text, err
}

// maxErrorsBytes is what the names of errors may take of the answer.
const maxErrorsBytes = 64 << 10

// errorCounts are the errors for the answer: the most frequent by their names,
// the others, for whose names there is no room, together.
func errorCounts(errors []report.ErrorCount) map[string]int {
	counts := map[string]int{}
	left := maxErrorsBytes
	for _, e := range errors {
		name := e.Name
		if left -= len(appendString(nil, name)) + len(`:123456789,`); left < 0 {
			name = report.OtherErrors
		}
		counts[name] += e.Count
	}
	return counts
}

// endedEarly reports whether the Map passed its tolerance and stopped: then it
// does not say where its manifest is.
func (r *summaryRequest) endedEarly() bool {
	var results place
	return json.Unmarshal(r.Results, &results) == nil && results.Manifest == ""
}

func (p *place) write(ctx context.Context, r *report.Report) error {
	for name, write := range map[string]func(io.Writer) error{
		"report.md": r.Markdown, "report.html": r.HTML, "report.json": r.JSON,
	} {
		if err := upload(ctx, &place{Bucket: p.Bucket, Key: p.Prefix + "/" + name}, write); err != nil {
			return err
		}
	}
	return nil
}
