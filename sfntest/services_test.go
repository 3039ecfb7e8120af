package sfntest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/sfntest"
)

// desk is a stack whose state machine uses a table, a topic and a queue, and whose
// function uses clients of the AWS SDK.
const desk = `{"Resources": {
  "Clerk": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 30}},
  "Files": {"Type": "AWS::S3::Bucket", "Properties": {}},
  "Cases": {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}},
  "News": {"Type": "AWS::SNS::Topic", "Properties": {}},
  "Inbox": {"Type": "AWS::SQS::Queue", "Properties": {}},
  "Desk": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": {"Fn::Sub": "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"Open\",\"States\":{\"Open\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::dynamodb:putItem\",\"Arguments\":{\"TableName\":\"${Cases}\",\"Item\":{\"id\":{\"S\":\"{% $states.input.id %}\"}}},\"Output\":\"{% $states.input %}\",\"Next\":\"File\"},\"File\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Arguments\":{\"FunctionName\":\"${Clerk.Arn}\",\"Payload\":\"{% $states.input %}\"},\"Output\":\"{% $states.result.Payload %}\",\"Next\":\"Tell\"},\"Tell\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sns:publish\",\"Arguments\":{\"TopicArn\":\"${News}\",\"Message\":\"filed\"},\"Output\":\"{% $states.input %}\",\"Next\":\"Send\"},\"Send\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage\",\"Arguments\":{\"QueueUrl\":\"${Inbox}\",\"MessageBody\":\"{% $states.input.key %}\"},\"Output\":\"{% $states.input %}\",\"End\":true}}}"}}}}}`

func TestServicesOfAWorld(t *testing.T) {
	s := sfntest.Parse(t, []byte(desk))
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		var w *sfntest.World
		w = sfntest.New(t, s, sfntest.HandleFunc("Clerk", func(ctx context.Context, o Order) (map[string]string, error) {
			cases, err := dynamodb.NewFromConfig(w.Config()).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(w.Name("Cases")),
				Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: o.ID}}})
			if err != nil || len(cases.Item) != 1 {
				t.Errorf("got %v and error %v, expected the item that the state before has put", cases, err)
			}
			key := "cases/" + o.ID
			_, err = s3.NewFromConfig(w.Config()).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(w.Name("Files")), Key: &key, Body: bytes.NewReader([]byte("case of " + o.ID))})
			return map[string]string{"key": key}, err
		}))
		x := w.Start("Desk", Order{"o-1"})
		x.RunToEnd()
		var output map[string]string
		x.Output(&output)
		object, err := s3.NewFromConfig(w.Config()).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(w.Name("Files")), Key: aws.String(output["key"])})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(object.Body); string(text) != "case of o-1" || err != nil {
			t.Errorf("got %s and error %v, expected what the function has put", text, err)
		}
		described, err := sfn.NewFromConfig(w.Config()).DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(x.ARN())})
		if err != nil || described.Status != "SUCCEEDED" {
			t.Errorf("got %v and error %v, expected the execution", described, err)
		}
		expected := []sfntest.Message{{To: w.Name("News"), Body: "filed"}, {To: w.Name("Inbox"), Body: "cases/o-1"}}
		if diff := cmp.Diff(expected, w.Messages()); diff != "" {
			t.Errorf("messages (-expected +got):\n%s", diff)
		}
		if !strings.HasPrefix(w.Name("News"), "arn:aws:sns:") || !strings.HasPrefix(w.Name("Inbox"), "https://sqs.") {
			t.Errorf("got %s and %s, expected an ARN and a URL", w.Name("News"), w.Name("Inbox"))
		}
	})
}

// rerun runs an Inline job, and then two items of it again.
func rerun(t *testing.T, w *sfntest.World) *sfntest.Execution {
	t.Helper()
	before := w.Start("None", struct{}{})
	before.RunToEnd()
	bucket, key := w.Name("Results"), strings.Split(before.ARN(), ":")[6]+"/execution-1/reruns/some.jsonl"
	_, err := s3.NewFromConfig(w.Config()).PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: &key,
		Metadata: map[string]string{"mapjob-count": "2"}, Body: strings.NewReader(`{"id":"o-1"}` + "\n" + `{"id":"o-2"}` + "\n")})
	if err != nil {
		t.Fatal(err)
	}
	x := w.Start("None", map[string]any{"mapjobRerun": map[string]any{"execution": before.ARN(), "bucket": bucket, "key": key, "count": 2}})
	x.RunToEnd()
	return x
}

// The functions that a job brings along work without a handler of the test.
func TestAJobBringsItsFunctionsAlong(t *testing.T) {
	s := sfntest.Open(t, "../test/soak/forms/testdata/inline_1.snap.json")
	synctest.Test(t, func(t *testing.T) {
		x := rerun(t, sfntest.New(t, s, workers(0)...))
		var got account
		if x.Output(&got); got != (account{Total: 2, Succeeded: 2}) {
			t.Errorf("got %+v, expected the items that the job's own function reads:\n%s", got, x.History())
		}
	})
	// A test may give another one.
	synctest.Test(t, func(t *testing.T) {
		closed := sfntest.HandleFunc("None/Chunker", func(context.Context, json.RawMessage) (any, error) { return nil, &sfntest.Error{Name: "Closed"} })
		x := rerun(t, sfntest.New(t, s, append(workers(0), closed)...))
		if err := x.Err(); err == nil || err.Name != "Closed" {
			t.Errorf("got %v, expected the error of the test's handler:\n%s", err, x.History())
		}
	})
}

// The keys of a table are in no definition, so a test creates it with a client.
func TestTablesOfADefinitionOnItsOwn(t *testing.T) {
	s := sfntest.Parse(t, []byte(`{"StartAt":"Open","States":{"Open":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","Parameters":{"TableName":"Cases","Item":{"id":{"S":"o-1"}}},"End":true}}}`))
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, s)
		client := dynamodb.NewFromConfig(w.Config())
		if _, err := client.CreateTable(context.Background(), &dynamodb.CreateTableInput{TableName: aws.String("Cases"),
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}}}); err != nil {
			t.Fatal(err)
		}
		w.Start("", nil).RunToEnd()
		found, err := client.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String("Cases")})
		if err != nil || found.Count != 1 {
			t.Errorf("got %+v and error %v, expected the item of the task", found, err)
		}
	})
}
