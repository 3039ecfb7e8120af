package engine_test

import (
	"encoding/json"
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

func TestMapRunsAtMostMaxConcurrency(t *testing.T) {
	running, most := 0, 0
	integration := engine.WithIntegration(lambda, engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		running++
		most = max(most, running)
		return engine.Answer{Output: r.Parameters, Takes: time.Second}
	}))
	for _, mode := range []string{`"Mode":"INLINE"`, `"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"`} {
		running, most = 0, 0
		x := run(t, `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":3,"End":true,"ItemProcessor":{"ProcessorConfig":{`+mode+`},
			"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}`, `[1,2,3,4,5,6,7]`,
			integration, engine.WithHistory(func(e event.Event) {
				if e.Type == event.TaskSucceeded {
					running--
				}
			}))
		succeeds(t, x, `[1,2,3,4,5,6,7]`)
		if most != 3 || x.Stop.Sub(x.Start) != 3*time.Second {
			t.Errorf("%s: got %d at once in %v, expected 3 in 3s", mode, most, x.Stop.Sub(x.Start))
		}
	}
}

// observed keeps what a MapObserver gets.
type observed struct {
	started  []engine.MapRunInfo
	begun    int // children
	total    int
	children []engine.ChildResult
	ended    []engine.MapRunResult
}

func (o *observed) Started(run engine.MapRunInfo)      { o.started = append(o.started, run) }
func (o *observed) Counted(_ string, total int)        { o.total = total }
func (o *observed) ChildStarted(engine.ChildInfo)      { o.begun++ }
func (o *observed) ChildDone(child engine.ChildResult) { o.children = append(o.children, child) }
func (o *observed) Ended(run engine.MapRunResult)      { o.ended = append(o.ended, run) }

func TestObserverCountsEveryItemOnce(t *testing.T) {
	var o observed
	run(t, tolerant(`,"ToleratedFailurePercentage":100`), `[1,2,-3,4,5]`, engine.WithMapObserver(&o))
	seen := make([]int, 5)
	for _, child := range o.children {
		for i := range child.Items {
			seen[child.First+i]++
		}
	}
	if diff := cmp.Diff([]int{1, 1, 1, 1, 1}, seen); diff != "" {
		t.Errorf("the number of times that each item was counted differs (-expected +got):\n%s", diff)
	}
	if o.begun != len(o.children) || o.started[0].ToleratedPercentage != 100 {
		t.Errorf("got %d children that started and %d that ended, and the tolerance of %+v", o.begun, len(o.children), o.started)
	}
	if len(o.started) != 1 || o.started[0].Items != 5 || o.total != 5 {
		t.Errorf("got %d Map Runs and the total %d, expected one of 5 items", len(o.started), o.total)
	}
}

func tolerant(fields string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemBatcher":{"MaxItemsPerBatch":2}` + fields + `,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.Items[0]","NumericLessThan":0,"Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Negative"},"P":{"Type":"Pass","End":true}}}}}}`
}

func TestToleratedFailures(t *testing.T) {
	const input = `[1,2,-3,4,5,6,-7,8]`
	for _, c := range []struct {
		fields string
		error  string
		items  engine.MapRunCounts
	}{
		{``, "States.ExceedToleratedFailureThreshold", engine.MapRunCounts{Succeeded: 2, Failed: 2, Pending: 4, Total: 8}},
		{`,"ToleratedFailureCount":2`, "States.ExceedToleratedFailureThreshold", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
		{`,"ToleratedFailureCount":4`, "", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
		{`,"ToleratedFailurePercentage":50`, "", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
		{`,"ToleratedFailurePercentage":49.9`, "States.ExceedToleratedFailureThreshold", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
	} {
		var o observed
		x := run(t, tolerant(c.fields), input, engine.WithMapObserver(&o))
		if x.Error != c.error {
			t.Errorf("%s: got %s %s, expected %q", c.fields, x.Status, x.Error, c.error)
		}
		if len(o.ended) != 1 {
			t.Fatalf("%s: got %d Map Runs, expected 1", c.fields, len(o.ended))
		}
		if diff := cmp.Diff(c.items, o.ended[0].Items); diff != "" {
			t.Errorf("%s: the counts of items differ (-expected +got):\n%s", c.fields, diff)
		}
	}
}

func TestBatchesStayWithinMaxBytes(t *testing.T) {
	x := run(t, `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemBatcher":{"MaxInputBytesPerBatch":40},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
		"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, `["aaaaaaaaaa","bbbbbbbbbb","cccccccccc"]`)
	// {"Items":["aaaaaaaaaa","bbbbbbbbbb"]} has 37 bytes, a third item would make 50.
	succeeds(t, x, `[{"Items":["aaaaaaaaaa","bbbbbbbbbb"]},{"Items":["cccccccccc"]}]`)
}

