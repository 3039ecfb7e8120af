package operate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/statemachine"
	"github.com/mapjob/mapjob/internal/sfnapi"
)

const prefix = "arn:aws:states:us-east-1:123456789012:stateMachine:"

// machines are state machines that an engine runs, by their names.
type machines struct {
	definitions map[string]string
	recorder    *archive.Recorder
	executions  engine.Executions
}

// serve returns a service over the API of Step Functions on this machine.
func serve(t *testing.T, definitions map[string]string) *operate.Service {
	t.Helper()
	recorder, err := archive.Record(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, definition := range definitions {
		recorder.StateMachine(archive.StateMachine{ARN: prefix + name, Name: name, Type: engine.Standard, Definition: definition, Created: time.Now()})
	}
	api := sfnapi.New(&machines{definitions: definitions, recorder: recorder}, recorder.Archive())
	t.Cleanup(func() {
		api.Close()
		if err := recorder.Close(); err != nil {
			t.Error(err)
		}
	})
	return &operate.Service{Region: "us-east-1", Pause: 10 * time.Millisecond,
		API: sfn.New(sfn.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
			BaseEndpoint: aws.String("http://stepfunctions"), HTTPClient: &http.Client{Transport: api}, RetryMaxAttempts: 1})}
}

func (m *machines) StateMachine(arn string) (*sfnapi.StateMachine, error) {
	if m.definitions[strings.TrimPrefix(arn, prefix)] == "" {
		return nil, nil
	}
	return &sfnapi.StateMachine{ARN: arn, Type: engine.Standard}, nil
}

func (m *machines) Start(ctx context.Context, machine *sfnapi.StateMachine, name string, input []byte) (*sfnapi.Started, error) {
	definition, err := asl.Parse([]byte(m.definitions[strings.TrimPrefix(machine.ARN, prefix)]))
	if err != nil {
		return nil, err
	}
	e, err := engine.New(definition, engine.WithExecutionName(name), engine.WithStateMachineARN(machine.ARN),
		engine.WithExecutions(&m.executions), engine.WithHistory(m.recorder.Event), engine.WithMapObserver(m.recorder))
	if err != nil {
		return nil, err
	}
	x, err := e.Start(ctx, input)
	if err != nil {
		return nil, err
	}
	m.recorder.Begin(x.ARN, string(input), x.Start)
	return &sfnapi.Started{ARN: x.ARN, Start: x.Start, Finish: x.Finish}, nil
}

func (m *machines) Stop(arn, name, cause string) bool { return m.executions.Stop(arn, name, cause) }

// start starts an execution.
func start(t *testing.T, s *operate.Service, machine, name, input string) string {
	t.Helper()
	arn := prefix + machine
	x, err := s.API.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &arn, Name: &name, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	return *x.ExecutionArn
}

const pass = `{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`

func TestFindNamesAStateMachine(t *testing.T) {
	s := serve(t, map[string]string{"Weekly": pass, "Weekly-Report": pass, "Nightly-B2": pass, "Nightly-A1": pass, "Hourly-C3": pass})
	for job, expected := range map[string]string{
		prefix + "Nightly-A1":       prefix + "Nightly-A1",
		prefix + "Elsewhere":        prefix + "Elsewhere", // in another account, maybe
		"Nightly-B2":                prefix + "Nightly-B2",
		"Weekly":                    prefix + "Weekly", // another name begins so, too
		"Weekly-":                   prefix + "Weekly-Report",
		"Hour":                      prefix + "Hourly-C3",
		"Nightly":                   "job Nightly: got 2 state machines whose names begin so, expected one: Nightly-A1, Nightly-B2",
		"nightly":                   "job nightly: no state machine in region us-east-1 has this name, expected one of: Hourly-C3, Nightly-A1, Nightly-B2, Weekly, Weekly-Report",
		"arn:aws:s3:::bucket":       "job: got arn:aws:s3:::bucket, expected the ARN or the name of a state machine",
		prefix[:len(prefix)-1] + "": "job: got " + prefix[:len(prefix)-1] + ", expected the ARN or the name of a state machine",
	} {
		got, err := statemachine.Find(t.Context(), s.API, s.Region, job)
		if err != nil {
			got = err.Error()
		}
		if got != expected {
			t.Errorf("%s: got %s, expected %s", job, got, expected)
		}
	}
	s.Region = "local"
	if _, err := statemachine.Find(t.Context(), s.API, s.Region, "nightly"); err == nil || !strings.HasPrefix(err.Error(), "job nightly: no run of this folder has a state machine with this name, expected one of: Hourly-C3, ") {
		t.Errorf("got %v on this machine", err)
	}
	if _, err := statemachine.Find(t.Context(), serve(t, nil).API, "us-east-1", "Nightly"); err == nil || !strings.HasPrefix(err.Error(), "job Nightly: region us-east-1 has no state machines in this account") {
		t.Errorf("got %v for an account without state machines", err)
	}
}

