package observe_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func machine(stack awscdk.Stack) awsstepfunctions.IStateMachine {
	return awsstepfunctions.StateMachine_FromStateMachineName(stack, jsii.String("Machine"), jsii.String("nightly"))
}

// job is a job of which only the state machine exists.
type job struct {
	machine awsstepfunctions.StateMachine
	name    string
}

func (j job) StateMachine() awsstepfunctions.StateMachine { return j.machine }
func (j job) Name() *string                               { return &j.name }

// newJob creates a job whose state machine has the construct ID id.
func newJob(stack awscdk.Stack, id, name string) observe.Job {
	work := awsstepfunctions.Pass_Jsonata(stack, jsii.String(id+"Work"), nil)
	return job{awsstepfunctions.NewStateMachine(stack, &id, &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(work),
	}), name}
}

func everything(stack awscdk.Stack) *observe.Props {
	return &observe.Props{
		Job:             newJob(stack, "Machine", "Invoicing"),
		Topic:           observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{Emails: []string{"night@example.com"}}),
		Without:         []observe.Alarm{observe.AlarmAborted},
		NoSuccessWithin: awscdk.Duration_Hours(jsii.Number(26)),
		FailureRate:     jsii.Number(2.5),
		MapRunBacklog:   jsii.Bool(true),
		Dashboard:       awscloudwatch.NewDashboard(stack, jsii.String("Jobs"), nil),
	}
}

func TestSnapshots(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack) *observe.Props{
		"minimal":    func(s awscdk.Stack) *observe.Props { return &observe.Props{StateMachine: machine(s)} },
		"everything": everything,
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			observe.New(stack, jsii.String("Observe"), props(stack))
			template := synthesis.Reviewed(t, name, stack)
			template.OmitTrust()
			synthesis.Snapshot(t, name, template.Resources)
		})
	}
}

func TestResourceCounts(t *testing.T) {
	for name, c := range map[string]struct {
		props    func(awscdk.Stack) *observe.Props
		expected map[string]int
	}{
		"minimal": {func(s awscdk.Stack) *observe.Props { return &observe.Props{StateMachine: machine(s)} },
			map[string]int{"AWS::CloudWatch::Alarm": 4, "AWS::CloudWatch::Dashboard": 1}},
		"everything": {everything, map[string]int{"AWS::StepFunctions::StateMachine": 1, "AWS::IAM::Role": 1, "AWS::CloudWatch::Alarm": 6, "AWS::CloudWatch::Dashboard": 1,
			"AWS::SNS::Topic": 1, "AWS::SNS::TopicPolicy": 1, "AWS::SNS::Subscription": 1, "AWS::KMS::Key": 1}},
		"no alarm": {func(s awscdk.Stack) *observe.Props {
			return &observe.Props{StateMachine: machine(s), Without: []observe.Alarm{observe.AlarmFailed, observe.AlarmTimedOut, observe.AlarmAborted, observe.AlarmThrottled}}
		}, map[string]int{"AWS::CloudWatch::Dashboard": 1}},
	} {
		stack := synthesis.Stack(t)
		observe.New(stack, jsii.String("Observe"), c.props(stack))
		counts := map[string]int{}
		for _, r := range synthesis.Synthesize(t, stack).Resources {
			counts[r.Type]++
		}
		if !reflect.DeepEqual(counts, c.expected) {
			t.Errorf("%s: got %v, expected %v", name, counts, c.expected)
		}
	}
}

// alarms describes the alarms of a stack, by their IDs.
func alarms(t *testing.T, props func(awscdk.Stack) *observe.Props) map[observe.Alarm]string {
	t.Helper()
	stack := synthesis.Stack(t)
	observer := observe.New(stack, jsii.String("Observe"), props(stack))
	template := synthesis.Synthesize(t, stack)
	found := map[observe.Alarm]string{}
	for kind, alarm := range observer.Alarms() {
		id := stack.Resolve(alarm.AlarmName()).(map[string]any)["Ref"].(string)
		p := template.Resources[id].Properties
		found[kind] = fmt.Sprintf("%s %v %v, %v times, missing %v", measured(p), p["ComparisonOperator"], p["Threshold"],
			p["EvaluationPeriods"], p["TreatMissingData"])
	}
	return found
}

