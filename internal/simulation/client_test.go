package simulation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/memory/topics"
	"github.com/mapjob/mapjob/internal/simulation"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/internal/template"
)

// shop has a function that a task invokes, one behind a queue, one that both invoke,
// and what they use.
const shop = `{"Resources": {
	"Sales": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": {"Fn::Sub":
		"{\"QueryLanguage\": \"JSONata\", \"StartAt\": \"Sell\", \"States\": {\"Sell\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::lambda:invoke\", \"End\": true, \"Arguments\": {\"FunctionName\": \"${Sell.Arn}\", \"Payload\": \"{% $states.input %}\"}, \"Output\": \"{% $states.result.Payload %}\"}}}"}}},
	"Sell": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 60}},
	"Ship": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 30}},
	"Mail": {"Type": "AWS::Lambda::Function", "Properties": {}},
	"Parcels": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}}},
	"Dead": {"Type": "AWS::SQS::Queue", "Properties": {}},
	"Ships": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Parcels", "Arn"]}, "FunctionName": {"Ref": "Ship"}, "BatchSize": 1}},
	"MailEvents": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "Mail"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}}}},
	"Files": {"Type": "AWS::S3::Bucket", "Properties": {}},
	"Stock": {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}},
	"Key": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "key", "SecretString": "open"}}
}}`

func theShop(t *testing.T) *deployment.Stack {
	t.Helper()
	parsed, err := template.Parse([]byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	s, err := deployment.Read(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// clients are those that a handler makes of the configuration in its context.
func clients(ctx context.Context, t *testing.T) aws.Config {
	t.Helper()
	c, ok := standin.Of[aws.Config](ctx)
	if !ok {
		t.Fatal("got no configuration in the context")
	}
	return c
}

const (
	parcels = "https://sqs.us-east-1.amazonaws.com/123456789012/Stack-Parcels"
	dead    = "https://sqs.us-east-1.amazonaws.com/123456789012/Stack-Dead"
)

func TestClientsOfFunctionsAndOfTheTestReachTheServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := theShop(t)
		var shipped []string
		handlers := map[string]lambda.Handler{
			"Stack-Sell": handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
				c := clients(ctx, t)
				key, err := secretsmanager.NewFromConfig(c).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("key")})
				if err != nil || *key.SecretString != "open" {
					return nil, fmt.Errorf("secret: %v %w", key, err)
				}
				if _, err := s3.NewFromConfig(c).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("stack-files"), Key: aws.String("a b/ü.txt"), Body: strings.NewReader("sold")}); err != nil {
					return nil, err
				}
				item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}, "n": &types.AttributeValueMemberN{Value: "2"}}
				if _, err := dynamodb.NewFromConfig(c).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("Stack-Stock"), Item: item}); err != nil {
					return nil, err
				}
				for _, queue := range []string{parcels, dead} {
					if _, err := sqs.NewFromConfig(c).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queue), MessageBody: aws.String("to " + queue[len(queue)-4:]), DelaySeconds: 5}); err != nil {
						return nil, err
					}
				}
				answer, err := awslambda.NewFromConfig(c).Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("Stack-Mail"), Payload: payload})
				if err != nil {
					return nil, err
				}
				return answer.Payload, nil
			}),
			"Stack-Ship": handlerFunc(func(_ context.Context, payload []byte) ([]byte, error) {
				var event events.SQSEvent
				if err := json.Unmarshal(payload, &event); err != nil {
					return nil, err
				}
				for _, r := range event.Records {
					shipped = append(shipped, r.Body)
				}
				return nil, nil
			}),
			"Stack-Mail": handlerFunc(func(_ context.Context, payload []byte) ([]byte, error) {
				return append(append([]byte(`[`), payload...), ']'), nil
			}),
		}
		w := world(t, simulation.Options{Stack: s, Handlers: handlers})
		if x := runToEnd(t, w, s.Machines[0], `{"buyer": 7}`); string(x.Output) != `[{"buyer":7}]` {
			t.Fatalf("got %s %s %s %s, expected the answer of Mail", x.Status, x.Output, x.Error, x.Cause)
		}
		c := w.Config()
		object, err := s3.NewFromConfig(c).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("stack-files"), Key: aws.String("a b/ü.txt")})
		if err != nil || *object.ContentLength != 4 {
			t.Errorf("got %v and %v, expected the object", object, err)
		}
		item, err := dynamodb.NewFromConfig(c).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("Stack-Stock"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}}})
		if err != nil || len(item.Item) != 2 {
			t.Errorf("got %v and %v, expected the item", item, err)
		}
		expected := []topics.Message{{To: dead, Body: "to Dead"}}
		if diff := cmp.Diff(expected, w.Messages()); diff != "" {
			t.Errorf("messages (-expected +got):\n%s", diff)
		}
		if len(shipped) != 0 {
			t.Errorf("got %v, expected no delivery before its delay", shipped)
		}
		w.Session().Run(time.Now().Add(time.Minute))
		if !slices.Equal(shipped, []string{"to cels"}) {
			t.Errorf("got deliveries of %v, expected one", shipped)
		}
	})
}