func TestItemReaders(t *testing.T) {
	store := &objectstest.Memory{Objects: map[string]string{
		"b/a.csv":   "id|name\n1|\"x|y\"\n2\n",
		"b/a.json":  `{"deep":{"list":[1,2,3]},"rest":[4]}`,
		"b/p/1.txt": "1", "b/p/2.txt": "22",
		"b/l/1.jsonl": "{\"n\":1}\n{\"n\":2}\n", "b/l/2.jsonl": "{\"n\":3}\n",
	}}
	definition := func(resource, config, arguments string) string {
		return `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"MaxConcurrency":1,"ItemReader":{"Resource":"arn:aws:states:::s3:` + resource + `"` + config + `,"Parameters":{"Bucket":"b",` + arguments + `}},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`
	}
	for _, c := range []struct{ definition, expected string }{
		{definition("getObject", `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","CSVDelimiter":"PIPE"}`, `"Key":"a.csv"`), `[{"id":"1","name":"x|y"},{"id":"2","name":""}]`},
		{definition("getObject", `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/deep/list"}`, `"Key":"a.json"`), `[1,2,3]`},
		{definition("getObject", `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/rest","MaxItems":1}`, `"Key":"a.json"`), `[4]`},
		{definition("listObjectsV2", ``, `"Prefix":"p/"`), `[{"Etag":"\"e\"","Key":"p/1.txt","LastModified":1700000000,"Size":1,"StorageClass":"STANDARD"},{"Etag":"\"e\"","Key":"p/2.txt","LastModified":1700000000,"Size":2,"StorageClass":"STANDARD"}]`},
		{definition("listObjectsV2", `,"ReaderConfig":{"InputType":"JSONL","Transformation":"LOAD_AND_FLATTEN"}`, `"Prefix":"l/"`), `[{"n":1},{"n":2},{"n":3}]`},
	} {
		succeeds(t, run(t, c.definition, `{}`, engine.WithObjects(store)), c.expected)
	}
	fails(t, run(t, definition("getObject", `,"ReaderConfig":{"InputType":"JSON"}`, `"Key":"none"`), `{}`, engine.WithObjects(store)), "States.ItemReaderFailed", "The specified key does not exist")
}