// measured describes what an alarm evaluates: an expression, or metrics with their
// dimensions, without the state machine's.
func measured(p map[string]any) string {
	if p["MetricName"] != nil {
		return fmt.Sprintf("%v of %v %v over %v s", p["Statistic"], p["Namespace"], p["MetricName"], p["Period"])
	}
	var parts []string
	for _, m := range p["Metrics"].([]any) {
		m := m.(map[string]any)
		if m["Expression"] != nil {
			parts = append(parts, fmt.Sprint(m["Expression"]))
			continue
		}
		stat := m["MetricStat"].(map[string]any)
		metric := stat["Metric"].(map[string]any)
		part := fmt.Sprintf("%v of %v %v", stat["Stat"], metric["Namespace"], metric["MetricName"])
		if dimensions, _ := metric["Dimensions"].([]any); len(dimensions) > 0 {
			if d := dimensions[0].(map[string]any); d["Name"] != "StateMachineArn" {
				part += fmt.Sprintf(" of %v %v", d["Name"], d["Value"])
			}
		}
		part += fmt.Sprintf(" over %v s", stat["Period"])
		if m["ReturnData"] == false {
			part = fmt.Sprintf("%v = %s", m["Id"], part)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func TestAlarms(t *testing.T) {
	const atOnce = " over 300 s GreaterThanOrEqualToThreshold 1, 1 times, missing notBreaching"
	expected := map[observe.Alarm]string{
		observe.AlarmFailed:    "Sum of AWS/States ExecutionsFailed" + atOnce,
		observe.AlarmTimedOut:  "Sum of AWS/States ExecutionsTimedOut" + atOnce,
		observe.AlarmThrottled: "SUM([own, children]), children = Sum of AWS/States ExecutionThrottled over 300 s, own = Sum of AWS/States ExecutionThrottled" + atOnce,
		observe.AlarmNoSuccess: "Sum of AWS/States ExecutionsSucceeded over 3600 s LessThanThreshold 1, 26 times, missing breaching",
		observe.AlarmTooManyFailures: "100 * failed / items, failed = Sum of mapjob Failed of Job Invoicing over 300 s, items = Sum of mapjob Items of Job Invoicing over 300 s" +
			" GreaterThanThreshold 2.5, 1 times, missing ignore",
		observe.AlarmMapRunBacklog: "Maximum of AWS/States ApproximateMapRunBacklogSize over 300 s GreaterThanOrEqualToThreshold 1, 3 times, missing notBreaching",
	}
	if got := alarms(t, everything); !reflect.DeepEqual(got, expected) {
		for kind := range got {
			t.Errorf("%s: got %s\nexpected %s", kind, got[kind], expected[kind])
		}
	}
}

func TestNoSuccessUsesValidPeriods(t *testing.T) {
	for hours, expected := range map[float64]string{
		1: "over 300 s LessThanThreshold 1, 12 times", 24: "over 300 s LessThanThreshold 1, 288 times",
		25: "over 3600 s LessThanThreshold 1, 25 times", 168: "over 3600 s LessThanThreshold 1, 168 times",
	} {
		got := alarms(t, func(s awscdk.Stack) *observe.Props {
			return &observe.Props{StateMachine: machine(s), NoSuccessWithin: awscdk.Duration_Hours(&hours)}
		})[observe.AlarmNoSuccess]
		if !strings.Contains(got, expected) {
			t.Errorf("%g hours: got %s, expected %s", hours, got, expected)
		}
	}
}

func TestTopicTakesAlarmsAndRulesOverTLSOnly(t *testing.T) {
	stack := synthesis.Stack(t)
	observe.NewTopic(stack, jsii.String("Alerts"), nil)
	template := synthesis.Synthesize(t, stack)
	if key := template.Only(t, "AWS::SNS::Topic").Properties["KmsMasterKeyId"]; key == nil {
		t.Error("got a topic without a key, expected one")
	}
	policy, _ := json.Marshal(template.Only(t, "AWS::SNS::TopicPolicy").Properties["PolicyDocument"])
	for _, expected := range []string{`"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"`,
		`"Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}},"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"}`} {
		if !strings.Contains(string(policy), expected) {
			t.Errorf("got the topic's policy %s, expected %s in it", policy, expected)
		}
	}
	key, _ := json.Marshal(template.Only(t, "AWS::KMS::Key").Properties["KeyPolicy"])
	if expected := `"Principal":{"Service":["cloudwatch.amazonaws.com","events.amazonaws.com"]}`; !strings.Contains(string(key), expected) {
		t.Errorf("got the key's policy %s, expected %s in it", key, expected)
	}
}

func TestTopicWithAGivenKeyCreatesNone(t *testing.T) {
	stack := synthesis.Stack(t)
	key := awskms.NewKey(stack, jsii.String("Ours"), nil)
	observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{EncryptionKey: key})
	synthesis.Synthesize(t, stack).Only(t, "AWS::KMS::Key")
}

// idWithPrefix returns the logical ID that begins with one text and not with another.
func idWithPrefix(t *testing.T, resources map[string]synthesis.Resource, prefix, not string) string {
	t.Helper()
	for id := range resources {
		if strings.HasPrefix(id, prefix) && !strings.HasPrefix(id, not) {
			return id
		}
	}
	t.Fatalf("got no resource %s, expected one", prefix)
	return ""
}

func TestThrottledStatesOfChildrenCount(t *testing.T) {
	for name, c := range map[string]struct {
		props    func(awscdk.Stack) *observe.Props
		expected bool
	}{
		"of a job":                 {func(s awscdk.Stack) *observe.Props { return &observe.Props{Job: newJob(s, "Machine", "Nightly")} }, true},
		"of another state machine": {func(s awscdk.Stack) *observe.Props { return &observe.Props{StateMachine: machine(s)} }, false},
	} {
		stack := synthesis.Stack(t)
		observe.New(stack, jsii.String("Observe"), c.props(stack))
		alarms := synthesis.Synthesize(t, stack).OfType("AWS::CloudWatch::Alarm")
		text, _ := json.Marshal(alarms[idWithPrefix(t, alarms, "ObserveThrottled", "-")].Properties)
		if got := regexp.MustCompile(`\{"Ref":"Machine[0-9A-F]+"\},"/Map"`).Match(text) && strings.Contains(string(text), "SUM([own, children])"); got != c.expected {
			t.Errorf("%s: got the alarm %s, expected the children's metric in it: %t", name, text, c.expected)
		}
	}
}

func TestEndingsAreNotPublishedTwice(t *testing.T) {
	for name, c := range map[string]struct {
		except   []string
		expected string
	}{
		"no exception": {nil, `"status":["FAILED","ABORTED"]`},
		"two exceptions": {[]string{"MapJob.TooManyFailures", "MapJob.LostItems"},
			`{"$or":[{"status":["ABORTED"]},{"error":[{"anything-but":["MapJob.TooManyFailures","MapJob.LostItems"]},{"exists":false}],"status":["FAILED"]}]`},
	} {
		stack := synthesis.Stack(t)
		topic := observe.NewTopic(stack, jsii.String("Alerts"), nil)
		observe.NewEndings(stack, jsii.String("Endings"), &observe.EndingsProps{StateMachine: machine(stack), Topic: topic, Except: c.except})
		rules := synthesis.Synthesize(t, stack).OfType("AWS::Events::Rule")
		rule := rules[idWithPrefix(t, rules, "Endings", "EndingsTimedOut")]
		pattern, _ := json.Marshal(rule.Properties["EventPattern"].(map[string]any)["detail"])
		if !strings.Contains(string(pattern), c.expected) || !strings.Contains(string(pattern), `stateMachine:nightly`) {
			t.Errorf("%s: got the pattern %s, expected %s for one state machine", name, pattern, c.expected)
		}
		message, _ := json.Marshal(rule.Properties["Targets"].([]any)[0].(map[string]any)["InputTransformer"])
		for _, part := range []string{"$.detail.executionArn", "$.detail.status", "$.detail.error"} {
			if !strings.Contains(string(message), part) {
				t.Errorf("%s: got the message %s, expected it to tell %s", name, message, part)
			}
		}
		timedOut := rules[idWithPrefix(t, rules, "EndingsTimedOut", "-")]
		pattern, _ = json.Marshal(timedOut.Properties["EventPattern"].(map[string]any)["detail"])
		message, _ = json.Marshal(timedOut.Properties["Targets"].([]any)[0].(map[string]any)["InputTransformer"])
		if !strings.Contains(string(pattern), `"status":["TIMED_OUT"]`) || !strings.Contains(string(message), "it took longer than the timeout") || strings.Contains(string(message), "$.detail.error") {
			t.Errorf("%s: got the pattern %s and the message %s, expected a text without the error, which is null", name, pattern, message)
		}
	}
}

func TestNotificationMayPublishToItsTopicOnly(t *testing.T) {
	stack := synthesis.Stack(t)
	topic := observe.NewTopic(stack, jsii.String("Alerts"), nil)
	end := awsstepfunctions.Succeed_Jsonata(stack, jsii.String("End"), nil)
	awsstepfunctions.NewStateMachine(stack, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(observe.Notify(stack, jsii.String("Notify"),
			&observe.NotifyProps{Topic: topic, Job: jsii.String("Nightly"), Ending: observe.JobSucceeded}, end)),
	})
	expected := []string{
		`{"Action":"sns:Publish","Effect":"Allow","Resource":{"Ref":"AlertsTopic"}}`,
		`{"Action":["kms:Decrypt","kms:GenerateDataKey"],"Effect":"Allow","Resource":{"Fn::GetAtt":["AlertsKey","Arn"]}}`,
	}
	got := synthesis.Synthesize(t, stack).Statements("Machine")
	for i, statement := range got {
		got[i] = regexp.MustCompile(`[0-9A-F]{8}"`).ReplaceAllString(statement, `"`)
	}
	slices.Sort(got)
	if !slices.Equal(got, expected) {
		t.Errorf("got %s, expected %s", got, expected)
	}
}

func TestBadProps(t *testing.T) {
	stack := synthesis.Stack(t)
	watched := machine(stack)
	topic := awssns.Topic_FromTopicArn(stack, jsii.String("Topic"), jsii.String("arn:aws:sns:us-east-1:123456789012:alerts"))
	minutes := func(n float64) awscdk.Duration { return awscdk.Duration_Minutes(&n) }
	end := awsstepfunctions.Succeed_Jsonata(stack, jsii.String("End"), nil)
	for name, c := range map[string]struct {
		create   func()
		expected []string
	}{
		"nothing": {func() { observe.New(stack, jsii.String("X"), nil) }, []string{"Test/X: ", "Job, StateMachine: got neither, expected one: the job or the state machine to watch"}},
		"all at once": {func() {
			observe.New(stack, jsii.String("X"), &observe.Props{Without: []observe.Alarm{"Slow", observe.AlarmNoSuccess},
				NoSuccessWithin: minutes(7), FailureRate: jsii.Number(100)})
		}, []string{"Job, StateMachine: got neither, expected one", `Without: got "Slow", expected one of "Failed", "TimedOut", "Aborted", "Throttled"`,
			`Without: got "NoSuccess"`, "NoSuccessWithin: got 420 s, expected 5 minutes to a day in steps of 5 minutes, or whole hours up to seven days",
			"FailureRate: got 100, expected a percentage from 0 to less than 100"}},
		"a job and a state machine": {func() {
			observe.New(stack, jsii.String("X"), &observe.Props{StateMachine: watched, Job: job{name: "Nightly"}})
		}, []string{"StateMachine: got one with a Job, expected one of them"}},
		"too soon": {func() {
			observe.New(stack, jsii.String("X"), &observe.Props{StateMachine: watched, NoSuccessWithin: minutes(1)})
		}, []string{"NoSuccessWithin: got 60 s"}},
		"too late": {func() {
			observe.New(stack, jsii.String("X"), &observe.Props{StateMachine: watched, NoSuccessWithin: minutes(169 * 60)})
		}, []string{"NoSuccessWithin: got 608400 s"}},
		"half hour": {func() {
			observe.New(stack, jsii.String("X"), &observe.Props{StateMachine: watched, NoSuccessWithin: minutes(26*60 + 30)})
		}, []string{"NoSuccessWithin: got 95400 s"}},
		"rate without a job": {func() {
			observe.New(stack, jsii.String("X"), &observe.Props{StateMachine: watched, FailureRate: jsii.Number(-1)})
		}, []string{"FailureRate: got -1, expected", "FailureRate: got a percentage without a Job"}},
		"no notification": {func() { observe.Notify(stack, jsii.String("X"), nil, end) },
			[]string{"Topic: got nothing", "Job: got nothing", `Ending: got "", expected "succeeded", "failed" or "skipped"`}},
		"bad notification": {func() {
			observe.Notify(stack, jsii.String("X"), &observe.NotifyProps{Topic: topic, Job: jsii.String("Rechnungslauf für März"), Ending: "lost",
				Account: jsii.String("{% $account %}"), Cause: jsii.String(" ")}, end)
		}, []string{`Job: got "Rechnungslauf für März", expected 1 to 80 characters of ASCII`, `Ending: got "lost"`,
			`Account: got "{% $account %}", expected a JSONata expression, without {% and %}`, `Cause: got " "`}},
		"topic with an order": {func() {
			fifo := awssns.Topic_FromTopicAttributes(stack, jsii.String("Fifo"), &awssns.TopicAttributes{TopicArn: jsii.String("arn:aws:sns:us-east-1:123456789012:alerts.fifo")})
			defer stack.Node().TryRemoveChild(jsii.String("Fifo"))
			observe.Notify(stack, jsii.String("X"), &observe.NotifyProps{Topic: fifo, Job: jsii.String("Nightly"), Ending: observe.JobFailed}, end)
		}, []string{"Topic: got a FIFO topic, expected a standard topic"}},
		"long name": {func() {
			observe.Notify(stack, jsii.String("X"), &observe.NotifyProps{Topic: topic, Job: jsii.String(strings.Repeat("n", 81)), Ending: observe.JobFailed}, end)
		}, []string{"expected 1 to 80 characters"}},
		"no endings": {func() { observe.NewEndings(stack, jsii.String("X"), nil) }, []string{"StateMachine: got nothing", "Topic: got nothing"}},
		"no error": {func() {
			observe.NewEndings(stack, jsii.String("X"), &observe.EndingsProps{StateMachine: watched, Topic: topic, Except: []string{""}})
		}, []string{"Except: got an empty name"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(*stack.Node().Children())
			message := synthesis.Panics(t, c.create)
			for _, expected := range c.expected {
				if !strings.Contains(message, expected) {
					t.Errorf("got %q, expected it to contain %q", message, expected)
				}
			}
			if len(*stack.Node().Children()) != before {
				t.Error("got a construct in the stack, expected none to be created from bad props")
			}
		})
	}
}

// Two deployments of a job share its name.
func TestTheMetricsOfAJobAreThoseOfItsStateMachine(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Stack"), nil)
	dimensions := func(name string) map[string]*string {
		observer := observe.New(stack, jsii.String("Observe"+name), &observe.Props{Job: newJob(stack, name, "Nightly")})
		got := *observer.Metrics().FailedItems.ToMetricConfig().MetricStat.Dimensions
		found := map[string]*string{}
		for _, d := range got {
			text, _ := json.Marshal(stack.Resolve(d.Value))
			found[*d.Name] = jsii.String(string(text))
		}
		return found
	}
	for _, name := range []string{"NightlyEU", "NightlyUS"} {
		got := dimensions(name)
		if len(got) != 2 || *got["Job"] != `"Nightly"` || !strings.HasPrefix(*got["StateMachine"], `{"Fn::GetAtt":["`+name) {
			t.Errorf("%s: got %v dimensions, Job %v and StateMachine %v", name, len(got), *got["Job"], *got["StateMachine"])
		}
	}
}
