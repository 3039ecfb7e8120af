package queuefanout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/constructs/queuefanout"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func seconds(n float64) awscdk.Duration { return awscdk.Duration_Seconds(jsii.Number(n)) }

func function(stack awscdk.Stack, id string, timeout awscdk.Duration) awslambda.Function {
	return gofunction.New(stack, &id, &gofunction.Props{Entry: jsii.String("lambdas/worker"), Timeout: timeout})
}

func minimal(stack awscdk.Stack) *queuefanout.Props {
	return &queuefanout.Props{Producer: function(stack, "Producer", nil), Consumer: function(stack, "Consumer", nil)}
}

func everything(stack awscdk.Stack) *queuefanout.Props {
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	return &queuefanout.Props{
		Producer:           function(stack, "Producer", nil),
		Consumer:           function(stack, "Consumer", seconds(30)),
		QueueURLVariable:   jsii.String("ORDERS_QUEUE_URL"),
		BatchSize:          jsii.Number(100),
		BatchWindow:        seconds(5),
		MaxConcurrency:     jsii.Number(20),
		VisibilityTimeout:  seconds(300),
		MaxReceiveCount:    jsii.Number(3),
		Retention:          awscdk.Duration_Days(jsii.Number(1)),
		RemovalPolicy:      awscdk.RemovalPolicy_RETAIN,
		EncryptionKey:      key,
		Topic:              observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{EncryptionKey: key}),
		OldestMessageAlarm: awscdk.Duration_Minutes(jsii.Number(15)),
		Without:            []queuefanout.Alarm{queuefanout.AlarmDeadLetters},
	}
}

func TestSnapshots(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack) *queuefanout.Props{"minimal": minimal, "everything": everything} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			queuefanout.New(stack, jsii.String("Orders"), props(stack))
			synthesis.Snapshot(t, name, synthesis.Reviewed(t, name, stack).Resources)
		})
	}
}

// fanout returns the template of a fan-out with some props changed, and its queue
// and dead-letter queue in the template.
func fanout(t *testing.T, change func(awscdk.Stack, *queuefanout.Props)) (f queuefanout.QueueFanout, template *synthesis.Template, queue, deadLetters synthesis.Resource) {
	t.Helper()
	stack := synthesis.Stack(t)
	props := minimal(stack)
	change(stack, props)
	f = queuefanout.New(stack, jsii.String("Orders"), props)
	template = synthesis.Synthesize(t, stack)
	byURL := func(url *string) synthesis.Resource {
		return template.Resources[stack.Resolve(url).(map[string]any)["Ref"].(string)]
	}
	return f, template, byURL(f.Queue().QueueUrl()), byURL(f.DeadLetterQueue().QueueUrl())
}

func TestVisibilityTimeoutFollowsTheConsumer(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(awscdk.Stack, *queuefanout.Props)
		expected float64
	}{
		"six times the timeout": {func(_ awscdk.Stack, p *queuefanout.Props) {}, 360},
		"and the window": {func(s awscdk.Stack, p *queuefanout.Props) {
			p.Consumer, p.BatchWindow = function(s, "Other", seconds(900)), seconds(300)
		}, 5700},
		"of a function without a timeout": {func(s awscdk.Stack, p *queuefanout.Props) {
			p.Consumer = awslambda.NewFunction(s, jsii.String("Other"), &awslambda.FunctionProps{
				Runtime: awslambda.Runtime_NODEJS_LATEST(), Handler: jsii.String("index.handler"),
				Code: awslambda.Code_FromInline(jsii.String("exports.handler = async () => ({ batchItemFailures: [] });"))})
		}, 18},
		"given, and just enough": {func(_ awscdk.Stack, p *queuefanout.Props) { p.VisibilityTimeout = seconds(360) }, 360},
		"given, and more":        {func(_ awscdk.Stack, p *queuefanout.Props) { p.VisibilityTimeout = seconds(43_200) }, 43_200},
	} {
		_, _, queue, _ := fanout(t, c.change)
		if got := queue.Properties["VisibilityTimeout"]; got != c.expected {
			t.Errorf("%s: got %v s, expected %v s", name, got, c.expected)
		}
	}
}

