package engine_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
	"github.com/mapjob/mapjob/internal/value"
)

// failingRun is a Distributed Map with a ResultWriter and three children at
// once. Its task fails for the item -1 after a second and takes ten for others.
func failingRun(fields, kind string) (definition string, worker engine.Option) {
	definition = `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Label":"L","MaxConcurrency":3,` + fields + `
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"out","Prefix":"r"},"WriterConfig":{"OutputType":"JSONL","Transformation":"NONE"}},"End":true,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + kind + `"},"StartAt":"T","States":{
			"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}`
	return definition, engine.WithIntegration(lambda, engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		if strings.Contains(value.Text(r.Parameters), "-1") {
			return engine.Answer{Err: &engine.TaskError{Name: "Bad", Cause: "worse"}, Takes: time.Second}
		}
		return engine.Answer{Output: r.Parameters, Takes: 10 * time.Second}
	}))
}

// statuses returns the status and the input of each line of the result files, by
// the names of the files, and whether there is a manifest.
func statuses(t *testing.T, m *objectstest.Memory) (lines map[string][]string, manifest bool) {
	t.Helper()
	lines = map[string][]string{}
	for name, body := range m.Objects {
		file := name[strings.LastIndexByte(name, '/')+1:]
		switch {
		case !strings.HasPrefix(name, "out/"):
			continue
		case file == "manifest.json":
			manifest = true
			continue
		}
		for line := range strings.Lines(body) {
			v, err := value.Parse([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			o := v.(*value.Object)
			status, _ := o.Get("Status")
			input, _ := o.Get("Input")
			lines[file] = append(lines[file], fmt.Sprintf("%v %v", status, input))
		}
	}
	return lines, manifest
}

func TestToleranceIsPassedWithStandardChildren(t *testing.T) {
	var o observed
	var aborted []event.Event
	store := &objectstest.Memory{}
	definition, worker := failingRun("", "STANDARD")
	x := run(t, definition, `[1,-1,2,3,4]`, worker, engine.WithObjects(store), engine.WithMapObserver(&o), engine.WithHistory(func(e event.Event) {
		if e.Type == event.ExecutionAborted {
			aborted = append(aborted, e)
		}
	}))
	fails(t, x, "States.ExceedToleratedFailureThreshold", "tolerated failure threshold was exceeded")
	t.Run("running Standard children become ABORTED and are listed in FAILED; a PENDING line for each child that was never started; all files and the manifest are written", func(t *testing.T) {
		lines, manifest := statuses(t, store)
		expected := map[string][]string{
			"FAILED_0.jsonl":  {"FAILED -1", "ABORTED 1", "ABORTED 2"},
			"PENDING_0.jsonl": {"PENDING 3", "PENDING 4"},
		}
		if diff := cmp.Diff(expected, lines); diff != "" || !manifest {
			t.Errorf("got the manifest: %v, expected true; the lines differ (-expected +got):\n%s", manifest, diff)
		}
		if took := x.Stop.Sub(x.Start); took != time.Second {
			t.Errorf("got a run of %v, expected it to end when the first child failed", took)
		}
	})
	t.Run("ExecutionAborted, previousEventId 0, no error, cause The map run execution [ARN] which was managing this resource was aborted", func(t *testing.T) {
		if len(aborted) != 2 {
			t.Fatalf("got %d ExecutionAborted events, expected 2", len(aborted))
		}
		for _, e := range aborted {
			expected := event.Data{Cause: "The map run execution [" + o.ended[0].ARN + "] which was managing this resource was aborted"}
			if diff := cmp.Diff(expected, e.Data); diff != "" || e.PreviousID != 0 {
				t.Errorf("got previousEventId %d, expected 0; the data differs (-expected +got):\n%s", e.PreviousID, diff)
			}
		}
	})
	t.Run("resultsWritten includes pending ones", func(t *testing.T) {
		expected := engine.MapRunCounts{Aborted: 2, Failed: 1, Pending: 2, ResultsWritten: 5, Total: 5}
		for name, got := range map[string]engine.MapRunCounts{"items": o.ended[0].Items, "executions": o.ended[0].Executions} {
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Errorf("the counts of %s differ (-expected +got):\n%s", name, diff)
			}
		}
	})
}

func TestToleranceIsPassedAndRunningExpressChildrenFinishAndCountAsSucceeded(t *testing.T) {
	var o observed
	store := &objectstest.Memory{}
	definition, worker := failingRun("", "EXPRESS")
	x := run(t, definition, `[1,-1,2,3,4]`, worker, engine.WithObjects(store), engine.WithMapObserver(&o))
	fails(t, x, "States.ExceedToleratedFailureThreshold", "")
	for name, body := range store.Objects {
		if strings.Contains(body, "RedriveStatus") {
			t.Errorf("%s: got %s, expected lines of Express children without RedriveStatus", name, body)
		}
	}
	lines, _ := statuses(t, store)
	expected := map[string][]string{
		"SUCCEEDED_0.jsonl": {"SUCCEEDED 1", "SUCCEEDED 2"},
		"FAILED_0.jsonl":    {"FAILED -1"},
		"PENDING_0.jsonl":   {"PENDING 3", "PENDING 4"},
	}
	if diff := cmp.Diff(expected, lines); diff != "" {
		t.Errorf("the lines differ (-expected +got):\n%s", diff)
	}
	if took := x.Stop.Sub(x.Start); took != 10*time.Second {
		t.Errorf("got a run of %v, expected the 10s of the children that ran", took)
	}
	counts := engine.MapRunCounts{Succeeded: 2, Failed: 1, Pending: 2, ResultsWritten: 5, Total: 5}
	if diff := cmp.Diff(counts, o.ended[0].Executions); diff != "" {
		t.Errorf("the counts differ (-expected +got):\n%s", diff)
	}
}

// The source has more items than are read at once, in batches.
func TestAPendingLineForEachChildThatWasNeverStartedAlsoOfItemsThatWereNotRead(t *testing.T) {
	var items strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&items, "%d\n", i-1)
	}
	var o observed
	store := &objectstest.Memory{Objects: map[string]string{"in/items.jsonl": items.String()}}
	definition, worker := failingRun(`"ItemBatcher":{"MaxItemsPerBatch":30,"BatchInput":{}},
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"in","Key":"items.jsonl"}},`, "STANDARD")
	fails(t, run(t, definition, `{}`, worker, engine.WithObjects(store), engine.WithMapObserver(&o)), "States.ExceedToleratedFailureThreshold", "")
	lines, _ := statuses(t, store)
	if n := len(lines["FAILED_0.jsonl"]); n != 3 {
		t.Errorf("got %d lines of children that failed or were aborted, expected 3", n)
	}
	pending := lines["PENDING_0.jsonl"]
	if n := len(pending); n != 64 { // 67 batches, of which 3 were started
		t.Fatalf("got %d lines in PENDING, expected 64", n)
	}
	if expected := `PENDING {"BatchInput":{},"Items":[1979,1980,1981,1982,1983,1984,1985,1986,1987,1988,1989,1990,1991,1992,1993,1994,1995,1996,1997,1998]}`; pending[63] != expected {
		t.Errorf("got the last line %s, expected %s", pending[63], expected)
	}
	if o.ended[0].Items.Pending != 2000-90 || o.ended[0].Executions.Pending != 64 {
		t.Errorf("got %d pending items and %d executions, expected 1910 and 64", o.ended[0].Items.Pending, o.ended[0].Executions.Pending)
	}
}

