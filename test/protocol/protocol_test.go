// Package protocol runs jobs of every form and checks the messages between their
// state machines and functions against package protocol of this module. It does so
// with today's definitions and with those of earlier releases, which today's
// functions have to understand.
package protocol

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/test/running"
	"github.com/mapjob/mapjob/test/synthesis"
)

var record = flag.Bool("record", false, "store today's definitions as those of this version of the protocol")

func TestMain(m *testing.M) { synthesis.Main(m) }

// recordedFolder has a folder for each version of the protocol, with the
// definitions of all forms at its last release.
const recordedFolder = "test/protocol/testdata/definitions"

// machineID returns the logical ID of a form's state machine.
func machineID(t *testing.T, resources map[string]any, name string) string {
	t.Helper()
	for id, resource := range resources {
		if resource.(map[string]any)["Type"] == "AWS::StepFunctions::StateMachine" && len(id) == len(name+"StateMachine")+8 && strings.HasPrefix(id, name+"StateMachine") {
			return id
		}
	}
	t.Fatalf("got no state machine of %s, expected one", name)
	return ""
}

func recordedFile(version, name string) string {
	return filepath.Join(recordedFolder, version, name+".json")
}

func TestMessagesAreThoseOfTheProtocol(t *testing.T) {
	runForms(t, protocol.Version, func(template map[string]any) {
		if !*record {
			return
		}
		resources := template["Resources"].(map[string]any)
		for _, form := range forms() {
			machine := resources[machineID(t, resources, form.name)].(map[string]any)
			text, err := json.MarshalIndent(machine["Properties"].(map[string]any)["DefinitionString"], "", " ")
			if err != nil {
				t.Fatal(err)
			}
			file := recordedFile(fmt.Sprint("v", protocol.Version), form.name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, append(text, '\n'), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A running or redriven execution keeps its definition and meets new functions.
func TestFunctionsUnderstandEarlierDefinitions(t *testing.T) {
	versions, err := os.ReadDir(recordedFolder)
	if err != nil || len(versions) == 0 {
		t.Fatalf("got %v, %v in %s, expected definitions of earlier releases", versions, err, recordedFolder)
	}
	for _, version := range versions {
		t.Run(version.Name(), func(t *testing.T) {
			runForms(t, anyVersion, func(template map[string]any) {
				resources := template["Resources"].(map[string]any)
				for _, form := range forms() {
					text, err := os.ReadFile(recordedFile(version.Name(), form.name))
					if err != nil {
						t.Fatal(err)
					}
					var definition any
					if err := json.Unmarshal(text, &definition); err != nil {
						t.Fatal(err)
					}
					machine := resources[machineID(t, resources, form.name)].(map[string]any)
					machine["Properties"].(map[string]any)["DefinitionString"] = definition
				}
			})
		})
	}
}

// anyVersion stands for any version of messages, or none.
const anyVersion = 0

// runForms runs a job of each form, after edit has changed their template. The
// messages of the definitions have to be of the version.
func runForms(t *testing.T, version int, edit func(template map[string]any)) {
	s := running.Start(t, func(parent awscdk.Stack) { jobs(parent) }, edit)
	putItems(t, s)
	for _, form := range forms() {
		t.Run(form.name, func(t *testing.T) {
			runForm(t, s, &form, version)
			if version == protocol.Version && form.canRerun() {
				rerunForm(t, s, &form)
			}
		})
	}
}

// rerunForm runs two items again, of which one fails if one of the form's items does.
func rerunForm(t *testing.T, s *running.Stack, form *form) {
	m, err := s.Machine(form.name)
	if err != nil {
		t.Fatal(err)
	}
	again := protocol.Rerun{Execution: strings.Replace(m.ARN, ":stateMachine:", ":execution:", 1) + ":run", Bucket: s.Bucket(t, "Results"),
		Key: m.Name + "/run/" + protocol.RerunsFolder + "/some.jsonl", Count: 2, BatchSize: 1}
	text := []byte(`{"id":1,"Do":"succeed"}` + "\n" + `{"id":2,"fail":true,"Do":"decline"}` + "\n")
	if form.failed == 0 {
		text = bytes.ReplaceAll(text, []byte("true"), []byte("false"))
	}
	_, err = s.S3(t).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &again.Bucket, Key: &again.Key, Body: bytes.NewReader(text),
		Metadata: map[string]string{protocol.MetadataCount: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(map[string]protocol.Rerun{protocol.MemberRerun: again})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	var mutex sync.Mutex
	x := s.Execute(t, form.name, stack.Execution{
		Name: "rerun", Input: input,
		Invoked: func(request *engine.Request, output any, err error) {
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				t.Errorf("%s: got error %v, expected an answer", request.StateName, err)
				return
			}
			state := strings.TrimPrefix(request.StateName, "Rerun")
			got := payloadOf(request.Parameters)
			if err := checkMessages(form, protocol.Version, state, got, payloadOf(output)); err != nil {
				t.Errorf("%s: %v", request.StateName, err)
			}
			if state == protocol.StateWorker || state == echoState {
				seen++
			}
			if state == protocol.StateSummary {
				if sent, err := decode[protocol.SummaryRequest](got); err != nil || sent.Rerun == nil || *sent.Rerun != again || sent.Items.Count == nil || *sent.Items.Count != 2 {
					t.Errorf("got the request %s, %v, expected the rerun %+v and two items", got, err, again)
				}
			}
		},
		Engine: []engine.Option{engine.WithClock(engine.VirtualClock(time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)))},
	})
	account, err := decode[protocol.Account](x.Output)
	if x.Status != engine.Succeeded || err != nil || account.Total != 2 || account.Failed != form.failed || account.Missing != 0 || seen != 2 {
		t.Errorf("got %s (%s: %s) with %s after %d batches, expected two items in two, %d failed", x.Status, x.Error, x.Cause, x.Output, seen, form.failed)
	}
	checkObjects(t, s, form)
}

// putItems stores the items of the sources.
func putItems(t *testing.T, s *running.Stack) {
	t.Helper()
	in := s.Bucket(t, "In")
	var inventory bytes.Buffer
	zip := gzip.NewWriter(&inventory)
	_, err := zip.Write([]byte("\"scans\",\"x.png\",\"7\"\n\"scans\",\"y.png\",\"8\"\n\"scans\",\"z.png\",\"9\"\n"))
	if err := errors.Join(err, zip.Close()); err != nil {
		t.Fatal(err)
	}
	for key, text := range map[string]string{
		"items.jsonl": `{"id":1}` + "\n" + `{"id":2,"fail":true}` + "\n" + `{"id":3}` + "\n",
		"items.json":  list,
		"items.csv":   "1;\n2;yes\n3;\n4;\n",
		"scans/a.png": "a",
		"scans/b.png": "bb",
		"scans/c.png": "ccc",
		"inventory/manifest.json": fmt.Sprintf(`{"sourceBucket": "scans", "destinationBucket": "arn:aws:s3:::%s", "version": "2016-11-30", "creationTimestamp": "1514944800000",
			"fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "files": [{"key": "inventory/data.csv.gz", "size": 1, "MD5checksum": "x"}]}`, in),
		"inventory/data.csv.gz": inventory.String(),
	} {
		s.Put(t, in, key, []byte(text))
	}
}

// runForm runs a job and checks its messages, its account and its objects.
func runForm(t *testing.T, s *running.Stack, form *form, version int) {
	seen := map[string]int{}
	var mutex sync.Mutex
	x := s.Execute(t, form.name, stack.Execution{
		Name: "run", Input: []byte(form.input),
		Invoked: func(request *engine.Request, output any, err error) {
			mutex.Lock()
			defer mutex.Unlock()
			seen[request.StateName]++
			if err != nil {
				t.Errorf("%s: got error %v, expected an answer", request.StateName, err)
				return
			}
			if err := checkMessages(form, version, request.StateName, payloadOf(request.Parameters), payloadOf(output)); err != nil {
				t.Errorf("%s: %v", request.StateName, err)
			}
		},
		Engine: []engine.Option{engine.WithClock(engine.VirtualClock(time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)))},
	})
	if x.Status != engine.Succeeded {
		t.Fatalf("got %s (%s: %s), expected the job to succeed", x.Status, x.Error, x.Cause)
	}
	if seen[protocol.StateWorker]+seen[echoState] == 0 {
		t.Errorf("got invocations %v, expected some of a worker", seen)
	}
	if err := checkSchema("output", x.Output); err != nil {
		t.Error(err)
	}
	failed := 0
	if form.shown {
		outcomes, err := decode[[]protocol.Outcome](x.Output)
		if err != nil || len(outcomes) != 3 {
			t.Fatalf("got %s, %v, expected three outcomes", x.Output, err)
		}
		for _, outcome := range outcomes {
			if outcome.Status == protocol.Failed {
				failed++
			}
		}
	} else {
		account, err := decode[protocol.Account](x.Output)
		if err != nil || account.Total != 3 || account.Missing != 0 {
			t.Fatalf("got %s, %v, expected the account of three items", x.Output, err)
		}
		failed = account.Failed
	}
	if failed != form.failed {
		t.Errorf("got %d failed items, expected %d", failed, form.failed)
	}
	checkObjects(t, s, form)
}

// checkVersion returns an error if a message that a definition sent is not of
// the version.
func checkVersion(got, version int) error {
	if version != anyVersion && got != version {
		return fmt.Errorf("got a message of version %d, expected %d", got, version)
	}
	return nil
}

// checkMessages checks what a function got and answered.
func checkMessages(form *form, version int, state string, got, answered []byte) error {
	switch state {
	case protocol.StateJobStart, protocol.StateReadRerun:
		request, err := decode[protocol.StartRequest](got)
		if strings.HasSuffix(form.name, "Chunked") && !strings.HasPrefix(form.name, "Start") || state == protocol.StateReadRerun {
			_, described := decode[protocol.SourceDescription](request.Input)
			err = errors.Join(err, described)
		}
		answer, unanswered := decode[struct {
			Version int             `json:"version,omitempty"`
			Items   json.RawMessage `json:"items"`
		}](answered)
		if request.Items != nil {
			_, unplaced := decode[protocol.Items](answer.Items)
			unanswered = errors.Join(unanswered, unplaced)
		}
		return errors.Join(err, checkVersion(request.Version, version), unanswered)
	case protocol.StateWorker:
		batch, err := decode[protocol.Batch[json.RawMessage]](got)
		if form.chunked != (batch.Chunk != nil) || form.chunked == (len(batch.Items) > 0) {
			err = errors.Join(err, fmt.Errorf("got the batch %s, expected items or a chunk", got))
		}
		err = errors.Join(err, checkVersion(batch.BatchInput.Version, version), checkSchema("batch", got))
		if batch.TaskToken != "" { // another system has the answer
			return err
		}
		return errors.Join(err, checkOutcomes(answered), checkSchema("answer", answered))
	case protocol.StateSummary:
		request, err := decode[protocol.SummaryRequest](got)
		if strings.HasPrefix(form.name, "Inline") {
			err = errors.Join(err, checkOutcomes(request.Results))
		} else {
			_, unplaced := decode[protocol.Results](request.Results)
			err = errors.Join(err, unplaced)
		}
		_, unaccounted := decode[protocol.Account](answered)
		return errors.Join(err, checkVersion(request.Version, version), unaccounted, checkSchema("account", answered))
	case echoState:
		_, err := decode[protocol.ProcessorInput](got)
		return err
	}
	return fmt.Errorf("got an invocation by state %s, expected none", state)
}

// checkOutcomes checks a worker's answer.
func checkOutcomes(text []byte) error {
	elements, err := decode[[]json.RawMessage](text)
	problems := []error{err}
	for _, element := range elements {
		problems = append(problems, checkOutcome(element))
	}
	if len(elements) == 0 {
		problems = append(problems, fmt.Errorf("got the answer %s, expected outcomes", text))
	}
	return errors.Join(problems...)
}

// checkOutcome checks an outcome, where outcomes are stored, or a whole answer that
// the summary compares with what the worker was given.
func checkOutcome(text []byte) error {
	if whole, err := decode[protocol.BatchAnswer](text); err == nil {
		if (len(whole.Given) > 0) == (whole.Chunk != nil) {
			return fmt.Errorf("got %s, expected items or a chunk", text)
		}
		return checkOutcomes(whole.Answer)
	}
	if stored, err := decode[protocol.StoredOutcomes](text); err == nil {
		if stored.Outcomes.Bucket == "" {
			return fmt.Errorf("got %s, expected a bucket", text)
		}
		return nil
	}
	outcome, err := decode[protocol.Outcome](text)
	if err == nil && !outcome.IsOutcome() {
		err = fmt.Errorf("got %s, expected an outcome", text)
	}
	return err
}

// checkObjects checks the objects that parts of the job write for each other.
func checkObjects(t *testing.T, s *running.Stack, form *form) {
	t.Helper()
	results := s.Bucket(t, "Results")
	for key, err := range s.Keys(t.Context(), results, "") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(key, "-"+form.name+"StateMachine") && !strings.HasPrefix(key, form.name+"StateMachine") {
			continue
		}
		check := func(line []byte) error { return nil }
		switch {
		case strings.HasSuffix(key, "/"+protocol.ReportFolder+"/"+protocol.ReportJSON):
			if err := checkSchema("report", []byte(s.Object(t, results, key))); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		case strings.Contains(key, "/"+protocol.OutcomesFolder+"/"):
			check = func(line []byte) error { return errors.Join(checkOutcome(line), checkSchema("outcome", line)) }
		case strings.Contains(key, "/SUCCEEDED_"):
			check = checkOutcome
		case strings.Contains(key, "/items-") && form.chunked:
			check = func(line []byte) error {
				chunk, err := decode[protocol.Chunk](line)
				if err == nil && !chunk.IsValid() {
					err = fmt.Errorf("got the chunk %s, expected a valid one", line)
				}
				return err
			}
		}
		for line := range strings.Lines(s.Object(t, results, key)) {
			if err := check([]byte(line)); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
}
