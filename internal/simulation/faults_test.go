package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/simulation"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/internal/template"
)

// plan returns a plan of faults in JSON.
func plan(t *testing.T, faults string) *fault.Plan {
	t.Helper()
	p, err := fault.Read([]byte(`{"faults": [` + faults + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The function of these faults takes a second, and answers with the number of its
// invocation. Its task is tried again for one error.
func TestFaultsOfFunctions(t *testing.T) {
	definition := strings.Replace(invokes, `"Catch"`, `"TimeoutSeconds": 1200, "Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 2}], "Catch"`, 1)
	for faults, test := range map[string]struct {
		output  string // of the execution, or the name of the error
		took    time.Duration
		invoked int
	}{
		``:                   {`1`, time.Second, 1},
		`{"fault": "error"}`: {"MapJob.Injected", 0, 0},
		`{"fault": "error", "error": "Busy", "cause": "later"}`:                      {"Busy", 0, 0},
		`{"fault": "error", "error": "Again", "times": 2}`:                           {`1`, 4 * time.Second, 1},
		`{"fault": "error", "error": "Again", "attempt": 1, "times": -1}`:            {`1`, time.Second, 1},
		`{"fault": "error", "error": "Again", "times": -1, "function": "f"}`:         {"Again", 3 * time.Second, 0},
		`{"fault": "error", "error": "No", "invocation": 2}`:                         {`1`, time.Second, 1},
		`{"fault": "throttle", "state": "Call"}`:                                     {"Lambda.TooManyRequestsException", 0, 0},
		`{"fault": "timeout"}`:                                                       {"Sandbox.Timedout", 15 * time.Minute, 1},
		`{"fault": "crash"}`:                                                         {"Runtime.ExitError", 0, 0},
		`{"fault": "crash", "when": "before"}`:                                       {"Runtime.ExitError", 0, 0},
		`{"fault": "crash", "when": "after"}`:                                        {"Runtime.ExitError", time.Second, 1},
		`{"fault": "duplicate"}`:                                                     {`1`, time.Second, 2},
		`{"fault": "duplicate", "when": "later"}`:                                    {`1`, time.Second, 2},
		`{"fault": "duplicate", "when": "together"}`:                                 {`1`, time.Second, 2},
		`{"fault": "slow", "delay": "90s"}`:                                          {`1`, 91 * time.Second, 1},
		`{"fault": "slow", "delay": "20m"}`:                                          {"States.Timeout", 20 * time.Minute, 1},
		`{"fault": "lost"}`:                                                          {"Lambda.SdkClientException", time.Second, 1},
		`{"fault": "large"}`:                                                         {"States.DataLimitExceeded", time.Second, 1},
		`{"fault": "large", "bytes": 7000000}`:                                       {"Function.ResponseSizeTooLarge", time.Second, 1},
		`{"fault": "large", "bytes": 5}`:                                             {`"xxx"`, time.Second, 1},
		`{"fault": "answer", "answer": {"wrong": true}}`:                             {`{"wrong":true}`, time.Second, 1},
		`{"fault": "stop", "state": "Call", "error": "Stopped", "cause": "by hand"}`: {"ABORTED Stopped by hand", 0, 0},
		`{"fault": "stop", "state": "Call", "after": "500ms"}`:                       {"ABORTED  ", 500 * time.Millisecond, 1},
		`{"fault": "stop", "when": "event 3"}`:                                       {"ABORTED  ", 0, 0},
		`{"fault": "expire", "state": "Call", "after": "700ms"}`:                     {"TIMED_OUT  ", 700 * time.Millisecond, 1},
		`{"fault": "expire", "when": "event 5"}`:                                     {`1`, time.Second, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := lone(t, definition)
			began, invoked := time.Now(), 0
			var struck []fault.Fault
			o := simulation.Options{Stack: s, Plan: plan(t, faults), Struck: func(_ fault.Site, f fault.Fault) { struck = append(struck, f) },
				Handlers: map[string]lambda.Handler{"f": handlerFunc(func(context.Context, []byte) ([]byte, error) {
					invoked++
					answer := fmt.Append(nil, invoked)
					time.Sleep(time.Second)
					return answer, nil
				})}}
			w := world(t, o)
			x := runToEnd(t, w, s.Machines[0], "{}")
			took := time.Since(began)
			w.Session().Run(time.Now().Add(time.Hour)) // what goes on
			output := string(x.Output)
			switch {
			case x.Status != engine.Succeeded:
				output = fmt.Sprint(x.Status, " ", x.Error, " ", x.Cause)
			case strings.Contains(output, `"Error":`):
				output, _ = errorOf(t, x)
			}
			if output != test.output || took != test.took || invoked != test.invoked {
				t.Errorf("%s: got %s after %s with %d invocations, expected %s after %s with %d", faults, output, took, invoked, test.output, test.took, test.invoked)
			}
			if expected := len(o.Plan.Faults); (len(struck) > 0) != (expected > 0) && !strings.Contains(faults, "attempt") && !strings.Contains(faults, "invocation") && !strings.Contains(faults, "event 5") {
				t.Errorf("%s: got %v that struck", faults, struck)
			}
		})
	}
}

// A function writes an item and an object by the SDK's clients, and one by the client
// of the kit, and reads all of them. Lost and throttled requests are tried again.
// Calls that end at the same moment are delivered again in the same order in each run.
func TestDuplicatesAreNumberedAlike(t *testing.T) {
	const definition = `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Call", "States": {
		"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Parameters": {"FunctionName": "f", "Payload.$": "$"}}}}}}}`
	runs := map[string]int{}
	for range 30 {
		synctest.Test(t, func(t *testing.T) {
			s := lone(t, definition)
			var mutex sync.Mutex
			var ids []string
			w := world(t, simulation.Options{Stack: s, Seed: 7, Plan: plan(t, `{"fault": "duplicate", "when": "later", "times": -1}`),
				Handlers: map[string]lambda.Handler{"f": handlerFunc(func(ctx context.Context, item []byte) ([]byte, error) {
					c, _ := lambdacontext.FromContext(ctx)
					mutex.Lock()
					ids = append(ids, fmt.Sprintf("%s=%s", item, c.AwsRequestID[24:]))
					mutex.Unlock()
					time.Sleep(time.Second)
					return item, nil
				})}})
			runToEnd(t, w, s.Machines[0], `[0,1,2,3,4,5,6,7]`)
			time.Sleep(time.Minute)
			slices.Sort(ids)
			if len(ids) != 16 {
				t.Errorf("got %v, expected each item twice", ids)
			}
			runs[strings.Join(ids, " ")]++
		})
	}
	if len(runs) != 1 {
		t.Errorf("got %d different runs of 30, expected one: %v", len(runs), runs)
	}
}

func TestFaultsOfRequests(t *testing.T) {
	const all = "item a b"
	for faults, test := range map[string]struct {
		output string
		kept   string // in the services
		took   time.Duration
	}{
		``: {`"done"`, all, 0},
		`{"fault": "error", "call": "dynamodb:PutItem", "error": "ConditionalCheckFailedException", "cause": "no"}`: {"OperationError: ConditionalCheckFailedException", "", 0},
		`{"fault": "error", "call": "dynamodb:PutItem"}`:                                                            {`"done"`, all, 100 * time.Millisecond},
		`{"fault": "error", "call": "s3:PutObject", "error": "AccessDenied"}`:                                       {"OperationError: AccessDenied", "item", 0},
		`{"fault": "error", "call": "s3:PutObject", "error": "AccessDenied", "invocation": 2}`:                      {"OperationError: AccessDenied", "item a", 0},
		`{"fault": "error", "call": "s3:GetObject", "error": "NoSuchKey", "invocation": 2}`:                         {"OperationError: NoSuchKey", all, 0},
		`{"fault": "throttle", "call": "dynamodb:*"}`:                                                               {`"done"`, all, 100 * time.Millisecond},
		`{"fault": "throttle", "call": "dynamodb:*", "times": -1}`:                                                  {"OperationError: ProvisionedThroughputExceededException", "", 300 * time.Millisecond},
		`{"fault": "throttle", "call": "s3:PutObject", "times": 2}`:                                                 {`"done"`, all, 300 * time.Millisecond},
		`{"fault": "throttle", "call": "s3:PutObject", "times": 3}`:                                                 {"OperationError: SlowDown", "item", 300 * time.Millisecond},
		`{"fault": "throttle", "call": "s3:PutObject", "invocation": 2, "times": 2}`:                                {`"done"`, all, 300 * time.Millisecond},
		`{"fault": "throttle", "call": "s3:GetObject", "invocation": 2, "times": 3}`:                                {"OperationError: SlowDown", all, 300 * time.Millisecond},
		`{"fault": "lost", "call": "dynamodb:PutItem"}`:                                                             {`"done"`, all, 100 * time.Millisecond},
		`{"fault": "lost", "call": "s3:PutObject"}`:                                                                 {`"done"`, all, 100 * time.Millisecond},
		`{"fault": "lost", "call": "s3:PutObject", "invocation": 2}`:                                                {`"done"`, all, 100 * time.Millisecond},
		`{"fault": "lost", "call": "s3:PutObject", "times": 3}`:                                                     {"OperationError: ", "item a", 300 * time.Millisecond},
		`{"fault": "slow", "call": "dynamodb:GetItem", "delay": "20s"}`:                                             {`"done"`, all, 20 * time.Second},
		`{"fault": "slow", "call": "s3:GetObject", "delay": "20s", "invocation": 2}`:                                {`"done"`, all, 20 * time.Second},
		`{"fault": "slow", "call": "s3:GetObject", "delay": "2m"}`:                                                  {"Sandbox.Timedout: ", all, time.Minute},
		`{"fault": "crash", "when": "write 1"}`:                                                                     {"Runtime.ExitError: ", "item", 0},
		`{"fault": "crash", "when": "write 2", "function": "Sell"}`:                                                 {"Runtime.ExitError: ", "item a", 0},
		`{"fault": "crash", "when": "write 3", "state": "Sell"}`:                                                    {"Runtime.ExitError: ", all, 0},
		`{"fault": "crash", "when": "write 4"}`:                                                                     {`"done"`, all, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := theShop(t)
			began := time.Now()
			sites := &fault.Sites{}
			handler := handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
				if err := writeAndRead(ctx, t); err != nil {
					return nil, err
				}
				return []byte(`"done"`), nil
			})
			w := world(t, simulation.Options{Stack: s, Plan: plan(t, faults), Sites: sites, Handlers: map[string]lambda.Handler{"Stack-Sell": handler}})
			x := runToEnd(t, w, s.Machines[0], "{}")
			output := string(x.Output)
			if x.Status == engine.Failed {
				var failure struct{ ErrorMessage string }
				_ = json.Unmarshal([]byte(x.Cause), &failure) // else there is no message
				output = x.Error + ": " + codeIn(failure.ErrorMessage)
			}
			took := time.Since(began)
			if got := kept(t, w.Config()); output != test.output || got != test.kept || took != test.took {
				t.Errorf("%s: got %s after %s with %q kept, expected %s after %s with %q", faults, output, took, got, test.output, test.took, test.kept)
			}
		})
	}
}

