package jobs

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/running"
)

// roundForms are jobs of each form, with how they get items that fail in rounds: how an
// input or an object has a list of names.
var roundForms = map[string]func(t *testing.T, s *running.Stack, list []string) string{
	"Lines":            inObject("rounds.jsonl", "", `{"errors":"%s","id":%d}`, "\n", "\n"),
	"ChunkedLines":     inObject("rounds.jsonl", "", `{"errors":"%s","id":%d}`, "\n", "\n"),
	"Array":            inObject("rounds.json", "[", `{"errors":"%s","id":%d}`, ",", "]"),
	"ChunkedArray":     inObject("rounds.json", "[", `{"errors":"%s","id":%d}`, ",", "]"),
	"Rows":             inObject("rounds.csv", "errors,id\n", "%s,%d", "\n", "\n"),
	"ChunkedRows":      inObject("rounds.csv", "errors,id\n", "%s,%d", "\n", "\n"),
	"Objects":          inKeys,
	"ChunkedObjects":   inKeys,
	"Inventory":        inInventory,
	"ChunkedInventory": inInventory,
	"Input":            inInput("items", `{"errors":"%s","id":%d}`),
	"Express":          inInput("items", `{"errors":"%s","id":%d}`),
	"ExpressLines":     inObject("rounds.jsonl", "", `{"errors":"%s","id":%d}`, "\n", "\n"),
	"ExpressChunks":    inObject("rounds.jsonl", "", `{"errors":"%s","id":%d}`, "\n", "\n"),
	"ExpressStart":     inInput("list", `{"errors":"%s","id":%d}`),
	"ExpressWorkflow":  inInput("items", `{"errors":"%s","id":%d}`),
	"Below":            inObject("below.json", `{"of":[`, `{"errors":"%s","id":%d}`, ",", "]}"),
	"ChunkedBelow":     inObject("below.json", `{"of":[`, `{"errors":"%s","id":%d}`, ",", "]}"),
	"Start":            inInput("list", `{"errors":"%s","id":%d}`),
	"StartChunked":     inInput("list", `{"errors":"%s","id":%d}`),
	"Workflow":         inInput("items", `{"errors":"%s","id":%d}`),
	"InlineWorkflow":   inInput("items", `{"errors":"%s","id":%d}`),
	"Payments":         inInput("items", `{"Do":"succeed","errors":"%s","id":%d}`),
	"InlinePayments":   inInput("items", `{"Do":"succeed","errors":"%s","id":%d}`),
	"Inline":           inInput("items", `{"errors":"%s","id":%d}`),
	"InlineStart":      inInput("list", `{"errors":"%s","id":%d}`),
}

