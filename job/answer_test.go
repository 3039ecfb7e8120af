package job_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
)

// payloadLimit is the most that Step Functions passes on at once, in bytes.
const payloadLimit = 262_144

// long answers with a text as long as its item says.
var long = work(func(_ context.Context, n int) (string, error) {
	if n < 0 {
		return "", job.Errorf("Negative", "%s", strings.Repeat("x", -n))
	}
	return strings.Repeat("x", n), nil
})

// storing adds to a batch a folder for outcomes that do not fit into an answer.
func storing(prefix, batch string) string {
	return strings.Replace(batch, `"execution":"arn:x"`, `"execution":"arn:x","outcomes":{"bucket":"results","prefix":"`+prefix+`"}`, 1)
}

func TestOutcomesThatDoNotFitAreStoredWhole(t *testing.T) {
	t.Parallel()
	for name, items := range map[string][]any{
		"one is too large":          {1, 300_000, 2},
		"all together":              {100_000, 100_000, 100_000},
		"a cause":                   {1, -300_000},
		"many that say very little": make([]any, 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			prefix := "oversize/" + strings.ReplaceAll(name, " ", "-")
			answer := invoke(t, long, storing(prefix+"/outcomes", batchOf(7, items...)))
			if len(answer) > payloadLimit-16_000 {
				t.Fatalf("got an answer of %d bytes, expected one that leaves room in %d", len(answer), payloadLimit)
			}
			if !strings.Contains(answer, `[{"outcomes":{"bucket":"results","key":"`+prefix+`/outcomes/000000000007.jsonl"}`) {
				t.Fatalf("got %.300s, expected the address of the outcomes", answer)
			}
			// The summary reads them as if they stood in the answer.
			manifest := mapRun(t, prefix, answer[1:len(answer)-1]+"\n", "", "")
			whole, failed := 0, 0
			h := summarize(func(_ context.Context, s *job.Summary) error {
				for o := range s.Results() {
					var text string
					n, _ := items[o.Index-7].(int)
					switch {
					case n < 0 && o.Error == "Negative" && len(o.Cause) == -n:
						failed++
					case n >= 0 && o.Decode(&text) == nil && len(text) == n:
						whole++
					}
				}
				return nil
			})
			got := decode[accountAnswer](t, invoke(t, h, request(prefix, fmt.Sprintf(`{"bucket": "results", "manifest": "%s"}`, manifest), 7+len(items))))
			if got.Items != (report.Items{Total: 7 + len(items), Succeeded: whole, Failed: failed, Missing: 7}) || whole+failed != len(items) {
				t.Errorf("got %+v with %d whole results, expected every one of %d whole", got.Items, whole, len(items))
			}
		})
	}
}

func TestAnAnswerThatFitsIsNotStored(t *testing.T) {
	t.Parallel()
	answer := invoke(t, long, storing("fits", batchOf(0, 100_000, 140_000)))
	if outcomes := decode[[]job.Outcome](t, answer); len(outcomes) != 2 || len(outcomes[1].Output) != 140_002 {
		t.Errorf("got %.100s, expected the outcomes themselves", answer)
	}
	if _, there := object(t, "fits/000000000000.jsonl"); there {
		t.Error("got an object, expected none")
	}
}

func TestWithoutAFolderTheLargestOutcomesFailByName(t *testing.T) {
	t.Parallel()
	outcomes := decode[[]job.Outcome](t, invoke(t, long, batchOf(0, 1, 200_000, 100_000, 30_000)))
	for i, expected := range []job.Status{job.Succeeded, job.Failed, job.Succeeded, job.Succeeded} {
		if outcomes[i].Status != expected {
			t.Errorf("got item %d %s, expected %s", i, outcomes[i].Status, expected)
		}
	}
	if o := outcomes[1]; o.Error != job.ErrorResultTooLarge || !strings.Contains(o.Cause, "use Distributed mode") || o.Retryable {
		t.Errorf("got %+v, expected a refusal with a way out", o)
	}
	outcomes = decode[[]job.Outcome](t, invoke(t, long, batchOf(0, 300_000, 1, 250_000, 200_000)))
	for i, expected := range []job.Status{job.Failed, job.Succeeded, job.Failed, job.Succeeded} {
		if outcomes[i].Status != expected {
			t.Errorf("got item %d %s, expected %s: as many fail as have to", i, outcomes[i].Status, expected)
		}
	}
	if err := refused(t, long, batchOf(0, make([]any, 10_000)...)); err.Type != job.ErrorResultTooLarge {
		t.Errorf("got %s: %s, expected %s", err.Type, err.Message, job.ErrorResultTooLarge)
	}
}

func TestAFailureWithALongCauseKeepsItsName(t *testing.T) {
	t.Parallel()
	outcomes := decode[[]job.Outcome](t, invoke(t, long, batchOf(0, 1, -300_000, 100_000, -500)))
	for i, expected := range []string{"", "Negative", "", "Negative"} {
		if outcomes[i].Error != expected {
			t.Errorf("got item %d with the error %q, expected %q", i, outcomes[i].Error, expected)
		}
	}
	if cause := outcomes[1].Cause; len(cause) > 1100 || !strings.HasSuffix(cause, "x… (300000 bytes)") || len(outcomes[3].Cause) != 500 {
		t.Errorf("got causes of %d and %d bytes, expected the long one to be cut, visibly", len(cause), len(outcomes[3].Cause))
	}
}

func TestOutcomesThatCannotBeStoredFailTheBatch(t *testing.T) {
	t.Parallel()
	payload := strings.Replace(storing("x", batchOf(0, 300_000)), `"bucket":"results"`, `"bucket":"nowhere"`, 1)
	if err := refused(t, long, payload); err.Type != "NoSuchBucket" || !strings.Contains(err.Message, "writing s3://nowhere/x/000000000000.jsonl") {
		t.Errorf("got %s: %s, expected the object that cannot be written", err.Type, err.Message)
	}
}
