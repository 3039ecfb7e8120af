// Package trigger runs what constructs/trigger makes: the webhook's binary
// before the Step Functions API of this machine, and state machines with the
// inputs that EventBridge and its Scheduler would give them.
package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/local/cloud"
	"github.com/mapjob/mapjob/local/engine"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// object is a JSON object.
type object = map[string]any

// machine is a state machine of one state after the other.
func machine(stack awscdk.Stack, id string, states ...object) awsstepfunctions.StateMachine {
	var first, last awsstepfunctions.CustomState
	for i, state := range states {
		next := awsstepfunctions.NewCustomState(stack, jsii.String(fmt.Sprint(id, i)), &awsstepfunctions.CustomStateProps{StateJson: &state})
		if last == nil {
			first = next
		} else {
			last.Next(next)
		}
		last = next
	}
	return awsstepfunctions.NewStateMachine(stack, &id, &awsstepfunctions.StateMachineProps{
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(first),
	})
}

// pass is a state that answers with its input.
var pass = object{"Type": "Pass"}

// running is a stack, named Test, on this machine.
type running struct {
	*cloud.Cloud
	template synthesis.Template
}

// run synthesizes a stack, builds its functions and starts all of it.
func run(t *testing.T, build func(awscdk.Stack)) *running {
	t.Helper()
	app := synthesis.App(t, object{"mapjob:local": true, "aws:cdk:bundling-stacks": []string{"**"}, "aws:cdk:enable-path-metadata": true})
	stack := awscdk.NewStack(app, jsii.String("Test"), nil)
	build(stack)
	app.Synth(nil)

	r := &running{}
	text, err := os.ReadFile(filepath.Join(*app.Outdir(), "Test.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r.template); err != nil {
		t.Fatal(err)
	}
	assembly, err := cloud.ReadAssembly(*app.Outdir())
	if err != nil {
		t.Fatal(err)
	}
	only, err := assembly.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	r.Cloud, err = cloud.Start(context.Background(), only, cloud.Options{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if logs, _ := filepath.Glob(filepath.Join(folder, "logs", "*")); t.Failed() {
			for _, log := range logs {
				text, _ := os.ReadFile(log)
				t.Logf("%s:\n%.4000s", filepath.Base(log), text)
			}
		}
	})
	return r
}

// execute runs the state machine of that name to its end.
func (r *running) execute(t *testing.T, name string, input []byte) *engine.Execution {
	t.Helper()
	m, err := r.Machine(name)
	if err != nil {
		t.Fatal(err)
	}
	x, err := r.Execute(context.Background(), m, cloud.Execution{Input: input})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// endpoint is where a part listens.
func (r *running) endpoint(t *testing.T, service string) string {
	t.Helper()
	for _, variable := range r.Endpoints() {
		if url, ok := strings.CutPrefix(variable, "AWS_ENDPOINT_URL_"+service+"="); ok {
			return url
		}
	}
	t.Fatalf("got endpoints %v, expected one of %s", r.Endpoints(), service)
	return ""
}

// client is the configuration of a client of one part.
func (r *running) client(t *testing.T, service string) aws.Config {
	t.Helper()
	url := r.endpoint(t, service)
	return aws.Config{Region: cloud.Region, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
}

// idOf is the logical ID of the only resource of a type.
func (r *running) idOf(t *testing.T, kind string) string {
	t.Helper()
	for id := range r.template.OfType(kind) {
		return id
	}
	t.Fatalf("got no %s, expected one", kind)
	return ""
}

// startsWithItsRole checks that the role of a target may start what the target is.
func (r *running) startsWithItsRole(t *testing.T, target object) {
	t.Helper()
	role, _ := target["RoleArn"].(object)["Fn::GetAtt"].([]any)
	expected := fmt.Sprint(object{"Action": "states:StartExecution", "Effect": "Allow", "Resource": target["Arn"]})
	for _, policy := range r.template.OfType("AWS::IAM::Policy") {
		if fmt.Sprint(policy.Properties["Roles"]) != fmt.Sprint([]any{object{"Ref": role[0]}}) {
			continue
		}
		for _, statement := range policy.Properties["PolicyDocument"].(object)["Statement"].([]any) {
			if fmt.Sprint(statement) == expected {
				return
			}
		}
	}
	t.Errorf("got a role %v that may not start %v", role, target["Arn"])
}
