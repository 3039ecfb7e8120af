package results_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
	"github.com/mapjob/mapjob/internal/results/resultstest"
	"pgregory.net/rapid"
)

// It takes 100 runs unless -rapid.checks says otherwise.
func TestTheOutcomesOfAMapRunAreTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		job := resultstest.Draw(t, "results", "nightly/1")
		fates := map[int]string{}
		rest, err := results.Reader{Store: bucket(job.Objects)}.MapRun(t.Context(), job.Results, func(o protocol.Outcome) error {
			if fate, known := fates[o.Index]; known {
				return fmt.Errorf("got a second outcome of item %d, after %q", o.Index, fate)
			}
			fates[o.Index] = o.Error
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(job.Fates, fates); diff != "" {
			t.Errorf("got other outcomes than expected (-expected +got):\n%s", diff)
		}
		if rest.Error != job.Rest || (rest.Gap != "") != (job.Gap != "") {
			t.Errorf("got %+v of the other items, expected error %q and a gap that says: %q", rest, job.Rest, job.Gap)
		}
	})
}

// folder returns the objects of a Map Run in which child 0 has item 0, and so on.
// Each child ends every round as one letter says: Succeeded, Failed, Aborted,
// Timed out or Pending.
func folder(form resultstest.Form, redrives map[int]string) (*resultstest.MapRun, bucket) {
	m := &resultstest.MapRun{Bucket: "results", Prefix: "nightly/1/results", Machine: "Nightly", Label: "Map", ID: "7b5f", Form: form}
	for redrive, ends := range redrives {
		round := resultstest.Round{Redrive: redrive}
		for i, end := range ends {
			c := resultstest.Child{Input: fmt.Sprintf(`{"Items": [{"index": %d, "item": %d}]}`, i, i)}
			switch end {
			case 'S':
				c.Status = resultstest.Succeeded
				c.Answer = append(c.Answer, fmt.Appendf(nil, `{"index": %d, "status": "SUCCEEDED"}`, i))
			case 'F':
				c.Status, c.Error = resultstest.Failed, "Crash"
			case 'A':
				c.Status = resultstest.Aborted
			case 'T':
				c.Status = resultstest.TimedOut
			case 'P':
				c.Status = resultstest.Pending
			}
			round.Children = append(round.Children, c)
		}
		m.Rounds = append(m.Rounds, round)
	}
	return m, m.Objects()
}

// read returns the outcomes of a Map Run in short.
func read(t *testing.T, b bucket, at protocol.Results) (outcomes []string, rest results.Rest) {
	t.Helper()
	outcomes = collect(t, func(y results.Yield) (err error) {
		rest, err = results.Reader{Store: b}.MapRun(t.Context(), at, y)
		return err
	})
	return outcomes, rest
}

var failedMap = protocol.Results{Bucket: "results", Prefix: "nightly/1/results"}

// succeededMap returns the results of a Map that names the manifest of a round.
func succeededMap(m *resultstest.MapRun, redrive int) protocol.Results {
	return protocol.Results{Bucket: "results", Prefix: m.Prefix, Manifest: m.Manifest(redrive)}
}

// AWS: "The manifest with the highest N is the one that counts (10 sorts before 2)."
func TestTheLastRedrivesManifestCounts(t *testing.T) {
	t.Parallel()
	m, objects := folder(resultstest.Form{}, map[int]string{0: "FFFF", 1: "SFFF", 2: "SSFF", 10: "SSSF"})
	expected := []string{"0 SUCCEEDED", "1 SUCCEEDED", "2 SUCCEEDED", "3 FAILED Crash"}
	for name, at := range map[string]protocol.Results{
		"the Map names no manifest":   failedMap,
		"the Map names the root's":    succeededMap(m, 0),
		"the Map names redrive 2's":   succeededMap(m, 2),
		"the Map names the last one":  succeededMap(m, 10),
		"the Map names one of before": succeededMap(m, 1),
	} {
		t.Run(name, func(t *testing.T) {
			outcomes, _ := read(t, objects, at)
			equal(t, outcomes, expected...)
		})
	}
	_, objects = folder(resultstest.Form{}, map[int]string{0: "SF"})
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 SUCCEEDED", "1 FAILED Crash")
}

// AWS: "A kind without results has no object and an empty list in the manifest."
func TestAKindWithoutResultsHasNoObject(t *testing.T) {
	t.Parallel()
	_, objects := folder(resultstest.Form{}, map[int]string{0: "SS"})
	if text := objects["nightly/1/results/7b5f/manifest.json"]; !strings.Contains(text, `"FAILED":[],"PENDING":[]`) || len(objects) != 2 {
		t.Fatalf("got %d objects and manifest %s, expected one file", len(objects), text)
	}
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 SUCCEEDED", "1 SUCCEEDED")
}