// roundJobs adds the jobs of roundForms.
func roundJobs(s awscdk.Stack) {
	function := func(name, folder string) awslambda.Function {
		return gofunction.New(s, jsii.String(name), &gofunction.Props{Entry: jsii.String("test/" + folder)})
	}
	worker, teller := function("Worker", "jobs/worker"), &mapjob.Callback{Worker: function("Teller", "jobs/teller")}
	jobStart, summary := function("JobStart", "protocol/jobstart"), function("Summary", "jobs/summary")
	in, results := awss3.NewBucket(s, jsii.String("In"), nil), awss3.NewBucket(s, jsii.String("Results"), nil)
	job := func(id string, props mapjob.Props) {
		if props.Callback == nil && props.Processor == nil {
			props.Worker = worker
		}
		props.Summary, props.ResultsBucket, props.ToleratedFailurePercentage = summary, results, jsii.Number(100)
		mapjob.New(s, &id, &props)
	}
	size := func(n float64) *mapjob.Distributed { return &mapjob.Distributed{BatchSize: &n} }
	chunks, inline := &mapjob.ByReference{ChunkSize: jsii.Number(5)}, &mapjob.Inline{}
	for name, source := range map[string]mapjob.Source{"Lines": &mapjob.JSONLines{Bucket: in}, "Array": &mapjob.JSON{Bucket: in}, "Rows": &mapjob.CSV{Bucket: in},
		"Below":   &mapjob.JSON{Bucket: in, ItemsPointer: jsii.String("/of")},
		"Objects": &mapjob.ObjectList{Bucket: in}, "Inventory": &mapjob.Inventory{Bucket: in}} {
		job(name, mapjob.Props{Source: source, Mode: size(5)})
		job("Chunked"+name, mapjob.Props{Source: source, Mode: chunks})
	}
	list := &mapjob.InputList{}
	job("Input", mapjob.Props{Source: list})
	express := &mapjob.Distributed{BatchSize: jsii.Number(2), Children: mapjob.ExpressChildren}
	job("Express", mapjob.Props{Source: list, Mode: express})
	job("ExpressLines", mapjob.Props{Source: &mapjob.JSONLines{Bucket: in}, Mode: express})
	job("ExpressChunks", mapjob.Props{Source: &mapjob.JSONLines{Bucket: in}, Mode: &mapjob.ByReference{ChunkSize: jsii.Number(3), Children: mapjob.ExpressChildren}})
	job("ExpressStart", mapjob.Props{JobStart: jobStart, Mode: express})
	job("ExpressWorkflow", mapjob.Props{Source: list, Processor: inRounds, Mode: express})
	job("Start", mapjob.Props{JobStart: jobStart})
	job("StartChunked", mapjob.Props{JobStart: jobStart, Mode: chunks})
	job("Workflow", mapjob.Props{Source: list, Processor: inRounds, Mode: size(3)})
	job("Payments", mapjob.Props{Source: list, Callback: teller, Mode: size(2)})
	job("Inline", mapjob.Props{Mode: inline})
	job("InlineStart", mapjob.Props{Mode: inline, JobStart: jobStart})
	job("InlineWorkflow", mapjob.Props{Mode: inline, Processor: inRounds})
	job("InlinePayments", mapjob.Props{Mode: inline, Callback: teller})
}

// inRounds returns a processor that fails items as package rounds does.
func inRounds(scope constructs.Construct) awsstepfunctions.IChainable {
	const name = "$split($states.input.item.errors, '|')[$number($substringAfter($states.input.execution, '-round-'))]"
	failed := awsstepfunctions.Fail_Jsonata(scope, jsii.String("Failed"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String("{% " + name + " %}"), Cause: jsii.String("in this round"),
	})
	done := awsstepfunctions.Pass_Jsonata(scope, jsii.String("Done"), nil)
	return awsstepfunctions.Choice_Jsonata(scope, jsii.String("Try"), nil).
		When(awsstepfunctions.Condition_Jsonata(jsii.String("{% "+name+" != '' %}")), failed, nil).Otherwise(done)
}

// joined returns the items of a list as text.
func joined(list []string, format, between string) string {
	var items []string
	for id, names := range list {
		items = append(items, fmt.Sprintf(format, names, id))
	}
	return strings.Join(items, between)
}

func inInput(member, format string) func(*testing.T, *running.Stack, []string) string {
	return func(_ *testing.T, _ *running.Stack, list []string) string {
		return `{"` + member + `": [` + joined(list, format, ",") + `]}`
	}
}

func inObject(key, begin, format, between, end string) func(*testing.T, *running.Stack, []string) string {
	return func(t *testing.T, s *running.Stack, list []string) string {
		s.Put(t, s.Bucket(t, "In"), key, []byte(begin+joined(list, format, between)+end))
		return `{"items": {"key": "` + key + `"}}`
	}
}

// keys returns the keys of objects that have the names in them, in their order.
func keys(list []string) (all []string) {
	for id, names := range list {
		all = append(all, fmt.Sprintf("%04d=%s", id, names))
	}
	return all
}

func inKeys(t *testing.T, s *running.Stack, list []string) string {
	prefix := fmt.Sprintf("rounds-%d/", rand.Int())
	for _, key := range keys(list) {
		s.Put(t, s.Bucket(t, "In"), prefix+key, nil)
	}
	return `{"items": {"prefix": "` + prefix + `"}}`
}

