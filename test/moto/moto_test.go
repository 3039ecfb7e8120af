package moto

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/cli"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/script/commands"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"mapjob": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

const (
	bucket     = "results"
	machine    = "arn:aws:states:us-east-1:123456789012:stateMachine:Nightly-AbC123"
	executions = "arn:aws:states:us-east-1:123456789012:execution:Nightly-AbC123:"
)

// moto 5.2.1 can't run a job of the constructs: its engine knows no ItemBatcher and no
// JSON Lines, evaluates JSONata only with Java, and runs functions in Docker. So the
// state machine is another one, with the states and the answers of a job: a Distributed
// Map over a JSON array, and Pass states in place of functions. The test stores the
// report. Besides, moto has no RedriveExecution, returns histories oldest event first
// and in one page, whatever is asked, and needs a patch to run a state machine twice.
// What is about these is tested against the API on this machine.
func TestOperatingAJobOfMoto(t *testing.T) {
	program := os.Getenv("MAPJOB_MOTO")
	if program == "" {
		t.Skip("MAPJOB_MOTO: got no value, expected moto_server: make moto finds or installs it")
	}
	server, err := Start(t.Context(), Options{Program: program, Folder: t.TempDir(), Patches: []string{Executions},
		Config: `{"stepfunctions": {"execute_state_machine": true}}`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	account := &account{sfn: sfn.NewFromConfig(server.Config), stacks: cloudformation.NewFromConfig(server.Config), s3: s3.NewFromConfig(server.Config)}
	account.deploy(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ask": commands.Ask, "json": commands.JSON, "object-count": account.countObjects, "report": account.storeReport, "rerun-object": account.checkRerun, "start": account.start, "until": account.until,
		},
	})
}

// account has clients of moto.
type account struct {
	sfn    *sfn.Client
	s3     *s3.Client
	stacks *cloudformation.Client
}

// deploy makes a bucket with items, and the state machine.
func (a *account) deploy(t *testing.T) {
	t.Helper()
	if _, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	if err := a.put(t.Context(), "items.json", `[{"id":0},{"id":1},{"id":2},{"id":3}]`); err != nil {
		t.Fatal(err)
	}
	definition, err := os.ReadFile(filepath.Join("testdata", "machine.json"))
	if err != nil {
		t.Fatal(err)
	}
	created, err := a.sfn.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("Nightly-AbC123"), Definition: aws.String(string(definition)),
		RoleArn: aws.String("arn:aws:iam::123456789012:role/nightly")})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(created.StateMachineArn); got != machine {
		t.Fatalf("got state machine %s, expected %s", got, machine)
	}
	a.deployStack(t, "Shop", "Daily")
	a.deployStack(t, "Office", "Weekly", "Hourly")
}

// deployStack deploys a stack of state machines.
func (a *account) deployStack(t *testing.T, stack string, machines ...string) {
	t.Helper()
	resources := map[string]any{"Queue": map[string]any{"Type": "AWS::SQS::Queue"}}
	for _, name := range machines {
		resources[name] = map[string]any{"Type": "AWS::StepFunctions::StateMachine", "Properties": map[string]any{
			"StateMachineName": stack + "-" + name, "RoleArn": "arn:aws:iam::123456789012:role/any",
			"DefinitionString": `{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`}}
	}
	template, err := json.Marshal(map[string]any{"Resources": resources})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &stack, TemplateBody: aws.String(string(template))}); err != nil {
		t.Fatal(err)
	}
}

func (a *account) put(ctx context.Context, key, text string) error {
	_, err := a.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text)})
	return err
}

// start NAME INPUT: starts an execution.
func (a *account) start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: start NAME INPUT")
	}
	_, err := a.sfn.StartExecution(context.Background(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machine), Name: &args[0], Input: &args[1]})
	ts.Check(err)
}

// until NAME STATUS: waits until an execution has a status.
func (a *account) until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until NAME STATUS")
	}
	arn, status := executions+args[0], ""
	for range 600 {
		d, err := a.sfn.DescribeExecution(context.Background(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		ts.Check(err)
		if status = string(d.Status); status == args[1] {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("execution %s: got %s after half a minute, expected %s", args[0], status, args[1])
}

// report NAME: stores the report of an execution, as the summary does.
func (a *account) storeReport(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: report NAME")
	}
	folder := protocol.Folder{Bucket: bucket, Prefix: "Nightly-AbC123/" + args[0] + "/report"}
	failures := folder.File(protocol.FailuresFile)
	for key, text := range map[string]string{
		failures.Key:                             "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n",
		protocol.ErrorsOf(failures).Key:          "{\"index\":1,\"error\":\"NoPrice\"}\n{\"index\":2,\"error\":\"NoPrice\"}\n{\"index\":3,\"error\":\"Gone\"}\n",
		folder.File(protocol.ReportJSON).Key:     `{"errors":[{"name":"NoPrice","count":2,"example":"no price for 2"}]}`,
		folder.File(protocol.ReportMarkdown).Key: "# the report of " + args[0] + "\n",
	} {
		ts.Check(a.put(context.Background(), key, text))
	}
}

func (a *account) keys(ts *testscript.TestScript, prefix string) (keys []string) {
	listed, err := a.s3.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: &prefix})
	ts.Check(err)
	for _, object := range listed.Contents {
		keys = append(keys, aws.ToString(object.Key))
	}
	return keys
}

// object-count PREFIX N: the bucket has N objects whose keys begin so.
func (a *account) countObjects(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: object-count PREFIX N")
	}
	if keys := a.keys(ts, args[0]); strconv.Itoa(len(keys)) != args[1] {
		ts.Fatalf("got the objects %q, expected %s", keys, args[1])
	}
}

// rerun-object PREFIX COUNT TEXT: the items of the rerun have a text, and a count in their
// metadata.
func (a *account) checkRerun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: rerun-object PREFIX COUNT TEXT")
	}
	for _, key := range a.keys(ts, args[0]) {
		if strings.HasSuffix(key, ".errors.jsonl") {
			continue
		}
		object, err := a.s3.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
		ts.Check(err)
		text, err := io.ReadAll(object.Body)
		ts.Check(err)
		ts.Check(object.Body.Close())
		if expected := strings.ReplaceAll(args[2], `\n`, "\n"); string(text) != expected || object.Metadata[protocol.MetadataCount] != args[1] {
			ts.Fatalf("got %q with the metadata %v, expected %q and %s", text, object.Metadata, expected, args[1])
		}
		return
	}
	ts.Fatalf("got no items below %s", args[0])
}