// AWS: "An empty one may hold []: skip it."
func TestAnEmptyFileIsSkipped(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{"[]", "", "\n", " [ ]\r\n", "[]\n"} {
		m, objects := folder(resultstest.Form{WriteEmpty: true, Empty: empty}, map[int]string{0: "SS"})
		if objects[m.Folder(0)+"FAILED_0.jsonl"] != empty || len(objects) != 4 {
			t.Fatalf("got %d objects, expected three files and a manifest", len(objects))
		}
		outcomes, _ := read(t, objects, failedMap)
		equal(t, outcomes, "0 SUCCEEDED", "1 SUCCEEDED")
	}
}

// AWS: "JSON is [a,b] without a newline; JSONL ends each line with one."
func TestBothOutputTypesAreRead(t *testing.T) {
	t.Parallel()
	for text, form := range map[string]resultstest.Form{
		`[{"index":0,"status":"SUCCEEDED"},{"index":1,"status":"SUCCEEDED"}]`:                 {JSON: true, FailuresJSON: true},
		`{"index":0,"status":"SUCCEEDED"}` + "\n" + `{"index":1,"status":"SUCCEEDED"}` + "\n": {},
	} {
		m, objects := folder(form, map[int]string{0: "SSFF"})
		name := "SUCCEEDED_0.jsonl"
		if form.JSON {
			name = "SUCCEEDED_0.json"
		}
		if got := strings.ReplaceAll(objects[m.Folder(0)+name], ": ", ":"); strings.ReplaceAll(got, ", ", ",") != text {
			t.Fatalf("got %s, expected %s", got, text)
		}
		outcomes, _ := read(t, objects, failedMap)
		equal(t, outcomes, "0 SUCCEEDED", "1 SUCCEEDED", "2 FAILED Crash", "3 FAILED Crash")
	}
}

func TestFailuresAreNeverFlattened(t *testing.T) {
	t.Parallel()
	_, objects := folder(resultstest.Form{}, map[int]string{0: "F"})
	const input = `{"Items": [{"index": 0, "item": [1, [2]]}, {"index": 1, "item": []}]}`
	objects["nightly/1/results/7b5f/FAILED_0.jsonl"] = child("FAILED", input, "Crash")
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 FAILED Crash", "1 FAILED Crash")
}

func TestFlattenAsJSONLWritesOneElementPerLine(t *testing.T) {
	t.Parallel()
	m, _ := folder(resultstest.Form{}, map[int]string{0: "S"})
	answer := &m.Rounds[0].Children[0].Answer
	*answer = append(*answer, []byte(`{"index": 1, "status": "FAILED", "error": "Bad"}`))
	if lines := strings.Split(m.Objects()[m.Folder(0)+"SUCCEEDED_0.jsonl"], "\n"); len(lines) != 3 {
		t.Fatalf("got %d lines of an answer with two outcomes: %q", len(lines)-1, lines)
	}
	outcomes, _ := read(t, m.Objects(), failedMap)
	equal(t, outcomes, "0 SUCCEEDED", "1 FAILED Bad")
}