// codeIn returns the code of an error that is in a text.
func codeIn(text string) string {
	for _, code := range []string{"ConditionalCheckFailedException", "AccessDenied", "NoSuchKey", "SlowDown", "ProvisionedThroughputExceededException"} {
		if strings.Contains(text, code) {
			return code
		}
	}
	return ""
}

// kept lists what writeAndRead has written.
func kept(t *testing.T, c aws.Config) string {
	t.Helper()
	var found []string
	item, err := dynamodb.NewFromConfig(c).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("Stack-Stock"), Key: itemKey()})
	if err != nil {
		t.Fatal(err)
	}
	if item.Item != nil {
		found = append(found, "item")
	}
	list, err := s3.NewFromConfig(c).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("stack-files")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Contents {
		found = append(found, *o.Key)
	}
	return strings.Join(found, " ")
}

func itemKey() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}}
}

// writeAndRead calls DynamoDB and S3.
func writeAndRead(ctx context.Context, t *testing.T) error {
	c := clients(ctx, t)
	kit, _ := standin.Of[s3object.API](ctx)
	bucket := aws.String("stack-files")
	if _, err := dynamodb.NewFromConfig(c).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("Stack-Stock"), Item: itemKey()}); err != nil {
		return err
	}
	if _, err := s3.NewFromConfig(c).PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("a"), Body: strings.NewReader("text")}); err != nil {
		return err
	}
	if _, err := kit.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("b"), Body: strings.NewReader("text")}); err != nil {
		return err
	}
	if _, err := dynamodb.NewFromConfig(c).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("Stack-Stock"), Key: itemKey()}); err != nil {
		return err
	}
	if _, err := s3.NewFromConfig(c).GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("a")}); err != nil {
		return err
	}
	if _, err := kit.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("b")}); err != nil {
		return err
	}
	return nil
}