// naps is a job whose items take an hour, or none, two in a batch.
const naps = `{"QueryLanguage": "JSONata", "StartAt": "Map", "States": {"Map": {"Type": "Map", "Label": "Map", "MaxConcurrency": 2, "End": true,
	"Items": "{% $states.input.seconds %}", "ItemBatcher": {"MaxItemsPerBatch": 2},
	"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
		"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": "{% $states.input.Items[0] %}", "End": true}}}}}}`

func TestTheStatusOfAMapThatRuns(t *testing.T) {
	s := serve(t, map[string]string{"Naps": naps})
	arn := start(t, s, "Naps", "monday", `{"seconds": [0, 0, 3600, 3600, 3600, 3600, 3600]}`)
	var status *operate.Status
	for range 1000 { // until its state is known, the first batch is done, and two others run
		x, err := s.Describe(t.Context(), arn)
		if err == nil {
			status, err = s.Status(t.Context(), x)
		}
		if err != nil {
			t.Fatal(err)
		}
		if status.State == "Map" && len(status.MapRuns) == 1 && status.MapRuns[0].Handled == 2 && status.MapRuns[0].Running == 4 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if !status.Running() || status.State != "Map" || status.Since == nil || len(status.MapRuns) != 1 {
		t.Fatalf("got %+v, expected an execution that runs in state Map", status)
	}
	m := status.MapRuns[0]
	if m.Status != "RUNNING" || m.Total != 7 || m.Handled != 2 || m.Running != 4 || m.Pending != 1 || m.Failed != 0 || m.StoppedAt != nil {
		t.Errorf("got %+v, expected 2 of 7 items done and 4 running", m)
	}
	now := m.StartedAt.Add(4 * time.Second)
	if pace := m.Pace(now); pace != "0.5 a second, 10s left on average" {
		t.Errorf("got %q, expected the average, 0.5 a second, and 10s left", pace)
	}

	stopped, err := s.Stop(t.Context(), &status.Execution, "enough")
	if err != nil || time.Since(stopped) > time.Minute {
		t.Fatalf("got %s and %v, expected the execution to stop", stopped, err)
	}
	seen := 0
	status, err = s.Watch(t.Context(), arn, func(*operate.Status) { seen++ })
	if err != nil || status.Status != "ABORTED" || status.Cause != "enough" || status.State != "" || seen == 0 {
		t.Errorf("got %+v and %v, expected an execution that was stopped", status, err)
	}
	if m := status.MapRuns[0]; m.Status != "ABORTED" || m.StoppedAt == nil || m.Running != 0 || m.Pace(time.Now()) != "" {
		t.Errorf("got %+v, expected a Map Run that was stopped", m)
	}
	if _, err := s.Stop(t.Context(), &status.Execution, "again"); err == nil || err.Error() != "execution monday does not run: it ended as ABORTED" {
		t.Errorf("got %v, expected that it does not run", err)
	}
}

func TestTheLastExecutionIsTheDefault(t *testing.T) {
	s := serve(t, map[string]string{"Naps": naps, "Other": pass,
		"Skipping": `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"skipped": true}, "End": true}}}`})
	execution := func(machine, name string, ended bool) string {
		t.Helper()
		x, err := s.Execution(t.Context(), prefix+machine, name, ended)
		if err != nil {
			return err.Error()
		}
		return x.Name
	}
	if got := execution("Naps", "", false); got != "state machine Naps has no execution" {
		t.Errorf("got %s", got)
	}
	for machine, name := range map[string]string{"Naps": "first", "Other": "other", "Skipping": "skipped"} {
		arn := start(t, s, machine, name, `{"seconds": [0]}`)
		if _, err := s.Watch(t.Context(), arn, func(*operate.Status) {}); err != nil {
			t.Fatal(err)
		}
	}
	last := start(t, s, "Naps", "second", `{"seconds": [3600]}`)
	for _, c := range []struct {
		machine, name string
		ended         bool
		expected      string
	}{
		{"Naps", "", false, "second"}, {"Naps", "", true, "first"}, {"Naps", "first", false, "first"}, {"Naps", last, true, "second"},
		{"Other", "", true, "other"}, {"Skipping", "", true, "skipped"}, // there is no other
	} {
		if got := execution(c.machine, c.name, c.ended); !strings.Contains(got, c.expected) {
			t.Errorf("%+v: got %s", c, got)
		}
	}
	if got := execution("Naps", "third", false); !strings.Contains(got, ":Naps:third does not exist") {
		t.Errorf("got %s", got)
	}
}
