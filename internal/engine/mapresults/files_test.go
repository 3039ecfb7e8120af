package mapresults_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine/mapresults"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
)

var start = time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)

func child(index int, status string, output any) *mapresults.Child {
	return &mapresults.Child{
		ARN: "arn", Name: "name", StateMachineARN: "machine", Index: index, Status: status,
		Input: 1.0, Output: output, Start: start, Stop: start.Add(time.Second),
	}
}

func failed(index int) *mapresults.Child {
	c := child(index, "FAILED", nil)
	c.Error, c.Cause = "Bad", "worse"
	return c
}

const failedLine = `{"Cause":"worse","Error":"Bad","ExecutionArn":"arn","Input":"1","InputDetails":{"Included":true},"Name":"name","OutputDetails":{"Included":true},"RedriveCount":0,` +
	`"RedriveStatus":"REDRIVABLE_BY_MAP_RUN","StartDate":"2026-03-14T01:59:00.000Z","StateMachineArn":"machine","Status":"FAILED","StopDate":"2026-03-14T01:59:01.000Z"}`

func TestFilesHoldResultsAndManifest(t *testing.T) {
	for name, c := range map[string]struct {
		to       mapresults.Destination
		expected map[string]string
	}{
		"JSON lines, flattened": {
			mapresults.Destination{Bucket: "b", Prefix: "p", OutputType: "JSONL", Transformation: "FLATTEN"},
			map[string]string{
				"b/p/id/SUCCEEDED_0.jsonl": "1\n2\n\"x\"\n",
				"b/p/id/FAILED_0.jsonl":    failedLine + "\n",
				"b/p/id/manifest.json": `{"DestinationBucket":"b","MapRunArn":"run","ResultFiles":{"FAILED":[{"Key":"p/id/FAILED_0.jsonl","Size":326}],"PENDING":[],` +
					`"SUCCEEDED":[{"Key":"p/id/SUCCEEDED_0.jsonl","Size":8}]}}`,
			},
		},
		"JSON, compact": {
			mapresults.Destination{Bucket: "b", OutputType: "JSON", Transformation: "COMPACT"},
			map[string]string{
				"b/id/SUCCEEDED_0.json": `[[1,2],"x"]`,
				"b/id/FAILED_0.json":    "[" + failedLine + "]",
				"b/id/manifest.json": `{"DestinationBucket":"b","MapRunArn":"run","ResultFiles":{"FAILED":[{"Key":"id/FAILED_0.json","Size":327}],"PENDING":[],` +
					`"SUCCEEDED":[{"Key":"id/SUCCEEDED_0.json","Size":11}]}}`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &objectstest.Memory{}
			f := mapresults.NewFiles(context.Background(), s, c.to, "run", "id")
			f.Add(child(0, "SUCCEEDED", []any{1.0, 2.0}))
			f.Add(failed(1))
			f.Add(child(2, "SUCCEEDED", "x"))
			if n := f.Written(); n != 0 {
				t.Errorf("got %d results written before Close, expected 0", n)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.expected, s.Objects); diff != "" {
				t.Errorf("the objects differ (-expected +got):\n%s", diff)
			}
			if n := f.Written(); n != 3 {
				t.Errorf("got %d results written, expected 3", n)
			}
		})
	}
}

// resultFiles returns the objects without the manifest, by their names.
func resultFiles(s *objectstest.Memory) map[string]string {
	files := map[string]string{}
	for name, body := range s.Objects {
		if file := name[strings.LastIndexByte(name, '/')+1:]; file != "manifest.json" {
			files[file] = body
		}
	}
	return files
}

