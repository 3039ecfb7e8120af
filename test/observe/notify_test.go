// Package observe runs the states that constructs/observe adds to a state machine.
package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// account is a summary's answer, which the state machine keeps in a variable.
const account = `{"total": 5000, "succeeded": 4988, "failed": 12, "missing": 0, "report": {"bucket": "results", "prefix": "Nightly/1/report"}}`

// message is a line of messages.jsonl.
type message struct {
	Resource   string
	Parameters struct {
		TopicArn, Subject, Message string
		MessageAttributes          map[string]struct{ DataType, StringValue string }
	}
}

func TestEveryEndingIsPublished(t *testing.T) {
	for name, c := range map[string]struct {
		props    observe.NotifyProps
		input    string
		subject  string
		expected string
	}{
		"succeeded": {observe.NotifyProps{Ending: observe.JobSucceeded, Account: jsii.String("$account")}, account, "Nightly succeeded",
			"Nightly succeeded.\n4988 of 5000 items succeeded, 12 failed, 0 missing.\nExecution: %s\nReport: s3://results/Nightly/1/report/report.html"},
		"failed": {observe.NotifyProps{Ending: observe.JobFailed, Account: jsii.String("$account"),
			Cause: jsii.String("$string($account.failed) & ' items failed, tolerated: 0%'")}, account, "Nightly failed",
			"Nightly failed.\nCause: 12 items failed, tolerated: 0%%\n4988 of 5000 items succeeded, 12 failed, 0 missing.\nExecution: %s\nReport: s3://results/Nightly/1/report/report.html"},
		"skipped": {observe.NotifyProps{Ending: observe.JobSkipped, Cause: jsii.String("'another execution holds the lock'")}, account, "Nightly was skipped",
			"Nightly was skipped.\nCause: another execution holds the lock\nExecution: %s"},
		"no report": {observe.NotifyProps{Ending: observe.JobSucceeded, Account: jsii.String("$account")},
			`{"total": 3, "succeeded": 3, "failed": 0, "missing": 0}`, "Nightly succeeded",
			"Nightly succeeded.\n3 of 3 items succeeded, 0 failed, 0 missing.\nExecution: %s"},
	} {
		t.Run(name, func(t *testing.T) {
			c.props.Job = jsii.String("Nightly")
			execution, sent := run(t, &c.props, c.input)
			if execution.Status != engine.Succeeded || !sameJSON(t, execution.Output, c.input) {
				t.Errorf("got %s with %s, expected what the state before the notification left", execution.Status, execution.Output)
			}
			if len(sent) != 1 {
				t.Fatalf("got %d messages, expected one", len(sent))
			}
			got := sent[0].Parameters
			if expected := fmt.Sprintf(c.expected, execution.ARN); got.Message != expected {
				t.Errorf("got the message\n%s\nexpected\n%s", got.Message, expected)
			}
			if got.Subject != c.subject {
				t.Errorf("got the subject %q, expected %q", got.Subject, c.subject)
			}
			if a := got.MessageAttributes; a["job"].StringValue != "Nightly" || a["ending"].StringValue != string(c.props.Ending) || a["ending"].DataType != "String" {
				t.Errorf("got the attributes %v, expected the job and its ending", a)
			}
		})
	}
}

// A message that can't be published must not change how an execution ends.
func TestFailedMessageDoesNotChangeTheEnding(t *testing.T) {
	execution, sent := run(t, &observe.NotifyProps{Job: jsii.String("Nightly"), Ending: observe.JobSucceeded,
		Cause: jsii.String("$error('no cause')")}, account)
	if execution.Status != engine.Succeeded || !sameJSON(t, execution.Output, account) {
		t.Errorf("got %s with %s (%s: %s), expected success as without a notification", execution.Status, execution.Output, execution.Error, execution.Cause)
	}
	if len(sent) != 0 {
		t.Errorf("got %d messages, expected none", len(sent))
	}
}

// run executes a state machine that keeps its input as its account, notifies
// and succeeds, and reads what it published.
func run(t *testing.T, props *observe.NotifyProps, input string) (*engine.Execution, []message) {
	t.Helper()
	parent := synthesis.Stack(t)
	props.Topic = awssns.NewTopic(parent, jsii.String("Alerts"), nil)
	keep := awsstepfunctions.Pass_Jsonata(parent, jsii.String("Keep"), &awsstepfunctions.PassJsonataProps{
		Assign: &map[string]any{"account": "{% $states.input %}"}})
	end := awsstepfunctions.Succeed_Jsonata(parent, jsii.String("End"), nil)
	awsstepfunctions.NewStateMachine(parent, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(keep.Next(observe.Notify(parent, jsii.String("Notify"), props, end))),
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
	})
	assembly, err := template.Read(*awscdk.App_Of(parent).Synth(nil).Directory())
	if err != nil {
		t.Fatal(err)
	}
	synthesized, err := assembly.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	c, err := stack.Start(context.Background(), synthesized, stack.Options{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	machine, err := c.Machine("")
	if err != nil {
		t.Fatal(err)
	}
	execution, err := c.Execute(context.Background(), machine, stack.Execution{Name: "1", Input: []byte(input)})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var sent []message
	for line := range bytes.Lines(text) {
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, m)
	}
	return execution, sent
}

func sameJSON(t *testing.T, got []byte, expected string) bool {
	t.Helper()
	var a, b bytes.Buffer
	if err := json.Compact(&a, got); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&b, []byte(expected)); err != nil {
		t.Fatal(err)
	}
	return a.String() == b.String()
}