func inInventory(t *testing.T, s *running.Stack, list []string) string {
	in := s.Bucket(t, "In")
	s.Put(t, in, "rounds/data.csv.gz", zipped(t, `"scans","`+strings.Join(keys(list), "\"\n\"scans\",\"")+"\"\n"))
	s.Put(t, in, "rounds/manifest.json", fmt.Appendf(nil, `{"sourceBucket": "scans", "destinationBucket": "arn:aws:s3:::%s", "version": "2016-11-30",
		"creationTimestamp": "1514944800000", "fileFormat": "CSV", "fileSchema": "Bucket, Key", "files": [{"key": "rounds/data.csv.gz", "size": 1, "MD5checksum": "x"}]}`, in))
	return `{"items": {"key": "rounds/manifest.json"}}`
}

// namesOf returns the names in an item.
func namesOf(t *testing.T, item string) string {
	t.Helper()
	var known struct{ Errors, Key string }
	if err := json.Unmarshal([]byte(item), &known); err != nil {
		t.Fatal(err)
	}
	if _, names, ok := strings.Cut(known.Key, "="); ok {
		return names
	}
	return known.Errors
}

// Whatever fails in an execution, its rerun and the rerun of that: each runs the items
// that failed in the one before, and no others, and what it says of them is the truth.
// The items are those of failures.jsonl, with the errors beside it, or those of an
// object without errors.
func TestRerunsOfRandomFailures(t *testing.T) {
	s := running.Start(t, roundJobs)
	const rounds = 3
	for job, given := range roundForms {
		t.Run(job, func(t *testing.T) {
			for seed := range uint64(3) {
				random := rand.New(rand.NewPCG(seed, uint64(len(job))))
				list := make([]string, 1+random.IntN(14))
				for i := range list {
					var names []string
					for range rounds {
						names = append(names, []string{"", "A", "B", "A"}[random.IntN(4)])
					}
					list[i] = strings.Join(names, "|")
				}
				input, left := given(t, s, list), list
				isCompared := false
				for round := range rounds {
					failing := func(names string) string { return strings.Split(names, "|")[round] }
					var expected []string
					var comparison protocol.Comparison
					for _, names := range left {
						if failing(names) != "" {
							expected = append(expected, names)
						}
						switch {
						case failing(names) == "":
							comparison.Recovered++
						case !isCompared:
							comparison.Unknown++
						case failing(names) == strings.Split(names, "|")[round-1]:
							comparison.SameError++
						default:
							comparison.OtherError++
						}
					}
					name := fmt.Sprintf("%s-%d-round-%d", job, seed, round)
					x := runAs(t, s, job, name, input)
					if x.Status != engine.Succeeded || x.account.Total != len(left) || x.account.Failed != len(expected) || x.account.Missing != 0 {
						t.Fatalf("%s: got %s (%s: %s) with %s, expected %d of %d items to fail: %q", name, x.Status, x.Error, x.Cause, x.Output, len(expected), len(left), left)
					}
					if got := x.account.Comparison; (got != nil) != (round > 0) || got != nil && *got != comparison {
						t.Errorf("%s: got the comparison %+v, expected %+v in a rerun", name, got, comparison)
					}
					for _, o := range x.outcomes {
						if o.Error != failing(left[o.Index]) {
							t.Errorf("%s: got the error %q of item %d, expected %q", name, o.Error, o.Index, failing(left[o.Index]))
						}
					}
					var got, lines []string
					for _, line := range x.failures {
						got, lines = append(got, namesOf(t, line)), append(lines, strings.TrimSpace(line))
					}
					left = slices.Clone(got)
					slices.Sort(got)
					slices.Sort(expected)
					if !slices.Equal(got, expected) {
						t.Fatalf("%s: got the failed items %q, expected %q", name, got, expected)
					}
					if len(left) == 0 {
						break
					}
					again := putRerun(t, s, job, name, lines)
					if isCompared = random.IntN(2) == 0; isCompared {
						again.Key = strings.Replace(again.Key, protocol.RerunsFolder+"/some.jsonl", protocol.ReportFolder+"/"+protocol.FailuresFile, 1)
					}
					again.BatchSize = random.IntN(4)
					input = rerunInput(t, again, "")
				}
			}
		})
	}
}
