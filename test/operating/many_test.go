// Package operating runs the commands that operate a job on executions with many failed
// items. The results of their Map Runs are written as Step Functions writes them, and
// the summary has written their reports: no item runs.
package operating

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/cli"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results/resultstest"
	"github.com/mapjob/mapjob/internal/sfnapi"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

const (
	bucket  = "results"
	machine = "arn:aws:states:us-east-1:123456789012:stateMachine:Nightly"
	// asCommand is a variable of the environment: this program is mapjob, and writes its
	// status to the file that the variable names.
	asCommand = "OPERATING_TEST_COMMAND"
)

func TestMain(m *testing.M) {
	file := os.Getenv(asCommand)
	if file == "" {
		os.Exit(m.Run())
	}
	code := cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	// The usage that a parent sees begins with that of the parent.
	if status, err := os.ReadFile("/proc/self/status"); err == nil { // else memory is not measured
		if err := os.WriteFile(file, status, 0o600); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

// resident finds the most memory that a process has had, in the status that Linux
// keeps of it.
var resident = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// place is a folder with a run, whose executions and objects are served as AWS would.
type place struct {
	folder      string
	environment []string
	s3          *s3.Client
	store       *objectstore.Store
	parts       atomic.Int32 // of objects, that were uploaded
	runner      *runner
}

// newPlace makes a run with an execution of which so many items failed.
func newPlace(t *testing.T, items int) *place {
	t.Helper()
	p := &place{folder: t.TempDir()}
	run := filepath.Join(p.folder, ".mapjob", "runs", "20261128-020000-0000")
	if err := os.MkdirAll(run, 0o700); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.store, err = objectstore.New(filepath.Join(run, "s3"), nil); err != nil {
		t.Fatal(err)
	}
	if err := p.store.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	objects := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("partNumber") {
			p.parts.Add(1)
		}
		p.store.ServeHTTP(w, r)
	}))
	t.Cleanup(objects.Close)
	p.s3 = s3.New(s3.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), BaseEndpoint: &objects.URL, UsePathStyle: true})
	account := p.summarize(t, items)

	recorder, err := archive.Record(run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := recorder.Close(); err != nil {
			t.Error(err)
		}
	})
	p.runner = &runner{recorder: recorder}
	recorder.StateMachine(archive.StateMachine{ARN: machine, Name: "Nightly", Type: engine.Standard, Definition: "{}"})
	p.runner.record("monday", `{"date":"2026-11-30"}`, account, engine.Failed)
	if _, err := recorder.Archive().Executions(); err != nil { // which writes what is buffered
		t.Fatal(err)
	}
	states := httptest.NewServer(sfnapi.New(p.runner, recorder.Archive()))
	t.Cleanup(states.Close)
	p.environment = append(os.Environ(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b",
		"AWS_ENDPOINT_URL_S3="+objects.URL, "AWS_ENDPOINT_URL_SFN="+states.URL)
	return p
}

// inBatch is how many items a batch has.
const inBatch = 100

// summarize writes the results of a Map Run of which all items failed, lets the summary
// write the report, and returns its answer.
func (p *place) summarize(t *testing.T, items int) string {
	t.Helper()
	run := resultstest.MapRun{Bucket: bucket, Prefix: "Nightly/monday/results", Machine: "Nightly", Label: "Map", ID: "7b5f0000-0000-3000-8000-000000000000",
		Rounds: []resultstest.Round{{}}}
	for first := 0; first < items; first += inBatch {
		child := resultstest.Child{Status: resultstest.Succeeded, Input: "{}"}
		for i := first; i < first+inBatch; i++ {
			o := protocol.Outcome{Index: i, Status: protocol.Failed, Error: "NoPrice", Cause: fmt.Sprintf("no price for %d", i), Item: item(i)}
			if i%1_000 == 7 {
				o.Error, o.Cause = "Gone", "the customer has gone"
			}
			text, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			child.Answer = append(child.Answer, text)
		}
		run.Rounds[0].Children = append(run.Rounds[0].Children, child)
	}
	for key, text := range run.Objects() {
		if _, err := p.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
	}
	located, err := json.Marshal(protocol.Results{Bucket: bucket, Prefix: run.Prefix, Manifest: run.Manifest(0)})
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(protocol.SummaryRequest{Job: protocol.Job{Name: "nightly"}, Execution: statesarn.Execution(machine, "monday"), Input: json.RawMessage("{}"),
		Items: protocol.Items{Count: &items}, Results: located, Report: &protocol.Folder{Bucket: bucket, Prefix: "Nightly/monday/report"}, KeptItems: true})
	if err != nil {
		t.Fatal(err)
	}
	account, err := jobtest.Call{}.Invoke(job.Summarize(func(context.Context, *job.Summary) error { return nil }, job.WithS3(p.s3), job.WithMetrics(io.Discard)), request)
	if err != nil {
		t.Fatal(err)
	}
	return string(account)
}

