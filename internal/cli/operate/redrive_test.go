package operate

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/typed"
)

const monday = "arn:aws:states:eu-west-1:123456789012:execution:Nightly-AbC:monday"

// answers are those of AWS to operations of Step Functions. The API on this machine
// redrives nothing, and has one region.
type answers map[string]string

func (a answers) serve(t *testing.T) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		text, ok := a[operation]
		if !ok {
			t.Errorf("%s was called, expected no such request", operation)
		}
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/states/") {
			t.Errorf("%s: got %q, expected the region of the ARN", operation, r.Header.Get("Authorization"))
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"} {
		t.Setenv(name, value)
	}
}

const (
	wasStopped = `{"executionArn": "` + monday + `", "name": "monday", "status": "ABORTED", "startDate": 1793498400, "stopDate": 1793498500, "redriveStatus": "REDRIVABLE"}`
	hasFailed  = `{"executionArn": "` + monday + `", "name": "monday", "status": "FAILED", "error": "MapJob.TooManyFailures", "startDate": 1793498400, "stopDate": 1793498500, "redriveStatus": "REDRIVABLE"}`

	inMap       = `{"events": [{"id": 5, "timestamp": 1793498500, "type": "ExecutionAborted"}, {"id": 4, "timestamp": 1793498500, "type": "MapStateEntered", "stateEnteredEventDetails": {"name": "Map"}}]}`
	afterReport = `{"events": [{"id": 9, "timestamp": 1793498500, "type": "ExecutionFailed"}, {"id": 8, "timestamp": 1793498500, "type": "FailStateEntered", "stateEnteredEventDetails": {"name": "TooManyFailures"}},
		{"id": 7, "timestamp": 1793498500, "type": "TaskStateExited", "stateExitedEventDetails": {"name": "Summary", "output": "{\"total\": 5000, \"succeeded\": 4860, \"failed\": 140, \"errors\": {\"NoPrice\": 140}, \"report\": {\"bucket\": \"b\", \"prefix\": \"p\"}}"}}]}`
	others = `{"executions": [{"executionArn": "` + monday + `", "stateMachineArn": "m", "name": "monday", "status": "ABORTED", "startDate": 1793498400, "stopDate": 1793498500}]}`
	later  = `{"executions": [{"executionArn": "` + monday + `2", "stateMachineArn": "m", "name": "tuesday", "status": "RUNNING", "startDate": 1793498600}]}`
	locks  = `{"definition": "{\"jobLock\": 1}", "name": "Nightly-AbC", "stateMachineArn": "m", "roleArn": "r", "updateDate": 1793498400}`
)

func TestARedriveSaysHowToGoOn(t *testing.T) {
	mapjob := typed.Command()
	for name, c := range map[string]struct {
		answers  answers
		out, err string
	}{
		"stopped": {answers{"DescribeExecution": wasStopped, "GetExecutionHistory": inMap, "DescribeStateMachineForExecution": locks, "ListExecutions": others, "RedriveExecution": `{"redriveDate": 1793498700}`},
			"redriven monday: child executions that succeeded stay as they are, the others run again\nhow far it is: " + mapjob + " status " + monday + " --watch\n", ""},
		"another has the lock": {answers{"DescribeExecution": wasStopped, "GetExecutionHistory": inMap, "DescribeStateMachineForExecution": locks, "ListExecutions": later},
			"", "execution monday can't be redriven: execution tuesday has run since, and has taken the job's lock: a redriven execution does not take it again, so two could run at once"},
		"failed": {answers{"DescribeExecution": hasFailed, "GetExecutionHistory": afterReport},
			"", "execution monday can't be redriven: it ended in the Fail state TooManyFailures (MapJob.TooManyFailures), where a redrive fails again at once; Step Functions redrives only a Map that has not ended\n" +
				"140 items failed\nrun them again: " + mapjob + " rerun " + monday},
	} {
		t.Run(name, func(t *testing.T) {
			c.answers.serve(t)
			var out strings.Builder
			command := &Redrive{target.One{Execution: monday}}
			err := command.Run(t.Context(), &terminal.Streams{Out: &out, Err: io.Discard})
			if got := errorText(err); out.String() != c.out || got != c.err {
				t.Errorf("got error %s\nand\n%s\nexpected %s and\n%s", got, out.String(), c.err, c.out)
			}
		})
	}
}

func TestStopSaysHowToGoOn(t *testing.T) {
	answers{"DescribeExecution": strings.Replace(wasStopped, "ABORTED", "RUNNING", 1), "StopExecution": `{"stopDate": 1793498500}`}.serve(t)
	var out strings.Builder
	command := &Stop{One: target.One{Execution: monday}, Cause: "the wrong night"}
	if err := command.Run(t.Context(), &terminal.Streams{Out: &out, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if expected := "\ngo on where it was: " + typed.Command("redrive", monday) + "\n"; !strings.HasSuffix(out.String(), expected) {
		t.Errorf("got\n%s\nexpected it to end with %s", out.String(), expected)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