func TestAFailedLineHasRedriveStatusAndDatesAndNoOutput(t *testing.T) {
	t.Parallel()
	m, objects := folder(resultstest.Form{}, map[int]string{0: "F"})
	m.Rounds[0].Children[0].Cause = "It broke."
	line := m.Describe(0, 1, &m.Rounds[0].Children[0])
	var members map[string]any
	if err := json.Unmarshal([]byte(line), &members); err != nil {
		t.Fatal(err)
	}
	equal(t, slices.Sorted(maps.Keys(members)), "Cause", "Error", "ExecutionArn", "Input", "InputDetails", "Name", "OutputDetails",
		"RedriveCount", "RedriveStatus", "StartDate", "StateMachineArn", "Status", "StopDate")
	if members["RedriveStatus"] != "REDRIVABLE_BY_MAP_RUN" {
		t.Errorf("got %s, expected it to be redrivable", line)
	}
	objects[m.Folder(0)+"FAILED_0.jsonl"] = strings.Replace(line, "{", `{"AddedLater": {"By": ["AWS"]}, `, 1)
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 FAILED Crash")

	// Its items ended when it did.
	stopped, _ := members["StopDate"].(string)
	for date, expected := range map[string]bool{stopped: true, "": false, "yesterday": false} {
		var child results.Child
		if err := json.Unmarshal([]byte(line), &child); err != nil {
			t.Fatal(err)
		}
		child.StopDate = date
		if err := (results.Reader{}).FailedChild(t.Context(), child, func(o protocol.Outcome) error {
			if at, err := time.Parse(time.RFC3339, stopped); err != nil || (o.EndedAt() == at.UnixMilli()) != expected || !expected && o.EndedAt() != 0 {
				t.Errorf("got an outcome that ended at %d of a child that stopped at %q", o.EndedAt(), date)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// AWS: "Standard children resume, pending ones start, successes stay."
func TestARedriveKeepsSuccesses(t *testing.T) {
	t.Parallel()
	_, objects := folder(resultstest.Form{}, map[int]string{0: "SFAP", 1: "SSTS"})
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 SUCCEEDED", "1 SUCCEEDED", "2 FAILED States.Timeout", "3 SUCCEEDED")
}

// AWS: "Running Standard children become ABORTED and are listed in FAILED."
func TestAbortedChildrenAreListedInFailed(t *testing.T) {
	t.Parallel()
	m, objects := folder(resultstest.Form{}, map[int]string{0: "SFA"})
	line := strings.Split(objects[m.Folder(0)+"FAILED_0.jsonl"], "\n")[1]
	if strings.Contains(line, `"Error"`) || !strings.Contains(line, `"Status":"ABORTED"`) {
		t.Fatalf("got %s, expected a child that was aborted without an error", line)
	}
	var cause string
	rest, err := results.Reader{Store: objects}.MapRun(t.Context(), failedMap, func(o protocol.Outcome) error {
		if o.Error == protocol.ErrorAborted {
			cause = o.Cause
		}
		return nil
	})
	if err != nil || rest.Error != protocol.ErrorNotStarted || cause != "The map run execution [arn:aws:states:us-east-1:123456789012:mapRun:Nightly/Map:7b5f] which was managing this resource was aborted" {
		t.Errorf("got cause %q, %+v and error %v, expected the Map Run's cause", cause, rest, err)
	}
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 SUCCEEDED", "1 FAILED Crash", "2 FAILED MapJob.Aborted")
}

func TestAPendingLineHasOnlyInputInputDetailsAndStatus(t *testing.T) {
	t.Parallel()
	m, objects := folder(resultstest.Form{}, map[int]string{0: "FPP"})
	line, _, _ := strings.Cut(objects[m.Folder(0)+"PENDING_0.jsonl"], "\n")
	if expected := `{"Input":"{\"Items\": [{\"index\": 1, \"item\": 1}]}","InputDetails":{"Included":true},"Status":"PENDING"}`; line != expected {
		t.Fatalf("got %s, expected %s", line, expected)
	}
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 FAILED Crash", "1 FAILED MapJob.NotStarted", "2 FAILED MapJob.NotStarted")
}

func TestLinesOfExpressChildrenHaveNoRedriveStatus(t *testing.T) {
	t.Parallel()
	m := &resultstest.MapRun{Bucket: "results", Prefix: "nightly/1/results", ID: "7b5f", Express: true, Rounds: []resultstest.Round{{Children: []resultstest.Child{
		{Status: resultstest.Failed, Error: "Crash", Input: `{"Items": [{"index": 0, "item": 1}]}`},
		{Status: resultstest.TimedOut, Error: "States.Timeout", Input: `{"Items": [{"index": 1, "item": 1}]}`},
	}}}}
	if text := m.Objects()[m.Folder(0)+"FAILED_0.jsonl"]; strings.Contains(text, "RedriveStatus") {
		t.Fatalf("got %s, expected no RedriveStatus", text)
	}
	outcomes, _ := read(t, m.Objects(), failedMap)
	equal(t, outcomes, "0 FAILED Crash", "1 FAILED States.Timeout")
}

func TestTheManifestOfAStoppedOrTimedOutMapRunIsNotKnown(t *testing.T) {
	t.Parallel()
	m, objects := folder(resultstest.Form{}, map[int]string{0: "SAFP", 1: "SSSS"})
	for name, c := range map[string]struct {
		without  []int // redrives whose manifests are not there
		at       protocol.Results
		outcomes []string
		gap      string
	}{
		"no manifest": {[]int{0, 1}, failedMap, nil, "the Map left no manifest of its results in s3://results/nightly/1/results/"},
		"the first":   {[]int{0}, failedMap, []string{"0 SUCCEEDED", "1 SUCCEEDED", "2 SUCCEEDED", "3 SUCCEEDED"}, ""},
		"the last, so that only successes are still true": {[]int{1}, failedMap, []string{"0 SUCCEEDED"},
			"redrive 1 of the Map Run in s3://results/nightly/1/results/7b5f/ left files but no manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			left := bucket{}
			maps.Copy(left, objects)
			for _, redrive := range c.without {
				delete(left, m.Manifest(redrive))
			}
			outcomes, rest := read(t, left, c.at)
			equal(t, outcomes, c.outcomes...)
			expected := results.Rest{Error: protocol.ErrorOutcomeUnknown, Cause: c.gap, Gap: c.gap}
			if c.gap == "" {
				expected = results.Rest{Error: protocol.ErrorNotStarted, Cause: "the Map ended before the item was started"}
			}
			if diff := cmp.Diff(expected, rest); diff != "" {
				t.Errorf("got another rest than expected (-expected +got):\n%s", diff)
			}
		})
	}
}

func TestAChildWithoutItsInputIsAGap(t *testing.T) {
	t.Parallel()
	m, _ := folder(resultstest.Form{}, map[int]string{0: "SFFP"})
	m.Rounds[0].Children[1].NoInput = true
	m.Rounds[0].Children[3].NoInput = true
	const gap = "the Map's results list 2 child executions without their input, such as " +
		"arn:aws:states:us-east-1:123456789012:execution:Nightly/Map:00000000-0000-3000-8000-000000000001, so it is not known which items they had"
	for at, expected := range map[protocol.Results]results.Rest{
		failedMap:          {Error: protocol.ErrorOutcomeUnknown, Cause: gap, Gap: gap},
		succeededMap(m, 0): {Gap: gap},
	} {
		outcomes, rest := read(t, m.Objects(), at)
		equal(t, outcomes, "0 SUCCEEDED", "2 FAILED Crash")
		if diff := cmp.Diff(expected, rest); diff != "" {
			t.Errorf("got another rest than expected (-expected +got):\n%s", diff)
		}
	}
}

func TestOfSeveralMapRunsTheOneThatTheMapNamesCounts(t *testing.T) {
	t.Parallel()
	m, objects := folder(resultstest.Form{}, map[int]string{0: "SF"})
	other := *m
	for _, id := range []string{"0000", "ffff"} {
		other.ID = id
		other.Rounds = []resultstest.Round{{}}
		maps.Copy(objects, other.Objects())
	}
	outcomes, _ := read(t, objects, failedMap)
	equal(t, outcomes, "0 SUCCEEDED", "1 FAILED Crash") // the others have no results

	other.Rounds = m.Rounds
	maps.Copy(objects, other.Objects())
	outcomes, _ = read(t, objects, succeededMap(m, 0))
	equal(t, outcomes, "0 SUCCEEDED", "1 FAILED Crash")
	_, err := results.Reader{Store: objects}.MapRun(t.Context(), failedMap, func(protocol.Outcome) error { return nil })
	if refused, ok := errors.AsType[*protocol.Error](err); !ok || refused.Name != protocol.ErrorOutcomeUnknown || !strings.Contains(refused.Message, "those in nightly/1/results/7b5f/, nightly/1/results/ffff/") {
		t.Errorf("got error %v, expected %s with the folders", err, protocol.ErrorOutcomeUnknown)
	}
}

func TestABrokenFileIsRefusedWithItsAddress(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]string{
		`[{"Status": "FAILED"}`:      "reading s3://results/nightly/1/results/7b5f/FAILED_0.jsonl: got an array without an end, expected one JSON array",
		`[] []`:                      "got more text after an array",
		`[1]`:                        "in 1, expected a child execution",
		"[[]]":                       "in [], expected a child execution",
		`[{"Status": "FAI`:           "got an array without an end",
		`[] }`:                       "invalid character '}'",
		`[{"Status": "FAILED"},]`:    "invalid character ']'",
		`{"Status": "FAILED", "Inpu`: "expected a child execution",
	} {
		_, objects := folder(resultstest.Form{}, map[int]string{0: "F"})
		objects["nightly/1/results/7b5f/FAILED_0.jsonl"] = text
		_, err := results.Reader{Store: objects}.MapRun(t.Context(), failedMap, func(protocol.Outcome) error { return nil })
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got error %v of %s, expected %s", err, text, expected)
		}
	}
}

// breaking is a store whose objects break off, as a connection does.
type breaking struct{ bucket }

func (b breaking) Open(ctx context.Context, name, key string) (io.ReadCloser, error) {
	body, err := b.bucket.Open(ctx, name, key)
	if err != nil || strings.HasSuffix(key, protocol.ManifestFile) {
		return body, err
	}
	return io.NopCloser(io.MultiReader(body, iotest.ErrReader(fmt.Errorf("s3://%s/%s: broken connection", name, key)))), nil
}

func TestABrokenConnectionIsReportedOnce(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[", `[{"Status": "FAI`, "[]", `{"Status": "FAI`} {
		_, objects := folder(resultstest.Form{}, map[int]string{0: "F"})
		objects["nightly/1/results/7b5f/FAILED_0.jsonl"] = text
		_, err := results.Reader{Store: breaking{objects}}.MapRun(t.Context(), failedMap, func(protocol.Outcome) error { return nil })
		if expected := "reading s3://results/nightly/1/results/7b5f/FAILED_0.jsonl: broken connection"; err == nil || err.Error() != expected {
			t.Errorf("got error %v after %q, expected %s", err, text, expected)
		}
	}
}