func TestAReaderThatFailsLeavesWhatWasReadPending(t *testing.T) {
	store := &objectstest.Memory{Objects: map[string]string{"in/items.jsonl": "1\n2\n3\nx\n"}}
	definition, worker := failingRun(`"ItemBatcher":{"MaxItemsPerBatch":2},
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"in","Key":"items.jsonl"}},`, "STANDARD")
	fails(t, run(t, definition, `{}`, worker, engine.WithObjects(store)), "States.ItemReaderFailed", "")
	lines, _ := statuses(t, store)
	expected := map[string][]string{"FAILED_0.jsonl": {`ABORTED {"Items":[1,2]}`}, "PENDING_0.jsonl": {`PENDING {"Items":[3]}`}}
	if diff := cmp.Diff(expected, lines); diff != "" {
		t.Errorf("the lines differ (-expected +got):\n%s", diff)
	}
}

// The Express child fails, and passes the tolerance, after the reader failed.
func TestTheFirstFailureOfAMapRunIsItsError(t *testing.T) {
	store := &objectstest.Memory{Objects: map[string]string{"in/items.jsonl": "-1\nx\n"}}
	definition, worker := failingRun(`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"in","Key":"items.jsonl"}},`, "EXPRESS")
	x := run(t, definition, `{}`, worker, engine.WithObjects(store))
	fails(t, x, "States.ItemReaderFailed", "")
	if took := x.Stop.Sub(x.Start); took != time.Second {
		t.Errorf("got a run of %v, expected it to wait for the child that ran", took)
	}
}

func TestKeysOfResults(t *testing.T) {
	store := &objectstest.Memory{}
	definition, worker := failingRun("", "EXPRESS")
	run(t, definition, `[1,-1,2,3,4]`, worker, engine.WithObjects(store))
	var keys []string
	for name := range store.Objects {
		keys = append(keys, regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(name, "UUID"))
	}
	slices.Sort(keys)
	expected := []string{"out/r/UUID/FAILED_0.jsonl", "out/r/UUID/PENDING_0.jsonl", "out/r/UUID/SUCCEEDED_0.jsonl", "out/r/UUID/manifest.json"}
	if diff := cmp.Diff(expected, keys); diff != "" {
		t.Errorf("Keys: PREFIX/UUID/manifest.json, SUCCEEDED_0.json|jsonl, FAILED_0…, PENDING_0… (-expected +got):\n%s", diff)
	}
}

func TestChildrenSeeTheParentsPlainNameAndAnIdThatEndsInTheLabel(t *testing.T) {
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Label":"Outer","Items":[1],"End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% $states.context.StateMachine %}","End":true}}}}}}`, `{}`)
	succeeds(t, x, `[{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine/Outer","Name":"StateMachine"}]`)
}