func TestConsumerReportsPartialFailures(t *testing.T) {
	_, template, queue, _ := fanout(t, func(awscdk.Stack, *queuefanout.Props) {})
	source := template.Only(t, "AWS::Lambda::EventSourceMapping").Properties
	if got := fmt.Sprint(source["FunctionResponseTypes"], source["BatchSize"], source["ScalingConfig"]); got != "[ReportBatchItemFailures] 10 map[MaximumConcurrency:100]" {
		t.Errorf("got %s, expected partial failures, 10 messages and 100 batches at once", got)
	}
	redrive := queue.Properties["RedrivePolicy"].(map[string]any)
	if redrive["maxReceiveCount"] != 5.0 || !strings.Contains(fmt.Sprint(redrive["deadLetterTargetArn"]), "OrdersDeadLetterQueue") {
		t.Errorf("got %v, expected five receptions, then the dead-letter queue", redrive)
	}
}

func TestQueuesAreEncryptedAndRequireTLS(t *testing.T) {
	for name, change := range map[string]func(awscdk.Stack, *queuefanout.Props){
		"by SQS": func(awscdk.Stack, *queuefanout.Props) {},
		"by a key": func(s awscdk.Stack, p *queuefanout.Props) {
			p.EncryptionKey = awskms.NewKey(s, jsii.String("Key"), nil)
		},
	} {
		_, template, queue, deadLetters := fanout(t, change)
		for _, q := range []synthesis.Resource{queue, deadLetters} {
			_, keyed := q.Properties["KmsMasterKeyId"]
			if managed := q.Properties["SqsManagedSseEnabled"] == true; managed == keyed || keyed != (name == "by a key") {
				t.Errorf("%s: got %v, expected the messages to be encrypted so", name, q.Properties)
			}
		}
		policies := template.OfType("AWS::SQS::QueuePolicy")
		for id, policy := range policies {
			text := fmt.Sprint(policy.Properties["PolicyDocument"])
			if !strings.Contains(text, "aws:SecureTransport:false") || !strings.Contains(text, "Effect:Deny") || strings.Contains(text, "Effect:Allow") {
				t.Errorf("%s: got %s, expected TLS to be required, and no other statement", id, text)
			}
		}
		if len(policies) != 2 {
			t.Errorf("%s: got %d policies, expected one for each queue", name, len(policies))
		}
	}
}

func TestProducerSendsAndConsumerReceives(t *testing.T) {
	_, template, _, _ := fanout(t, func(s awscdk.Stack, p *queuefanout.Props) {
		p.EncryptionKey = awskms.NewKey(s, jsii.String("Key"), nil)
	})
	for role, expected := range map[string][]string{
		"Producer": {`{"Action":"sqs:SendMessage","Effect":"Allow","Resource":{"Fn::GetAtt":["OrdersQueue`, `{"Action":["kms:Decrypt","kms:GenerateDataKey"],`},
		"Consumer": {`{"Action":["sqs:DeleteMessage","sqs:GetQueueAttributes","sqs:ReceiveMessage"],"Effect":"Allow","Resource":{"Fn::GetAtt":["OrdersQueue`, `{"Action":"kms:Decrypt",`},
	} {
		statements := template.Statements(role)
		for _, beginning := range expected {
			if !slices.ContainsFunc(statements, func(s string) bool { return strings.HasPrefix(s, beginning) }) {
				t.Errorf("%s: got %v, expected %s…", role, statements, beginning)
			}
		}
		if len(statements) != len(expected) {
			t.Errorf("%s: got %v, expected %d statements", role, statements, len(expected))
		}
	}
	for id, f := range template.OfType("AWS::Lambda::Function") {
		environment, _ := f.Properties["Environment"].(map[string]any)
		if got, expected := strings.Contains(fmt.Sprint(environment), "QUEUE_URL:map[Ref:OrdersQueue"), strings.HasPrefix(id, "Producer"); got != expected {
			t.Errorf("%s: got the environment %v, expected the queue's URL in the producer's only", id, environment)
		}
	}
}

