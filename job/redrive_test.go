package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results/resultstest"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
	"github.com/mapjob/mapjob/job/report"
	"pgregory.net/rapid"
)

// redriven is a job whose Map has ended, maybe after redrives, and what its
// summary may know of its items.
type redriven struct {
	*resultstest.Job
	prefix  string
	counted bool // the number of items is known
}

// put stores the objects of the job, with its items.
func (r *redriven) put(t *testing.T) {
	for key, text := range r.Objects {
		put(t, key, text)
	}
	var items strings.Builder
	for i := range r.Count {
		fmt.Fprintln(&items, i)
	}
	put(t, r.prefix+"/items.jsonl", items.String())
}

func (r *redriven) delete() {
	found, _ := objects.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: r.prefix + "/"}, gofakes3.ListBucketPage{})
	for _, o := range found.Contents {
		_, _ = objects.DeleteObject(bucket, o.Key)
	}
}

func (r *redriven) request() string {
	items := map[string]any{"bucket": bucket, "key": r.prefix + "/items.jsonl"}
	if r.counted {
		items["count"] = r.Count
	}
	text, _ := json.Marshal(map[string]any{"job": map[string]any{"name": "nightly"}, "execution": "arn:x", "input": nil,
		"items": items, "results": r.Results, "report": map[string]any{"bucket": bucket, "prefix": r.prefix + "/report"}})
	return string(text)
}

// account returns the expected account, and the expected failures.jsonl.
func (r *redriven) account() (items report.Items, errorCounts map[string]int, failures string) {
	errorCounts = map[string]int{}
	items.Total = len(r.Fates)
	if r.counted {
		items.Total = r.Count
	}
	for _, fate := range r.Fates {
		if fate == "" {
			items.Succeeded++
		} else {
			items.Failed++
			errorCounts[fate]++
		}
	}
	if unseen := items.Total - len(r.Fates); r.Rest == "" {
		items.Missing = unseen
	} else if unseen > 0 {
		items.Failed += unseen
		errorCounts[r.Rest] += unseen
	}
	if items.Failed+items.Missing > 0 {
		var lines strings.Builder
		for i := range r.Count {
			if fate, known := r.Fates[i]; !known && r.counted || fate != "" {
				fmt.Fprintln(&lines, i)
			}
		}
		failures = lines.String()
	}
	return items, errorCounts, failures
}

// check runs the summary and compares its account with the truth.
func (r *redriven) check(t *testing.T) error {
	fates := map[int]string{}
	h := summarize(func(_ context.Context, s *job.Summary) error {
		for o := range s.Results() {
			fates[o.Index] = o.Error
		}
		return nil
	})
	text, err := jobtest.Call{}.Invoke(h, []byte(r.request()))
	if r.Gap != "" && !r.counted {
		if refused, ok := errors.AsType[messages.InvokeResponse_Error](err); !ok || refused.Type != job.ErrorOutcomeUnknown {
			return fmt.Errorf("got answer %s and error %v, expected %s for the gap that says: %s", text, err, job.ErrorOutcomeUnknown, r.Gap) //nolint:errorlint // err may be nil
		}
		return nil
	}
	if err != nil {
		return err
	}
	var got accountAnswer
	if err := json.Unmarshal(text, &got); err != nil {
		return err
	}
	items, errorCounts, failures := r.account()
	expected := accountAnswer{Items: items, Errors: errorCounts, Report: got.Report}
	if diff := cmp.Diff(expected, got); diff != "" {
		return fmt.Errorf("got another account than expected (-expected +got):\n%s", diff)
	}
	if !maps.Equal(fates, r.Fates) {
		return errors.New("got other outcomes in the function than expected: " + cmp.Diff(r.Fates, fates))
	}
	markdown, _ := object(t, r.prefix+"/report/report.md")
	switch got, _ := object(t, r.prefix+"/report/failures.jsonl"); {
	case r.counted && got != failures:
		return fmt.Errorf("got failures %q, expected %q", got, failures)
	case !r.counted: // of a Source whose outcomes do not carry items
		for line := range strings.Lines(got) {
			if strings.Count("\n"+failures, "\n"+line) != 1 || strings.Count("\n"+got, "\n"+line) != 1 {
				return fmt.Errorf("got failures %q, expected each to be one of %q", got, failures)
			}
		}
		if lacks := len(got) < len(failures); strings.Contains(markdown, "("+protocol.ErrorItemUnknown+")") != lacks {
			return fmt.Errorf("got report\n%s\nexpected it to say that failures are missing: %t", markdown, lacks)
		}
	}
	hasGap := r.Gap != "" && items.Total > len(r.Fates)
	if strings.Contains(markdown, "is not known: ") != hasGap {
		return fmt.Errorf("got report\n%s\nexpected it to mention a gap: %t", markdown, hasGap)
	}
	return nil
}

// It takes 100 runs unless -rapid.checks says otherwise.
func TestTheAccountOfARedrivenMapRunIsTheTruth(t *testing.T) {
	t.Parallel()
	runs := 0
	gaps := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		r := &redriven{prefix: fmt.Sprintf("redriven/%d", runs), counted: rapid.Bool().Draw(rt, "counted")}
		r.Job = resultstest.Draw(rt, bucket, r.prefix)
		gaps[r.Gap]++
		r.put(t)
		defer r.delete()
		if err := r.check(t); err != nil {
			rt.Fatalf("%v\nof the objects %q", err, slices.Sorted(maps.Keys(r.Objects)))
		}
	})
	t.Logf("%d runs with these gaps: %v", runs, gaps)
}

func TestAMapThatLeftNoManifestIsNotTakenForNothingProcessed(t *testing.T) {
	t.Parallel()
	const prefix = "no manifest"
	results := `{"bucket": "results", "prefix": "` + prefix + `/results"}`
	put(t, prefix+"/items.jsonl", "0 1 2")
	got := decode[accountAnswer](t, invoke(t, summarize(nothing), request(prefix, results, 3)))
	if got.Items != (report.Items{Total: 3, Failed: 3}) || got.Errors[job.ErrorOutcomeUnknown] != 3 {
		t.Errorf("got %+v, expected three items whose outcomes are not known", got)
	}
	const note = "What became of 3 items is not known: the Map left no manifest of its results in s3://results/no manifest/results/."
	if markdown, _ := object(t, prefix+"/report/report.md"); !strings.Contains(markdown, note) {
		t.Errorf("got\n%s\nexpected it to say %s", markdown, note)
	}
	uncounted := strings.Replace(request(prefix, results, 3), `, "count": 3`, "", 1)
	if err := refused(t, summarize(nothing), uncounted); err.Type != job.ErrorOutcomeUnknown || !strings.HasSuffix(err.Message, "and the number of items is not known either") {
		t.Errorf("got %s: %s, expected %s", err.Type, err.Message, job.ErrorOutcomeUnknown)
	}
}