func TestResultWriterWritesFailuresAndManifest(t *testing.T) {
	store := &objectstest.Memory{}
	x := run(t, strings.Replace(tolerant(`,"ToleratedFailurePercentage":100`), `"MaxConcurrency":1,`,
		`"MaxConcurrency":1,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"out","Prefix":"r"}},`, 1), `[1,2,-3]`, engine.WithObjects(store))
	if x.Status != engine.Succeeded {
		t.Fatalf("got %s %s", x.Status, x.Cause)
	}
	for name, body := range store.Objects {
		v, err := value.Parse([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch {
		case strings.HasSuffix(name, "/manifest.json"):
			for _, expected := range []string{`"DestinationBucket":"out"`, `/SUCCEEDED_0.json","Size":`, `/FAILED_0.json","Size":`, `"PENDING":[]`} {
				if !strings.Contains(body, expected) {
					t.Errorf("got the manifest %s, expected %s in it", body, expected)
				}
			}
		default:
			list, _ := v.([]any)
			if len(list) != 1 {
				t.Errorf("%s: got %s, expected one child", name, body)
			}
		}
	}
	if len(store.Objects) != 3 {
		t.Errorf("got %d objects, expected 3", len(store.Objects))
	}
}

func TestDistributedMapReadsBatchesAndWrites(t *testing.T) {
	store := &objectstest.Memory{Objects: map[string]string{"in/items.jsonl": "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"}}
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Map","States":{"Map":{"Type":"Map","End":true,"Label":"Lines",
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"in","Key":"{% $states.input.key %}"}},
		"ItemSelector":{"index":"{% $states.context.Map.Item.Index %}","item":"{% $states.context.Map.Item.Value %}"},
		"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"by":"{% $states.context.Execution.Name %}"}},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"out","Prefix":"results"},"WriterConfig":{"OutputType":"JSONL","Transformation":"FLATTEN"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"Work","States":{
			"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f","Payload":"{% $states.input %}"},"Output":"{% $states.result.Payload.Items %}","End":true}}}}}}`,
		`{"key":"items.jsonl"}`, engine.WithObjects(store), engine.WithIntegration(lambda, payload))
	if x.Status != engine.Succeeded {
		t.Fatalf("got %s %s %s, expected SUCCEEDED", x.Status, x.Error, x.Cause)
	}
	var results, manifest string
	for name, body := range store.Objects {
		switch {
		case strings.HasSuffix(name, "/SUCCEEDED_0.jsonl"):
			results = body
		case strings.HasSuffix(name, "/manifest.json"):
			manifest = name
		}
	}
	const expected = `{"index":0,"item":{"n":1}}
{"index":1,"item":{"n":2}}
{"index":2,"item":{"n":3}}
`
	if results != expected {
		t.Errorf("got the results\n%s, expected\n%s", results, expected)
	}
	if !strings.Contains(string(x.Output), `"Bucket":"out","Key":"`+strings.TrimPrefix(manifest, "out/")+`"`) {
		t.Errorf("got the output %s, expected the address of %s", x.Output, manifest)
	}
}

// The items may be an object in a Distributed Map only, in either language.
func TestItemsOfAnObject(t *testing.T) {
	const members = `[{"Key":"a","Value":1},{"Key":"b","Value":[2]}]`
	for _, c := range []struct{ language, mode, items, name, result string }{
		{"JSONPath", "INLINE", `"ItemsPath":"$.o"`, "States.Runtime", `Reference path "$.o" must point to array.`},
		{"JSONPath", "INLINE", `"InputPath":"$.o"`, "States.Runtime", `Reference path "$" must point to array.`},
		{"JSONPath", "DISTRIBUTED", `"ItemsPath":"$.o"`, "", members},
		{"JSONPath", "DISTRIBUTED", `"InputPath":"$.o"`, "", members},
		{"JSONata", "INLINE", `"Items":"{% $states.input.o %}"`, "States.QueryEvaluationError", `Expected 'array', but was 'object' for value: {"a":1,"b":[2]}`},
		{"JSONata", "DISTRIBUTED", `"Items":"{% $states.input.o %}"`, "", members},
		{"JSONata", "DISTRIBUTED", `"Items":{"a":1,"b":"{% [2] %}"}`, "", members},
		{"JSONata", "INLINE", `"MaxConcurrency":1`, "States.Runtime", `Map state input must be an array but was: {"o":{"a":1,"b":[2]}}`},
		{"JSONata", "DISTRIBUTED", `"MaxConcurrency":1`, "States.Runtime", `Map state input must be an array but was: {"o":{"a":1,"b":[2]}}`},
	} {
		x := run(t, `{"QueryLanguage":"`+c.language+`","StartAt":"M","States":{"M":{"Type":"Map",`+c.items+`,"End":true,"ItemProcessor":{
			"ProcessorConfig":{"Mode":"`+c.mode+`","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, `{"o":{"a":1,"b":[2]}}`)
		if c.name != "" {
			fails(t, x, c.name, c.result)
		} else {
			succeeds(t, x, c.result)
		}
	}
}

func TestAPathIntoTheContextObjectGivesWhatItHoldsThere(t *testing.T) {
	var names []string
	for _, path := range []string{
		"Execution", "Execution.Id", "Execution.Input.x", "Execution.StartTime", "StateMachine", "StateMachine.Name", "State.Name", "State.EnteredTime",
		"Map", "Map.Item", "Map.Item.Index", "Map.Item.Value", "Map.Item.Value.n", "Map.Item.Key",
	} {
		names = append(names, `{"path":"{% $exists($states.context.`+path+`) ? $states.context.`+path+` : 'none' %}","whole":"{% ($c := $states.context; $exists($c.`+path+`) ? $c.`+path+` : 'none') %}"}`)
		if path != "Map.Item.Key" {
			names = append(names, `{"path":"{% $states.context.`+path+` %}","whole":"{% ($c := $states.context; $c.`+path+`) %}"}`)
		}
	}
	paths := `{"all":[` + strings.Join(names, ",") + `]}`
	for name, selector := range map[string]string{"in a selector": `"ItemSelector":` + paths + `,`, "in an iteration": ``} {
		output := `,"Output":` + paths
		if selector != "" {
			output = ""
		}
		x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Outer","States":{"Outer":{"Type":"Map","Items":[0],"End":true,"ItemProcessor":{"StartAt":"M","States":{
			"M":{"Type":"Map","Items":[{"n":1},{"n":2}],`+selector+`"End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass"`+output+`,"End":true}}}}}}}}}`, `{"x":7}`)
		var outer [][]struct{ All []struct{ Path, Whole any } }
		if err := json.Unmarshal(x.Output, &outer); err != nil || len(outer) != 1 || len(outer[0]) != 2 || len(outer[0][1].All) != len(names) {
			t.Fatalf("%s: got %s %s %s, expected %d values of two items", name, x.Status, x.Cause, x.Output, len(names))
		}
		for i, of := range outer[0] {
			for at, got := range of.All {
				if diff := cmp.Diff(got.Whole, got.Path); diff != "" {
					t.Errorf("%s, item %d: %s (-whole +path):\n%s", name, i, names[at], diff)
				}
			}
			if n := of.All[slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, `{"path":"{% $states.context.Map.Item.Value.n `) })]; n.Path != float64(i+1) {
				t.Errorf("%s: got %v, expected the item %d", name, n.Path, i+1)
			}
		}
	}
}