// A message comes again until it is dead, and an event until its retries are used up.
func TestDeliveriesAndEventsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := theShop(t)
		began := time.Now()
		var tries []string
		failing := func(name string) handlerFunc {
			return func(context.Context, []byte) ([]byte, error) {
				tries = append(tries, fmt.Sprint(name, " ", time.Since(began)))
				return nil, &refusedError{"no"}
			}
		}
		w := world(t, simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{
			"Stack-Sell": failing("Sell"), "Stack-Ship": failing("Ship"), "Stack-Mail": failing("Mail")}})
		ctx, c := t.Context(), w.Config()
		if _, err := awslambda.NewFromConfig(c).Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("Stack-Mail"), InvocationType: lambdatypes.InvocationTypeEvent, Payload: []byte("1")}); err != nil {
			t.Fatal(err)
		}
		if _, err := sqs.NewFromConfig(c).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(parcels), MessageBody: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		w.Session().Run(time.Now().Add(10 * time.Minute))
		slices.Sort(tries)
		if diff := cmp.Diff([]string{"Mail 0s", "Mail 1m0s", "Ship 0s", "Ship 1m0s"}, tries); diff != "" {
			t.Errorf("tries (-expected +got):\n%s", diff)
		}
		left, err := sqs.NewFromConfig(c).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(dead), MaxNumberOfMessages: 10})
		if err != nil || len(left.Messages) != 2 {
			t.Errorf("got %v and %v in the dead-letter queue, expected the message and the record of the event", left, err)
		}
	})
}

// The function answers the token of its first task itself; the test answers the other
// one.
func TestTokensAreAnsweredByClients(t *testing.T) {
	const definition = `{"QueryLanguage": "JSONata", "StartAt": "First", "States": {
		"First": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Next": "Second",
			"Arguments": {"FunctionName": "f", "Payload": {"token": "{% $states.context.Task.Token %}", "now": true}}},
		"Second": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 60, "End": true,
			"Arguments": {"FunctionName": "f", "Payload": {"token": "{% $states.context.Task.Token %}", "first": "{% $states.input %}"}}}}}`
	synctest.Test(t, func(t *testing.T) {
		s := lone(t, definition)
		var token *string
		w := world(t, simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{"f": handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
			var request struct {
				Token *string
				Now   bool
				First string
			}
			if err := json.Unmarshal(payload, &request); err != nil {
				return nil, err
			}
			if request.Now {
				_, err := sfn.NewFromConfig(clients(ctx, t)).SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: request.Token, Output: aws.String(`"early"`)})
				return []byte("null"), err
			}
			if token = request.Token; request.First != "early" {
				t.Errorf("got %q from the first task, expected early", request.First)
			}
			return []byte("null"), nil
		})}})
		client := sfn.NewFromConfig(w.Config())
		started, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &s.Machines[0].ARN, Input: aws.String("{}")})
		if err != nil {
			t.Fatal(err)
		}
		w.Session().Run(time.Now().Add(50 * time.Second))
		if _, err := client.SendTaskHeartbeat(t.Context(), &sfn.SendTaskHeartbeatInput{TaskToken: token}); err != nil {
			t.Error(err)
		}
		w.Session().Run(time.Now().Add(50 * time.Second))
		if _, err := client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: token, Output: aws.String(`"late"`)}); err != nil {
			t.Error(err)
		}
		w.Session().Run(time.Now())
		x, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err != nil || aws.ToString(x.Output) != `"late"` {
			t.Errorf("got %+v and %v, expected an execution that has ended", x, err)
		}
		if _, err := client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: token, Output: aws.String("1")}); err == nil || !strings.Contains(err.Error(), "TaskTimedOut") {
			t.Errorf("got %v, expected TaskTimedOut for a task that has ended", err)
		}
	})
}