func TestMapItemSource(t *testing.T) {
	store := &objectstest.Memory{Objects: map[string]string{"b/a.json": `[1]`, "b/l/1.jsonl": "1\n2\n", "b/l/2.jsonl": "3\n", "b/m.csv": "n\n1\n"}}
	const selector = `"ItemSelector":"{% $exists($states.context.Map.Item.Source) ? $states.context.Map.Item.Source : 'absent' %}",`
	processor := func(config string) string {
		return `"End":true,"ItemProcessor":{"ProcessorConfig":{` + config + `},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	}
	distributed := processor(`"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"`)
	reader := func(resource, config, arguments string) string {
		return `"ItemReader":{"Resource":"arn:aws:states:::s3:` + resource + `"` + config + `,"Arguments":{"Bucket":"b"` + arguments + `}},` + distributed
	}
	for _, c := range []struct{ quote, fields, expected string }{
		{"STATE_DATA for a list", `"Items":[1],` + distributed, `["STATE_DATA"]`},
		{"s3://BUCKET/KEY for getObject", reader("getObject", `,"ReaderConfig":{"InputType":"JSON"}`, `,"Key":"a.json"`), `["s3://b/a.json"]`},
		{"s3://BUCKET/KEY for getObject of CSV", reader("getObject", `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"}`, `,"Key":"m.csv"`), `["s3://b/m.csv"]`},
		{"s3://BUCKET for an object list", reader("listObjectsV2", ``, `,"Prefix":"l/"`), `["s3://b","s3://b"]`},
		{"the loaded object's address under LOAD_AND_FLATTEN", reader("listObjectsV2", `,"ReaderConfig":{"InputType":"JSONL","Transformation":"LOAD_AND_FLATTEN"}`, `,"Prefix":"l/"`),
			`["s3://b/l/1.jsonl","s3://b/l/1.jsonl","s3://b/l/2.jsonl"]`},
		{"absent in an Inline Map", `"Items":[1],` + processor(`"Mode":"INLINE"`), `["absent"]`},
	} {
		t.Run(c.quote, func(t *testing.T) {
			succeeds(t, run(t, `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,`+selector+c.fields+`}}}`, `{}`, engine.WithObjects(store)), c.expected)
		})
	}
}

func TestReadersThatFail(t *testing.T) {
	store := &objectstest.Memory{Objects: map[string]string{"b/a.csv": "x,x\n1,2\n"}}
	reading := func(language, config string) string {
		arguments := "Arguments"
		if language == "JSONPath" {
			arguments = "Parameters"
		}
		return `{"QueryLanguage":"` + language + `","StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
			"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"` + config + `},"` + arguments + `":{"Bucket":"b","Key":"a.csv"}},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`
	}
	t.Run("CSV headers must not repeat: States.ItemReaderFailed, CSV headers cannot contain duplicates.", func(t *testing.T) {
		x := run(t, reading("JSONata", ``), `{}`, engine.WithObjects(store))
		if x.Error != "States.ItemReaderFailed" || x.Cause != "CSV headers cannot contain duplicates." {
			t.Errorf("got %s %q, expected States.ItemReaderFailed and AWS's cause", x.Error, x.Cause)
		}
	})
	for _, language := range []string{`JSONata`, `JSONPath`} {
		t.Run("A MaxItems that evaluates to a negative number: States.ItemReaderFailed, field MaxItems must be positive, in "+language, func(t *testing.T) {
			config := `,"MaxItems":"{% $states.input.n %}"`
			if language == "JSONPath" {
				config = `,"MaxItemsPath":"$.n"`
			}
			x := run(t, reading(language, config), `{"n":-1}`, engine.WithObjects(store))
			if x.Error != "States.ItemReaderFailed" || x.Cause != "field MaxItems must be positive" {
				t.Errorf("got %s %q, expected States.ItemReaderFailed and AWS's cause", x.Error, x.Cause)
			}
		})
	}
	t.Run("MaxItemsPath with 1.5: MapStateStarted comes before ExecutionFailed", func(t *testing.T) {
		var events []event.Type
		fails(t, run(t, reading("JSONPath", `,"MaxItemsPath":"$.n"`), `{"n":1.5}`, engine.WithObjects(store), types(&events)), "States.Runtime", "1.5")
		expected := []event.Type{event.ExecutionStarted, event.MapStateEntered, event.MapStateStarted, event.ExecutionFailed}
		if diff := cmp.Diff(expected, events); diff != "" {
			t.Errorf("the events differ (-expected +got):\n%s", diff)
		}
	})
}

func TestAJSONataMapWithoutItemsWhoseInputIsNoArray(t *testing.T) {
	for _, config := range []string{`"Mode":"INLINE"`, `"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"`} {
		x := run(t, `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{`+config+`},
			"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, `{"a":1}`)
		fails(t, x, "States.Runtime", `Map state input must be an array but was: {"a":1}`)
	}
}