// item returns an item of 70 bytes or so.
func item(i int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"customer":"customer-%07d","note":%q}`, i, strings.Repeat("x", 30)))
}

// runner runs executions that succeed at once, and run nothing.
type runner struct {
	recorder *archive.Recorder

	mutex  sync.Mutex
	inputs []string // of executions that were started
}

func (*runner) StateMachine(arn string) (*sfnapi.StateMachine, error) {
	return &sfnapi.StateMachine{ARN: arn, Type: engine.Standard}, nil
}

func (*runner) Stop(string, string, string) bool { return false }

func (r *runner) Start(_ context.Context, _ *sfnapi.StateMachine, name string, input []byte) (*sfnapi.Started, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.inputs = append(r.inputs, string(input))
	var read struct{ MapjobRerun protocol.Rerun }
	if err := json.Unmarshal(input, &read); err != nil {
		return nil, err
	}
	account, err := json.Marshal(protocol.Account{Total: read.MapjobRerun.Count, Succeeded: read.MapjobRerun.Count, Errors: map[string]int{},
		Comparison: &protocol.Comparison{Recovered: read.MapjobRerun.Count}})
	if err != nil {
		return nil, err
	}
	r.record(name, string(input), string(account), engine.Succeeded)
	return &sfnapi.Started{ARN: statesarn.Execution(machine, name), Start: time.Now()}, nil
}

// record records an execution whose summary has answered.
func (r *runner) record(name, input, account string, status engine.Status) {
	arn := statesarn.Execution(machine, name)
	parsed := func(text string) event.Data {
		v, _ := value.Parse([]byte(text))
		return event.Data{Value: v, HasValue: true}
	}
	summary := parsed(account)
	summary.Name = protocol.StateSummary
	end := event.Event{Type: event.ExecutionSucceeded, Data: parsed(account)}
	if status == engine.Failed {
		end = event.Event{Type: event.ExecutionFailed, Data: event.Data{Error: protocol.ErrorTooManyFailures, Cause: "too many items failed"}}
	}
	for i, e := range []event.Event{{Type: event.ExecutionStarted, Data: parsed(input)}, {Type: event.TaskStateExited, Data: summary}, end} {
		e.ExecutionARN, e.ID, e.PreviousID, e.Time = arn, int64(i+1), int64(i), time.Now()
		r.recorder.Event(e)
	}
}

// ran is what a command has done.
type ran struct {
	out      []byte
	took     time.Duration
	resident int // kB, at most
}

// mapjob runs a command in the folder.
func (p *place) mapjob(t *testing.T, args ...string) ran {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	var out, complained bytes.Buffer
	status := filepath.Join(t.TempDir(), "status")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.folder, append(p.environment, asCommand+"="+status), &out, &complained
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if err != nil {
		t.Fatalf("mapjob %s: %v\n%s", strings.Join(args, " "), err, complained.Bytes())
	}
	text, err := os.ReadFile(status)
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("memory is not measured: this system has no /proc")
		return ran{out.Bytes(), took, 0}
	}
	if err != nil {
		t.Fatal(err)
	}
	found := resident.FindSubmatch(text)
	if found == nil {
		t.Fatalf("got no VmHWM in %s", text)
	}
	most, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return ran{out.Bytes(), took, most}
}

func TestManyFailedItems(t *testing.T) {
	const many = 100_000
	few, all := newPlace(t, 1_000), newPlace(t, many)
	for name, c := range map[string]struct {
		args  []string
		check func(out []byte) error
	}{
		"failures": {[]string{"failures"}, contains("100,000 items failed", "NoPrice  99,900  99.9%", "Gone     100     0.1%", "and 99,990 other items: ")},
		"failures --jsonl": {[]string{"failures", "--jsonl"}, func(out []byte) error {
			if n := bytes.Count(out, []byte("\n")); n != many {
				return fmt.Errorf("got %d lines, expected %d", n, many)
			}
			last := fmt.Sprintf(`{"index":%d,"error":"NoPrice","item":%s}`+"\n", many-1, item(many-1))
			if !bytes.HasSuffix(out, []byte(last)) {
				return fmt.Errorf("got the last lines %s, expected %s", out[len(out)-200:], last)
			}
			return nil
		}},
		"failures --error":       {[]string{"failures", "--error", "Gone"}, contains("100 items failed", "item 7  Gone")},
		"rerun --dry-run":        {[]string{"rerun", "--dry-run"}, contains("would run 100,000 items again")},
		"rerun --dry-run --json": {[]string{"rerun", "--dry-run", "--json"}, contains(`"count": 100000`)},
	} {
		for _, target := range [][]string{{"--local"}, {"--job", machine}} {
			t.Run(name+" "+target[0], func(t *testing.T) {
				args := append(c.args, target...)
				less, more := few.mapjob(t, args...), all.mapjob(t, args...)
				for tries := 0; more.took > 2*time.Second && tries < 4; tries++ { // other programs may be busy
					more = all.mapjob(t, args...)
				}
				if err := c.check(more.out); err != nil {
					t.Error(err)
				}
				t.Logf("1,000 items: %s, %d MB; 100,000 items: %s, %d MB", less.took.Round(time.Millisecond), less.resident>>10, more.took.Round(time.Millisecond), more.resident>>10)
				if more.took > 2*time.Second {
					t.Errorf("got %s at best, expected less than 2s", more.took)
				}
				if more.resident > less.resident+16<<10 {
					t.Errorf("got %d kB resident with 100,000 items and %d with 1,000, expected no more than buffers", more.resident, less.resident)
				}
			})
		}
	}
}

// contains checks that an output has texts.
func contains(texts ...string) func([]byte) error {
	return func(out []byte) error {
		for _, text := range texts {
			if !bytes.Contains(out, []byte(text)) {
				return fmt.Errorf("got %s, expected %q", out[:min(len(out), 2_000)], text)
			}
		}
		return nil
	}
}

func TestARerunOfManyItemsIsStartedOnce(t *testing.T) {
	const many = 100_000
	p := newPlace(t, many)
	did := p.mapjob(t, "rerun", "--job", machine)
	t.Logf("%s, %d MB", did.took.Round(time.Millisecond), did.resident>>10)
	if err := contains("running 100,000 items again", "100,000 recovered")(did.out); err != nil {
		t.Error(err)
	}
	if len(p.runner.inputs) != 1 {
		t.Fatalf("got %d executions started, expected 1", len(p.runner.inputs))
	}
	var input struct {
		Date        string
		MapjobRerun protocol.Rerun
	}
	if err := json.Unmarshal([]byte(p.runner.inputs[0]), &input); err != nil {
		t.Fatal(err)
	}
	rerun := input.MapjobRerun
	if input.Date != "2026-11-30" || rerun.Count != many || rerun.Bucket != bucket || !strings.HasPrefix(rerun.Key, "Nightly/monday/reruns/rerun-") || rerun.Execution != statesarn.Execution(machine, "monday") {
		t.Errorf("got input %s, expected the earlier one with a rerun of all items", p.runner.inputs[0])
	}
	object, err := p.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &rerun.Key})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n != many || len(text) < 5<<20 || !bytes.HasSuffix(text, append(item(many-1), '\n')) {
		t.Errorf("got %d lines of %d bytes, expected %d of more than 5 MiB", n, len(text), many)
	}
	if got := object.Metadata[protocol.MetadataCount]; got != strconv.Itoa(many) {
		t.Errorf("got the count %q in the metadata, expected %d", got, many)
	}
	if expected := fmt.Sprintf(`"%x"`, md5.Sum(text)); aws.ToString(object.ETag) != expected || p.parts.Load() < 2 {
		t.Errorf("got ETag %s of %d parts, expected %s, the one of this S3, of several", aws.ToString(object.ETag), p.parts.Load(), expected)
	}
	head, err := http.Head(strings.TrimSuffix(*p.s3.Options().BaseEndpoint, "/") + "/" + bucket + "/" + protocol.ErrorsOf(protocol.Object{Bucket: bucket, Key: rerun.Key}).Key)
	if err != nil {
		t.Fatal(err)
	}
	defer head.Body.Close()
	if head.StatusCode != http.StatusOK || head.ContentLength < many*30 {
		t.Errorf("got %s and %d bytes for the errors beside the items, expected one for each item", head.Status, head.ContentLength)
	}
}