func TestSecondProducer(t *testing.T) {
	stack := synthesis.Stack(t)
	other := function(stack, "Other", nil)
	queuefanout.New(stack, jsii.String("Orders"), minimal(stack)).GrantSend(other)
	if got := synthesis.Synthesize(t, stack).Statements("Other"); len(got) != 1 || !strings.HasPrefix(got[0], `{"Action":"sqs:SendMessage"`) {
		t.Errorf("got %v, expected it to send, and no more", got)
	}
}

func TestAlarms(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(awscdk.Stack, *queuefanout.Props)
		expected map[queuefanout.Alarm]string
	}{
		"both": {func(awscdk.Stack, *queuefanout.Props) {}, map[queuefanout.Alarm]string{
			queuefanout.AlarmOldestMessage: "ApproximateAgeOfOldestMessage of OrdersQueue 3600",
			queuefanout.AlarmDeadLetters:   "ApproximateNumberOfMessagesVisible of OrdersDeadLetterQueue 1"}},
		"a short retention": {func(_ awscdk.Stack, p *queuefanout.Props) { p.Retention = seconds(3600) }, map[queuefanout.Alarm]string{
			queuefanout.AlarmOldestMessage: "ApproximateAgeOfOldestMessage of OrdersQueue 1800",
			queuefanout.AlarmDeadLetters:   "ApproximateNumberOfMessagesVisible of OrdersDeadLetterQueue 1"}},
		"one": {func(_ awscdk.Stack, p *queuefanout.Props) {
			p.OldestMessageAlarm, p.Without = seconds(60), []queuefanout.Alarm{queuefanout.AlarmDeadLetters}
		}, map[queuefanout.Alarm]string{
			queuefanout.AlarmOldestMessage: "ApproximateAgeOfOldestMessage of OrdersQueue 60"}},
	} {
		f, template, _, _ := fanout(t, c.change)
		got := map[queuefanout.Alarm]string{}
		for kind, alarm := range f.Alarms() {
			id := awscdk.Stack_Of(alarm).Resolve(alarm.AlarmName()).(map[string]any)["Ref"].(string)
			p := template.Resources[id].Properties
			queue := p["Dimensions"].([]any)[0].(map[string]any)["Value"].(map[string]any)["Fn::GetAtt"].([]any)[0].(string)
			got[kind] = fmt.Sprint(p["MetricName"], " of ", queue[:len(queue)-8], " ", p["Threshold"])
			if p["ComparisonOperator"] != "GreaterThanOrEqualToThreshold" || p["Statistic"] != "Maximum" {
				t.Errorf("%s: got %v, expected it to be raised by the highest value", name, p)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.expected) {
			t.Errorf("%s: got %v, expected %v", name, got, c.expected)
		}
	}
}

