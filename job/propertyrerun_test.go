package job_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
	"pgregory.net/rapid"
)

// earlier is what a rerun says of the run whose items it has.
type earlier struct {
	key    string
	errors []string // by item; "" if the error is not known
}

// sidecars lists what may become of the object with the errors.
var sidecars = []string{"as it is", "as it is", "as it is", "absent", "short", "long", "other lines"}

// rerunOf returns the plan of a run of the items that did not succeed in another one,
// or an error if the errors beside them are not those that they had.
func rerunOf(t *rapid.T, p plan, prefix string, failures []string, beside string) (plan, error) {
	truth := p.truth()
	lines := strings.SplitAfter(strings.TrimSuffix(beside, "\n"), "\n")
	if len(lines) != len(failures) {
		return p, fmt.Errorf("got the errors %q beside the items %q, expected one for each", beside, failures)
	}
	again := plan{size: rapid.IntRange(1, p.size).Draw(t, "size"), byReference: p.byReference, origin: p.origin, place: p.place,
		rerun: &earlier{key: prefix + "/report/failures.jsonl"}}
	if p.origin.kept() {
		again.origin = inInput
	}
	for i, line := range lines {
		var failed protocol.FailedItem
		if err := json.Unmarshal([]byte(line), &failed); err != nil {
			return p, err
		}
		expected := truth[failed.Index].errorName
		if _, known := truth[failed.Index]; !known {
			expected = job.ErrorOutcomeUnknown
		}
		if failed.Error != expected || expected == "" {
			return p, fmt.Errorf("got the error %q of item %d, expected %q", failed.Error, failed.Index, expected)
		}
		d := p.deeds[failed.Index]
		text, _ := json.Marshal(d)
		if d.Do == "unfit" {
			text = []byte(`"unfit"`)
		}
		if failures[i] != string(text)+"\n" {
			return p, fmt.Errorf("got %s in the place of item %d, expected %s", failures[i], failed.Index, text)
		}
		again.deeds = append(again.deeds, d)
		again.rerun.errors = append(again.rerun.errors, expected)
	}
	again.batches = ends(t, again)
	return again, nil
}

// change changes the object with the errors of the earlier run.
func (e *earlier) change(t *testing.T, how, text string) {
	key := protocol.ErrorsOf(protocol.Object{Key: e.key}).Key
	if how == "as it is" {
		return
	}
	_, _ = objects.DeleteObject(bucket, key) // with its checksum
	switch last := len(e.errors) - 1; how {
	case "absent":
		e.errors = make([]string, len(e.errors))
	case "short":
		e.errors[last] = ""
		put(t, key, text[:strings.LastIndex(text, "{")])
	case "long":
		e.errors = make([]string, len(e.errors))
		put(t, key, text+text)
	case "other lines":
		e.errors[last] = ""
		put(t, key, text[:strings.LastIndex(text, "{")]+`{"index": "none"}`)
	}
}

// checkComparison compares the comparison of a rerun with the truth.
func (p plan) checkComparison(truth map[int]fate, got *protocol.Comparison, markdown string) error {
	if p.rerun == nil {
		if got != nil {
			return fmt.Errorf("got the comparison %+v, expected none of a run that is no rerun", got)
		}
		return nil
	}
	expected := protocol.Comparison{}
	for i, before := range p.rerun.errors {
		now, known := truth[i]
		switch {
		case now.succeeded:
			expected.Recovered++
		case !known:
			expected.OtherError++
		case before == "":
			expected.Unknown++
		case before == now.errorName:
			expected.SameError++
		default:
			expected.OtherError++
		}
	}
	if got == nil || *got != expected {
		return fmt.Errorf("got the comparison %+v, expected %+v", got, expected)
	}
	for _, part := range []string{"## Compared with the earlier execution", "arn:earlier", fmt.Sprintf("| %-26s | %5d |", "recovered", expected.Recovered)} {
		if expected.Unknown == 0 && !strings.Contains(markdown, part) {
			return fmt.Errorf("got\n%s\nexpected it to contain %q", markdown, part)
		}
	}
	if strings.Contains(markdown, "not known whether the error is the same") != (expected.Unknown > 0) {
		return fmt.Errorf("got\n%s\nexpected a note: %t", markdown, expected.Unknown > 0)
	}
	return nil
}

// A rerun has the items that did not succeed, and so has a rerun of the rerun. Each
// says of each item what became of it.
func TestRerunsAddUp(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		prefix := fmt.Sprint("reruns/", runs)
		p := plans(rt)
		p.change = "none"
		for round := range 3 {
			at := fmt.Sprint(prefix, "/", round)
			var err error
			var failures []string
			synctest.Test(t, func(t *testing.T) {
				answer, seen, items, markdown := p.run(t, at)
				failures = append(failures, items...) // check sorts its own
				err = p.check(answer, seen, items, markdown)
			})
			if err != nil {
				rt.Fatalf("round %d: %v\nin %+v", round, err, p)
			}
			if len(failures) == 0 || p.origin == unkept {
				break
			}
			beside, _ := object(t, at+"/report/"+protocol.FailuresErrorsFile)
			again, err := rerunOf(rt, p, at, failures, beside)
			if err != nil {
				rt.Fatalf("round %d: %v\nin %+v", round, err, p)
			}
			again.rerun.change(t, rapid.SampledFrom(sidecars).Draw(rt, "sidecar"), beside)
			p = again
		}
		found, _ := objects.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: prefix + "/"}, gofakes3.ListBucketPage{})
		for _, o := range found.Contents {
			_, _ = objects.DeleteObject(bucket, o.Key)
		}
	})
}