func TestFormOfTheFiles(t *testing.T) {
	const pending = `{"Input":"[1,2]","InputDetails":{"Included":true},"Status":"PENDING"}`
	aborted := child(1, "ABORTED", nil)
	aborted.Cause = "stopped"
	abortedLine := strings.Replace(strings.Replace(failedLine, `"Cause":"worse","Error":"Bad"`, `"Cause":"stopped"`, 1), `"FAILED"`, `"ABORTED"`, 1)
	express := failed(2)
	express.Express = true
	expressLine := strings.Replace(failedLine, `"RedriveStatus":"REDRIVABLE_BY_MAP_RUN",`, "", 1)
	expressSuccess := child(3, "SUCCEEDED", "x")
	expressSuccess.Express = true
	for quote, c := range map[string]struct {
		to       mapresults.Destination
		children []*mapresults.Child
		pending  []any
		expected map[string]string
	}{
		"A FAILED line has Cause, Error, ExecutionArn, Input, InputDetails, Name, OutputDetails, RedriveCount, RedriveStatus, StartDate, StateMachineArn, Status, StopDate": {
			mapresults.Destination{OutputType: "JSONL", Transformation: "NONE"}, []*mapresults.Child{failed(0)}, nil,
			map[string]string{"FAILED_0.jsonl": failedLine + "\n"},
		},
		"ABORTED children are listed in FAILED, with no error": {
			mapresults.Destination{OutputType: "JSONL", Transformation: "NONE"}, []*mapresults.Child{aborted}, nil,
			map[string]string{"FAILED_0.jsonl": abortedLine + "\n"},
		},
		"A PENDING line has only Input, InputDetails, Status": {
			mapresults.Destination{OutputType: "JSONL", Transformation: "COMPACT"}, nil, []any{[]any{1.0, 2.0}},
			map[string]string{"PENDING_0.jsonl": pending + "\n"},
		},
		"Lines of Express children have no RedriveStatus": {
			mapresults.Destination{OutputType: "JSONL", Transformation: "NONE"}, []*mapresults.Child{express, expressSuccess}, nil,
			map[string]string{
				"FAILED_0.jsonl": expressLine + "\n",
				"SUCCEEDED_0.jsonl": `{"ExecutionArn":"arn","Input":"1","InputDetails":{"Included":true},"Name":"name","Output":"\"x\"","OutputDetails":{"Included":true},` +
					`"RedriveCount":0,"StartDate":"2026-03-14T01:59:00.000Z","StateMachineArn":"machine","Status":"SUCCEEDED","StopDate":"2026-03-14T01:59:01.000Z"}` + "\n",
			},
		},
		"JSON is [a,b] without a newline": {
			mapresults.Destination{OutputType: "JSON", Transformation: "COMPACT"}, []*mapresults.Child{child(0, "SUCCEEDED", "a"), child(1, "SUCCEEDED", "b")}, nil,
			map[string]string{"SUCCEEDED_0.json": `["a","b"]`},
		},
		"JSONL ends each line with one": {
			mapresults.Destination{OutputType: "JSONL", Transformation: "COMPACT"}, []*mapresults.Child{child(0, "SUCCEEDED", "a"), child(1, "SUCCEEDED", "b")}, nil,
			map[string]string{"SUCCEEDED_0.jsonl": "\"a\"\n\"b\"\n"},
		},
		"FLATTEN as JSONL writes one element per line; failures are never flattened": {
			mapresults.Destination{OutputType: "JSONL", Transformation: "FLATTEN"}, []*mapresults.Child{child(0, "SUCCEEDED", []any{1.0, 2.0}), failed(1)}, []any{[]any{1.0, 2.0}},
			map[string]string{"SUCCEEDED_0.jsonl": "1\n2\n", "FAILED_0.jsonl": failedLine + "\n", "PENDING_0.jsonl": pending + "\n"},
		},
	} {
		t.Run(quote, func(t *testing.T) {
			s := &objectstest.Memory{}
			c.to.Bucket = "b"
			f := mapresults.NewFiles(context.Background(), s, c.to, "run", "id")
			for _, child := range c.children {
				f.Add(child)
			}
			for _, input := range c.pending {
				f.AddPending(input)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.expected, resultFiles(s)); diff != "" {
				t.Errorf("the files differ (-expected +got):\n%s", diff)
			}
			if n := len(c.children) + len(c.pending); f.Written() != n {
				t.Errorf("got %d results written, expected %d: resultsWritten includes pending ones", f.Written(), n)
			}
		})
	}
}