func TestBadPropsAreRefused(t *testing.T) {
	stack := synthesis.Stack(t)
	good := minimal(stack)
	token := func() awscdk.Duration { return seconds(*awscdk.Token_AsNumber(map[string]string{"Ref": "Age"})) }
	uncertain := awslambda.NewFunction(stack, jsii.String("Uncertain"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_LATEST(), Handler: jsii.String("index.handler"), Timeout: token(),
		Code: awslambda.Code_FromInline(jsii.String("exports.handler = async () => {};"))})
	busy := function(stack, "Busy", nil)
	queuefanout.New(stack, jsii.String("First"), &queuefanout.Props{Producer: busy, Consumer: good.Consumer})
	queuefanout.New(stack, jsii.String("Second"), &queuefanout.Props{Producer: busy, Consumer: good.Consumer, QueueURLVariable: jsii.String("OTHER_QUEUE_URL")})
	for name, c := range map[string]struct {
		change   func(*queuefanout.Props)
		expected []string
	}{
		"nothing": {func(p *queuefanout.Props) { *p = queuefanout.Props{} }, []string{
			"Test/Orders: Producer: got nothing, expected the function that sends the messages",
			"Consumer: got nothing, expected the function that handles the messages",
		}},
		"all at once": {func(p *queuefanout.Props) {
			p.QueueURLVariable = jsii.String("1ST")
			p.BatchSize = jsii.Number(10_001)
			p.BatchWindow = seconds(301)
			p.MaxConcurrency = jsii.Number(1)
			p.VisibilityTimeout = seconds(43_201)
			p.MaxReceiveCount = jsii.Number(0)
			p.Retention = seconds(59)
			p.OldestMessageAlarm = seconds(0)
			p.RemovalPolicy = awscdk.RemovalPolicy_SNAPSHOT
			p.Without = []queuefanout.Alarm{"Errors"}
		}, []string{
			`QueueURLVariable: got "1ST", expected letters, digits and _`,
			"BatchSize: got 10001, expected a whole number from 1 to 10000",
			"BatchWindow: got 301 s, expected whole seconds from 0 s to 300 s",
			"MaxConcurrency: got 1, expected a whole number from 2 to 1000",
			"VisibilityTimeout: got 43201 s, expected whole seconds from 0 s to 43200 s",
			"MaxReceiveCount: got 0, expected a whole number from 1 to 1000",
			"Retention: got 59 s, expected whole seconds from 60 s to 14 days",
			"OldestMessageAlarm: got 0 s, expected whole seconds from 1 s to 14 days",
			`RemovalPolicy: got "SNAPSHOT", expected one of "DESTROY", "RETAIN", "RETAIN_ON_UPDATE_OR_DELETE"`,
			`Without: got "Errors", expected one of "OldestMessage", "DeadLetters"`,
		}},
		"too many": {func(p *queuefanout.Props) {
			p.MaxConcurrency, p.MaxReceiveCount, p.Retention = jsii.Number(1001), jsii.Number(1001), seconds(1_209_601)
		}, []string{"MaxConcurrency: got 1001", "MaxReceiveCount: got 1001", "Retention: got 1209601 s"}},
		"fractions": {func(p *queuefanout.Props) {
			p.BatchSize, p.BatchWindow = jsii.Number(1.5), awscdk.Duration_Millis(jsii.Number(500))
		}, []string{"BatchSize: got 1.5, expected a whole number", "BatchWindow: got 0.5 s, expected whole seconds"}},
		"a large batch at once": {func(p *queuefanout.Props) { p.BatchSize = jsii.Number(11) },
			[]string{"BatchSize: got 11 without a BatchWindow, expected at most 10, or a window"}},
		"a large batch in no time": {func(p *queuefanout.Props) { p.BatchSize, p.BatchWindow = jsii.Number(11), seconds(0) },
			[]string{"BatchSize: got 11 without a BatchWindow"}},
		"seen again too soon": {func(p *queuefanout.Props) { p.BatchWindow, p.VisibilityTimeout = seconds(10), seconds(369) },
			[]string{"VisibilityTimeout: got 369 s, expected at least 370 s: six times the consumer's timeout plus the BatchWindow"}},
		"gone before it is seen again": {func(p *queuefanout.Props) { p.Retention = seconds(360) },
			[]string{"Retention: got 360 s, expected more than the VisibilityTimeout of 360 s"}},
		"an alarm after the end": {func(p *queuefanout.Props) { p.Retention, p.OldestMessageAlarm = seconds(400), seconds(400) },
			[]string{"OldestMessageAlarm: got 400 s, expected less than the Retention of 400 s"}},
		"tokens": {func(p *queuefanout.Props) {
			p.BatchWindow, p.VisibilityTimeout, p.Retention, p.OldestMessageAlarm = token(), token(), token(), token()
		}, []string{"BatchWindow: got a token", "VisibilityTimeout: got a token", "Retention: got a token", "OldestMessageAlarm: got a token"}},
		"a second queue of one producer": {func(p *queuefanout.Props) { p.Producer = busy },
			[]string{"QueueURLVariable: got QUEUE_URL, which Test/Busy/Function has for another queue, expected another name"}},
		"a timeout that is a token": {func(p *queuefanout.Props) { p.Consumer = uncertain },
			[]string{"Consumer: got a function whose timeout is a token"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(*stack.Node().Children())
			props := *good
			c.change(&props)
			message := synthesis.Panics(t, func() { queuefanout.New(stack, jsii.String("Orders"), &props) })
			for _, expected := range c.expected {
				if !strings.Contains(message, expected) {
					t.Errorf("got %q, expected it to contain %q", message, expected)
				}
			}
			if children := len(*stack.Node().Children()); children != before {
				t.Errorf("got %d more children of the stack, expected none to be created from bad props", children-before)
			}
		})
	}
}