// A Map reads its items from an object and writes its results to others.
func TestFaultsOfTheObjectsOfAMap(t *testing.T) {
	parsed, err := template.Parse([]byte(`{"Resources": {
		"Files": {"Type": "AWS::S3::Bucket", "Properties": {}},
		"Numbers": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": {"Fn::Sub": "{\"QueryLanguage\": \"JSONata\", \"StartAt\": \"Each\", \"States\": {\"Each\": {\"Type\": \"Map\", \"ItemReader\": {\"Resource\": \"arn:aws:states:::s3:getObject\", \"ReaderConfig\": {\"InputType\": \"JSON\"}, \"Arguments\": {\"Bucket\": \"${Files}\", \"Key\": \"items.json\"}}, \"ResultWriter\": {\"Resource\": \"arn:aws:states:::s3:putObject\", \"Arguments\": {\"Bucket\": \"${Files}\", \"Prefix\": \"results\"}}, \"ItemProcessor\": {\"ProcessorConfig\": {\"Mode\": \"DISTRIBUTED\", \"ExecutionType\": \"STANDARD\"}, \"StartAt\": \"Keep\", \"States\": {\"Keep\": {\"Type\": \"Pass\", \"End\": true}}}, \"End\": true}}}"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := deployment.Read(parsed)
	if err != nil {
		t.Fatal(err)
	}
	for faults, test := range map[string]struct {
		ended string
		took  time.Duration
	}{
		``: {"SUCCEEDED ", 0},
		`{"fault": "error", "call": "s3:GetObject", "error": "AccessDenied"}`:               {"FAILED States.ItemReaderFailed", 0},
		`{"fault": "error", "call": "s3:GetObject", "state": "Each", "machine": "Numbers"}`: {"FAILED States.ItemReaderFailed", 0},
		`{"fault": "error", "call": "s3:PutObject", "state": "Each"}`:                       {"FAILED States.ResultWriterFailed", 0},
		`{"fault": "error", "call": "s3:PutObject", "invocation": 2}`:                       {"FAILED States.ResultWriterFailed", 0},
		`{"fault": "error", "call": "s3:PutObject", "invocation": 3}`:                       {"SUCCEEDED ", 0},
		`{"fault": "throttle", "call": "s3:*", "times": -1}`:                                {"SUCCEEDED ", 3 * time.Second},
		`{"fault": "lost", "call": "s3:PutObject"}`:                                         {"SUCCEEDED ", time.Second},
		`{"fault": "slow", "call": "s3:GetObject", "delay": "5m"}`:                          {"SUCCEEDED ", 5 * time.Minute},
		`{"fault": "slow", "call": "s3:PutObject", "delay": "7s", "times": 2}`:              {"SUCCEEDED ", 14 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			w := world(t, simulation.Options{Stack: s, Plan: plan(t, faults)})
			if _, err := s3.NewFromConfig(w.Config()).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.Buckets[0], Key: aws.String("items.json"), Body: strings.NewReader("[1, 2, 3]")}); err != nil {
				t.Fatal(err)
			}
			x := runToEnd(t, w, s.Machines[0], "{}")
			if ended, took := x.Status+" "+x.Error, time.Since(began); ended != test.ended || took != test.took {
				t.Errorf("%s: got %s (%s) after %s, expected %s after %s", faults, ended, x.Cause, took, test.ended, test.took)
			}
		})
	}
}

// Four Maps read the same object at the same moment: a fault strikes the same one in
// each run, and another one with another seed.
func TestFaultsOfTheObjectsOfMapsRepeat(t *testing.T) {
	s := lone(t, `{"StartAt": "All", "States": {"All": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Each", "States": {
		"Each": {"Type": "Map", "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Failed"}],
			"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "files", "Key": "items.json"}},
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": true}}}},
		"Failed": {"Type": "Pass", "Result": "failed", "End": true}}}}}}`)
	outputs := map[string]bool{}
	for seed := range uint64(8) {
		runs := map[string]bool{}
		for range 10 {
			synctest.Test(t, func(t *testing.T) {
				w := world(t, simulation.Options{Stack: s, Seed: seed, Plan: plan(t, `{"fault": "error", "call": "s3:GetObject"}`)})
				if _, err := s3.NewFromConfig(w.Config()).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("files"), Key: aws.String("items.json"), Body: strings.NewReader("[1]")}); err != nil {
					t.Fatal(err)
				}
				runs[string(runToEnd(t, w, s.Machines[0], "[0, 1, 2, 3]").Output)] = true
			})
		}
		if len(runs) != 1 {
			t.Errorf("seed %d: got %d different runs of 10, expected one: %v", seed, len(runs), runs)
		}
		for output := range runs {
			outputs[output] = true
			if strings.Count(output, "failed") != 1 {
				t.Errorf("seed %d: got %s, expected one Map that fails", seed, output)
			}
		}
	}
	if len(outputs) < 2 {
		t.Errorf("got %v with 8 seeds, expected that other Maps fail, too", outputs)
	}
}

// A service in memory and a fake answer tasks whose answers do not come. The timeout
// of the state decides, and without one the connection is lost.
func TestFaultsOfOtherTasks(t *testing.T) {
	const definition = `{"StartAt": "Tell", "States": {"Tell": {"Type": "Task", "Resource": "%s", %s "End": true, "Parameters": %s,
		"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]}, "Failed": {"Type": "Pass", "End": true}}}`
	const publish, fake, timeout = "arn:aws:states:::sns:publish", "arn:aws:states:::glue:startJobRun.sync", `"TimeoutSeconds": 60,`
	parameters := map[string]string{publish: `{"TopicArn": "arn:aws:sns:us-east-1:123456789012:news", "Message": "hello"}`, fake: `{"JobName": "convert"}`}
	for _, test := range []struct {
		fault, resource, timeout string
		expected                 string
		took                     time.Duration
	}{
		{"timeout", publish, timeout, "States.Timeout", time.Minute},
		{"timeout", publish, "", "SNS.SdkClientException", 0},
		{"lost", publish, timeout, "SNS.SdkClientException", 0},
		{"throttle", publish, timeout, "SNS.Throttled", 0},
		{"timeout", fake, timeout, "States.Timeout", time.Minute},
		{"timeout", fake, "", "Glue.SdkClientException", 0},
		{"lost", fake, timeout, "Glue.SdkClientException", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, called := lone(t, fmt.Sprintf(definition, test.resource, test.timeout, parameters[test.resource])), false
			w := world(t, simulation.Options{Stack: s, Plan: plan(t, `{"fault": "`+test.fault+`"}`), Tasks: tasksOf(s, fake, func() { called = true })})
			began := time.Now()
			name, _ := errorOf(t, runToEnd(t, w, s.Machines[0], "{}"))
			if took := time.Since(began); name != test.expected || took != test.took {
				t.Errorf("%s of %s %s: got %s after %s, expected %s after %s", test.fault, test.resource, test.timeout, name, took, test.expected, test.took)
			}
			if done := called || len(w.Messages()) > 0; done != (test.fault != "throttle") {
				t.Errorf("%s of %s: got a call %v, expected one unless it is refused", test.fault, test.resource, done)
			}
		})
	}
}

// tasksOf returns a fake of a resource if the stack uses it.
func tasksOf(s *deployment.Stack, resource string, called func()) map[string]engine.Integration {
	if len(s.Machines[0].Unanswered) == 0 {
		return nil
	}
	return map[string]engine.Integration{resource: engine.IntegrationFunc(func(context.Context, *engine.Request) (any, error) {
		called()
		return nil, errors.New("the job failed")
	})}
}