func TestAKindWithoutResultsHasNoObjectAndAnEmptyListInTheManifest(t *testing.T) {
	s := &objectstest.Memory{}
	f := mapresults.NewFiles(context.Background(), s, mapresults.Destination{Bucket: "b", Prefix: "p", OutputType: "JSON", Transformation: "NONE"}, "run", "id")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	expected := map[string]string{"b/p/id/manifest.json": `{"DestinationBucket":"b","MapRunArn":"run","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}}`}
	if diff := cmp.Diff(expected, s.Objects); diff != "" {
		t.Errorf("the objects differ (-expected +got):\n%s", diff)
	}
}

func TestLongResultsKeepTheirOrder(t *testing.T) {
	s := &objectstest.Memory{}
	f := mapresults.NewFiles(context.Background(), s, mapresults.Destination{Bucket: "b", OutputType: "JSONL", Transformation: "COMPACT"}, "run", "id")
	var expected strings.Builder
	for i := range 40 {
		text := strings.Repeat(string(rune('a'+i%26)), 50_000)
		f.Add(child(i, "SUCCEEDED", text))
		expected.WriteString(`"` + text + "\"\n")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.Objects["b/id/SUCCEEDED_0.jsonl"]; got != expected.String() {
		t.Errorf("got %d bytes that differ from the %d expected ones", len(got), expected.Len())
	}
}

func TestDiscardAbortsOpenFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &objectstest.Memory{}
		f := mapresults.NewFiles(context.Background(), s, mapresults.Destination{Bucket: "b", Transformation: "NONE"}, "run", "id")
		f.Add(failed(0))
		f.Discard()
		synctest.Wait()
		if diff := cmp.Diff([]string{"b/id/FAILED_0.json"}, s.Aborted); diff != "" || len(s.Objects) != 0 {
			t.Errorf("got the objects %v and other aborted ones than expected (-expected +got):\n%s", s.Objects, diff)
		}
	})
}

func TestCloseReturnsTheErrorOfTheStore(t *testing.T) {
	for _, key := range []string{"id/SUCCEEDED_0.json", "id/manifest.json"} {
		s := &objectstest.Memory{Refused: map[string]error{key: errors.New("no space")}}
		f := mapresults.NewFiles(context.Background(), s, mapresults.Destination{Bucket: "b", Transformation: "NONE"}, "run", "id")
		f.Add(child(0, "SUCCEEDED", 1.0))
		if err := f.Close(); err == nil || err.Error() != "no space" {
			t.Errorf("%s: got the error %v, expected no space", key, err)
		}
		if n := f.Written(); n != 0 {
			t.Errorf("%s: got %d results written, expected 0", key, n)
		}
	}
}

func TestListKeepsTheOrderOfTheChildren(t *testing.T) {
	for transformation, expected := range map[string]any{
		"":        []any{"a", []any{1.0, 2.0}},
		"FLATTEN": []any{"a", 1.0, 2.0},
	} {
		l := mapresults.NewList(transformation)
		l.Add(child(2, "SUCCEEDED", []any{1.0, 2.0}))
		l.Add(failed(1))
		l.Add(child(0, "SUCCEEDED", "a"))
		if diff := cmp.Diff(expected, l.Result()); diff != "" {
			t.Errorf("%q: the result differs (-expected +got):\n%s", transformation, diff)
		}
	}
	l := mapresults.NewList("NONE")
	l.Add(failed(0))
	if n := len(l.Result().([]any)); n != 1 {
		t.Errorf("NONE: got %d results, expected the one of the child that failed", n)
	}
}

func TestSmallFilesTakeLittleMemory(t *testing.T) {
	const runs, most = 20, 64 << 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f := mapresults.NewFiles(context.Background(), &objectstest.Memory{}, mapresults.Destination{Bucket: "b", OutputType: "JSONL", Transformation: "NONE"}, "run", "id")
		f.Add(child(0, "SUCCEEDED", 1.0))
		f.Add(failed(1))
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > most {
		t.Errorf("got %d bytes for two results, expected at most %d", got, most)
	}
}
