package trigger_test

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/test/synthesis"
)

// hashes matches the hashes at the end of logical IDs.
var hashes = regexp.MustCompile(`[0-9A-F]{8}"`)

func TestMain(m *testing.M) { synthesis.Main(m) }

func seconds(n float64) awscdk.Duration { return awscdk.Duration_Seconds(jsii.Number(n)) }

// machine returns a state machine of another stack, so that the template has only
// what the triggers create.
func machine(stack awscdk.Stack) awsstepfunctions.IStateMachine {
	return awsstepfunctions.StateMachine_FromStateMachineName(stack, jsii.String("Machine"), jsii.String("Job"))
}

func bucket(stack awscdk.Stack) awss3.Bucket {
	return awss3.NewBucket(stack, jsii.String("Drop"), &awss3.BucketProps{BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true)})
}

func queue(stack awscdk.Stack) awssqs.IQueue {
	return awssqs.NewQueue(stack, jsii.String("Lost"), &awssqs.QueueProps{Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: jsii.Bool(true)})
}

func orders() *awsevents.EventPattern {
	return &awsevents.EventPattern{Source: jsii.Strings("shop.orders")}
}

func TestSnapshots(t *testing.T) {
	for name, create := range map[string]func(awscdk.Stack){
		"schedule-minimal": func(s awscdk.Stack) {
			trigger.NewSchedule(s, jsii.String("Nightly"), &trigger.ScheduleProps{StateMachine: machine(s), Expression: jsii.String("rate(1 day)")})
		},
		"schedule-everything": func(s awscdk.Stack) {
			trigger.NewSchedule(s, jsii.String("Nightly"), &trigger.ScheduleProps{
				StateMachine:    machine(s),
				Expression:      jsii.String("cron(0 3 ? * MON-FRI *)"),
				TimeZone:        jsii.String("Europe/Zurich"),
				FlexibleWindow:  awscdk.Duration_Minutes(jsii.Number(15)),
				Input:           map[string]any{"date": "<aws.scheduler.scheduled-time>", "dryRun": false},
				RetryAttempts:   jsii.Number(3),
				MaxEventAge:     awscdk.Duration_Hours(jsii.Number(1)),
				DeadLetterQueue: queue(s),
				EncryptionKey:   awskms.NewKey(s, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)}),
				Enabled:         jsii.Bool(false),
				Description:     jsii.String("invoices at night"),
			})
		},
		"event-minimal": func(s awscdk.Stack) {
			trigger.NewEvent(s, jsii.String("Orders"), &trigger.EventProps{StateMachine: machine(s), Pattern: orders()})
		},
		"event-everything": func(s awscdk.Stack) {
			trigger.NewEvent(s, jsii.String("Orders"), &trigger.EventProps{
				StateMachine:    machine(s),
				Pattern:         orders(),
				EventBus:        awsevents.NewEventBus(s, jsii.String("Bus"), nil),
				Input:           awsevents.RuleTargetInput_FromEventPath(jsii.String("$.detail")),
				AllowControl:    jsii.Bool(true),
				RetryAttempts:   jsii.Number(0),
				MaxEventAge:     seconds(60),
				DeadLetterQueue: queue(s),
				Enabled:         jsii.Bool(false),
				Description:     jsii.String("every order"),
			})
		},
		"object-created-minimal": func(s awscdk.Stack) {
			trigger.NewObjectCreated(s, jsii.String("Dropped"), &trigger.ObjectCreatedProps{StateMachine: machine(s), Bucket: bucket(s)})
		},
		"object-created-everything": func(s awscdk.Stack) {
			trigger.NewObjectCreated(s, jsii.String("Dropped"), &trigger.ObjectCreatedProps{
				StateMachine:    machine(s),
				Bucket:          bucket(s),
				Prefix:          jsii.String(`in*\`),
				Suffix:          jsii.String(".jsonl"),
				Input:           awsevents.RuleTargetInput_FromText(jsii.String("new")),
				RetryAttempts:   jsii.Number(185),
				MaxEventAge:     awscdk.Duration_Days(jsii.Number(1)),
				DeadLetterQueue: queue(s),
				Enabled:         jsii.Bool(false),
				Description:     jsii.String("files of the shop"),
			})
		},
		"event-claim": func(s awscdk.Stack) {
			trigger.NewEvent(s, jsii.String("Orders"), &trigger.EventProps{StateMachine: machine(s), Pattern: orders(), Claim: &trigger.Claim{}})
		},
		"event-claim-everything": func(s awscdk.Stack) {
			trigger.NewEvent(s, jsii.String("Orders"), &trigger.EventProps{StateMachine: machine(s), Pattern: orders(), DeadLetterQueue: queue(s),
				Input: awsevents.RuleTargetInput_FromObject(map[string]any{"order": awsevents.EventField_FromPath(jsii.String("$.detail.id"))}),
				Claim: &trigger.Claim{Members: []string{"$.detail.id", "$.detail.revision-number"}}, RetryAttempts: jsii.Number(3),
				EncryptionKey: awskms.NewKey(s, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})})
		},
		"object-created-claim": func(s awscdk.Stack) {
			trigger.NewObjectCreated(s, jsii.String("Dropped"), &trigger.ObjectCreatedProps{StateMachine: machine(s), Bucket: bucket(s), Claim: &trigger.Claim{}})
		},
		"schedule-claim": func(s awscdk.Stack) {
			trigger.NewSchedule(s, jsii.String("Nightly"), &trigger.ScheduleProps{StateMachine: machine(s), Expression: jsii.String("rate(1 day)"),
				Input: map[string]any{"date": "<aws.scheduler.scheduled-time>"}, Claim: &trigger.Claim{}})
		},
		"webhook-minimal": func(s awscdk.Stack) {
			trigger.NewWebhook(s, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(s)})
		},
		"webhook-standard": func(s awscdk.Stack) {
			trigger.NewWebhook(s, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(s), Authorization: &trigger.StandardWebhooks{}})
		},
		"webhook-hmac": func(s awscdk.Stack) {
			trigger.NewWebhook(s, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(s), Authorization: &trigger.HMAC{}})
		},
		"webhook-everything": func(s awscdk.Stack) {
			trigger.NewWebhook(s, jsii.String("Webhook"), &trigger.WebhookProps{
				StateMachine: machine(s),
				Authorization: &trigger.HMAC{
					Secret:          awssecretsmanager.NewSecret(s, jsii.String("Shared"), nil),
					SignatureHeader: jsii.String("X-Shop-Signature"),
					TimestampHeader: jsii.String("X-Shop-Time"),
					DeliveryID:      trigger.InBody("id"),
				},
				MaxBodyBytes: jsii.Number(65_536),
				AllowControl: jsii.Bool(true),
				Timeout:      seconds(5),
				FunctionSettings: &gofunction.Settings{
					Network: &gofunction.Network{VPC: awsec2.Vpc_FromVpcAttributes(s, jsii.String("VPC"), &awsec2.VpcAttributes{
						VpcId: jsii.String("vpc-00000001"), AvailabilityZones: jsii.Strings("us-east-1a"), PrivateSubnetIds: jsii.Strings("subnet-00000001")})},
					Role: awsiam.NewRole(s, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}),
					Layers: []awslambda.ILayerVersion{awslambda.LayerVersion_FromLayerVersionArn(s, jsii.String("Layer"),
						jsii.String("arn:aws:lambda:us-east-1:123456789012:layer:tools:1"))},
					EphemeralStorageMB: jsii.Number(1024), DeadLetterQueue: queue(s), ReservedConcurrency: jsii.Number(9),
				},
				ReservedConcurrency: jsii.Number(2),
				LogRetention:        awslogs.RetentionDays_ONE_YEAR,
				RemovalPolicy:       awscdk.RemovalPolicy_RETAIN,
				Description:         jsii.String("orders of the shop"),
				EncryptionKey:       awskms.NewKey(s, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)}),
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			create(stack)
			synthesis.Snapshot(t, name, synthesis.Reviewed(t, name, stack).Resources)
		})
	}
}

func TestWhatTriggersKeepStaysIfItIsRetained(t *testing.T) {
	for policy, expected := range map[awscdk.RemovalPolicy]string{"": "Delete", awscdk.RemovalPolicy_RETAIN: "Retain"} {
		stack := synthesis.Stack(t)
		m := machine(stack)
		trigger.NewSchedule(stack, jsii.String("Schedule"), &trigger.ScheduleProps{StateMachine: m, Expression: jsii.String("rate(1 day)"), RemovalPolicy: policy})
		trigger.NewEvent(stack, jsii.String("Event"), &trigger.EventProps{StateMachine: m, Pattern: orders(), RemovalPolicy: policy})
		trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{StateMachine: m,
			Bucket: awss3.Bucket_FromBucketName(stack, jsii.String("Drop"), jsii.String("drop")), RemovalPolicy: policy})
		trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: m, Authorization: &trigger.HMAC{}, RemovalPolicy: policy})
		template := synthesis.Synthesize(t, stack)
		for kind, count := range map[string]int{"AWS::SQS::Queue": 3, "AWS::Logs::LogGroup": 1, "AWS::SecretsManager::Secret": 1} {
			resources := template.OfType(kind)
			if len(resources) != count {
				t.Errorf("got %d resources of type %s, expected %d", len(resources), kind, count)
			}
			for id, resource := range resources {
				if resource.DeletionPolicy != expected {
					t.Errorf("%q: got the deletion policy %s of %s, expected %s", policy, resource.DeletionPolicy, id, expected)
				}
			}
		}
	}
}

func TestWebhooksConcurrencyComesFromTheSettings(t *testing.T) {
	for _, c := range []struct{ own, shared, expected *float64 }{
		{nil, nil, jsii.Number(10)}, {nil, jsii.Number(7), jsii.Number(7)}, {jsii.Number(3), jsii.Number(7), jsii.Number(3)}, {jsii.Number(3), jsii.Number(0), jsii.Number(3)},
	} {
		stack := synthesis.Stack(t)
		trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(stack), ReservedConcurrency: c.own,
			FunctionSettings: &gofunction.Settings{ReservedConcurrency: c.shared}})
		if got := synthesis.Synthesize(t, stack).Only(t, "AWS::Lambda::Function").Properties["ReservedConcurrentExecutions"]; got != *c.expected {
			t.Errorf("got %v, expected %g", got, *c.expected)
		}
	}
}

// one returns a stack with each trigger once.
func one(t *testing.T) awscdk.Stack {
	stack := synthesis.Stack(t)
	m := machine(stack)
	trigger.NewSchedule(stack, jsii.String("Schedule"), &trigger.ScheduleProps{StateMachine: m, Expression: jsii.String("rate(1 day)")})
	trigger.NewEvent(stack, jsii.String("Event"), &trigger.EventProps{StateMachine: m, Pattern: orders()})
	trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{StateMachine: m, Bucket: bucket(stack)})
	trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: m, Authorization: &trigger.HMAC{}})
	trigger.NewWebhook(stack, jsii.String("Internal"), &trigger.WebhookProps{StateMachine: m})
	return stack
}

func TestRolesHaveOnlyNeededPermissions(t *testing.T) {
	template := synthesis.Synthesize(t, one(t))
	const (
		start = `{"Action":"states:StartExecution","Effect":"Allow","Resource":{"Fn::Join":["",` +
			`["arn:",{"Ref":"AWS::Partition"},":states:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":stateMachine:Job"]]}}`
		send = `{"Action":"sqs:SendMessage","Effect":"Allow","Resource":{"Fn::GetAtt":["ScheduleDeadLetters","Arn"]}}`
		read = `{"Action":["secretsmanager:DescribeSecret","secretsmanager:GetSecretValue"],"Condition":{"ForAnyValue:StringEquals":` +
			`{"secretsmanager:VersionStage":["AWSCURRENT","AWSPREVIOUS"]}},"Effect":"Allow","Resource":{"Ref":"WebhookSecret"}}`
	)
	// compare returns the permission to read the executions of a webhook, which is the
	// start of their names.
	compare := func(webhook string) string {
		machine := strings.Split(start, `"Resource":`)[1]
		return `{"Action":"states:DescribeExecution","Effect":"Allow","Resource":{"Fn::Join":["",` +
			`["arn:",{"Ref":"AWS::Partition"},":states:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":execution:",` +
			`{"Fn::Select":[6,{"Fn::Split":[":",` + strings.TrimSuffix(machine, "}") + `]}]},":` + webhook + `-",` +
			`{"Fn::Select":[0,{"Fn::Split":["-",{"Fn::Select":[2,{"Fn::Split":["/",{"Ref":"AWS::StackId"}]}]}]}]},"--*"]]}}`
	}
	for prefix, expected := range map[string][]string{
		"ScheduleRole":     {send, start},
		"EventRole":        {start},
		"ObjectRole":       {start},
		"InternalFunction": {start, compare("Internal-b27891d1216f")},
		"WebhookFunction":  {read, start, compare("Webhook-eaa5e467ae90")},
	} {
		var got []string
		for _, statement := range template.Statements(prefix) {
			got = append(got, hashes.ReplaceAllString(statement, `"`))
		}
		slices.Sort(got)
		slices.Sort(expected)
		if !slices.Equal(got, expected) {
			t.Errorf("%s: got\n%s\nexpected\n%s", prefix, strings.Join(got, "\n"), strings.Join(expected, "\n"))
		}
	}
	for id, role := range template.OfType("AWS::IAM::Role") {
		if strings.Contains(id, "Function") { // what a function may do besides is for package gofunction to say
			continue
		}
		if role.Properties["Policies"] != nil || role.Properties["ManagedPolicyArns"] != nil {
			t.Errorf("%s: got %v, expected no more policies", id, role.Properties)
		}
		trust, _ := json.Marshal(role.Properties["AssumeRolePolicyDocument"])
		if !strings.Contains(string(trust), `"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}`) {
			t.Errorf("%s: got trust %s, expected it to be for this account only", id, trust)
		}
	}
}

func TestDeadLetterQueuesAreEncryptedAndRequireTLS(t *testing.T) {
	template := synthesis.Synthesize(t, one(t))
	queues := template.OfType("AWS::SQS::Queue")
	if len(queues) != 3 {
		t.Errorf("got %d queues, expected one for each trigger but the webhooks", len(queues))
	}
	secured := map[string]bool{}
	for _, policy := range template.OfType("AWS::SQS::QueuePolicy") {
		text, _ := json.Marshal(policy.Properties)
		for id := range queues {
			if strings.Contains(string(text), id) && strings.Contains(string(text), `"aws:SecureTransport":"false"`) {
				secured[id] = true
			}
		}
	}
	for id, queue := range queues {
		if queue.Properties["SqsManagedSseEnabled"] != true || !secured[id] {
			t.Errorf("%s: got %v, secured %t, expected it to be encrypted and to refuse what comes without TLS", id, queue.Properties, secured[id])
		}
	}
}

// EventBridge sends dead letters without a role, and needs the queue's permission.
func TestEventBridgeMaySendToTheQueueOfItsRule(t *testing.T) {
	template := synthesis.Synthesize(t, one(t))
	for _, prefix := range []string{"Event", "Object"} {
		found := false
		for id, policy := range template.OfType("AWS::SQS::QueuePolicy") {
			text, _ := json.Marshal(policy.Properties)
			if strings.HasPrefix(id, prefix) && strings.Contains(string(text), `"Service":"events.amazonaws.com"`) && strings.Contains(string(text), prefix+"Rule") {
				found = true
			}
		}
		if !found {
			t.Errorf("%s: got no policy that lets its rule send to the queue, expected one", prefix)
		}
	}
}

func TestEncryptionKeyIsUsedForEverything(t *testing.T) {
	stack := synthesis.Stack(t)
	m, key := machine(stack), awskms.NewKey(stack, jsii.String("Key"), nil)
	trigger.NewSchedule(stack, jsii.String("Schedule"), &trigger.ScheduleProps{StateMachine: m, Expression: jsii.String("rate(1 day)"), EncryptionKey: key})
	trigger.NewEvent(stack, jsii.String("Event"), &trigger.EventProps{StateMachine: m, Pattern: orders(), EncryptionKey: key})
	trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{StateMachine: m, Bucket: bucket(stack), EncryptionKey: key})
	trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: m, Authorization: &trigger.StandardWebhooks{}, EncryptionKey: key})
	template := synthesis.Synthesize(t, stack)
	for kind, property := range map[string]string{"AWS::SQS::Queue": "KmsMasterKeyId", "AWS::Scheduler::Schedule": "KmsKeyArn",
		"AWS::Logs::LogGroup": "KmsKeyId", "AWS::Lambda::Function": "KmsKeyArn", "AWS::SecretsManager::Secret": "KmsKeyId"} {
		for id, resource := range template.OfType(kind) {
			if text, _ := json.Marshal(resource.Properties[property]); !strings.Contains(string(text), `"Fn::GetAtt":["Key`) {
				t.Errorf("%s: got %s %s, expected the key", id, property, text)
			}
		}
	}
	policy, _ := json.Marshal(template.Only(t, "AWS::KMS::Key").Properties["KeyPolicy"])
	const eventBridge = `{"Action":["kms:Decrypt","kms:GenerateDataKey"],"Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}},"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Resource":"*"}`
	if !strings.Contains(string(policy), eventBridge) {
		t.Errorf("got %s, expected EventBridge to be let in", policy)
	}
	for prefix, expected := range map[string]string{"ScheduleRole": `"kms:GenerateDataKey"`, "WebhookFunction": `"kms:Decrypt"`} {
		if statements := strings.Join(template.Statements(prefix), "\n"); !strings.Contains(statements, expected) {
			t.Errorf("%s: got %s, expected %s", prefix, statements, expected)
		}
	}
}

func TestIAMWebhookNeedsAGrant(t *testing.T) {
	stack := synthesis.Stack(t)
	webhook := trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(stack)})
	if webhook.Secret() != nil {
		t.Errorf("got secret %v, expected none", webhook.Secret())
	}
	caller := awsiam.NewRole(stack, jsii.String("Caller"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	webhook.GrantInvoke(caller)
	template := synthesis.Synthesize(t, stack)
	if url := template.Only(t, "AWS::Lambda::Url"); url.Properties["AuthType"] != "AWS_IAM" {
		t.Errorf("got %v, expected AWS_IAM", url.Properties)
	}
	for id, permission := range template.OfType("AWS::Lambda::Permission") {
		if permission.Properties["Principal"] == "*" {
			t.Errorf("%s: got %v, expected no permission for everybody", id, permission.Properties)
		}
	}
	// "Function URLs need both lambda:InvokeFunctionUrl and lambda:InvokeFunction."
	statements := strings.Join(template.Statements("Caller"), "\n")
	for _, action := range []string{`"lambda:InvokeFunctionUrl"`, `"lambda:InvokeFunction"`} {
		if !strings.Contains(statements, action) {
			t.Errorf("got %s, expected the caller to have %s", statements, action)
		}
	}
}

func TestAnybodyMayCallASignedWebhookByBothActions(t *testing.T) {
	stack := synthesis.Stack(t)
	trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(stack), Authorization: &trigger.HMAC{}})
	actions := map[string]bool{}
	for _, permission := range synthesis.Synthesize(t, stack).OfType("AWS::Lambda::Permission") {
		if permission.Properties["Principal"] == "*" {
			actions[fmt.Sprint(permission.Properties["Action"])] = true
		}
	}
	if !actions["lambda:InvokeFunctionUrl"] || !actions["lambda:InvokeFunction"] || len(actions) != 2 {
		t.Errorf("got the actions %v, expected lambda:InvokeFunctionUrl and lambda:InvokeFunction", actions)
	}
}

func TestObjectFilters(t *testing.T) {
	for _, test := range []struct {
		prefix, suffix *string
		expected       string
	}{
		{nil, nil, ""},
		{jsii.String("in/"), nil, `[{"prefix":"in/"}]`},
		{nil, jsii.String(".jsonl"), `[{"suffix":".jsonl"}]`},
		{jsii.String(`a*\`), jsii.String(".jsonl"), `[{"wildcard":"a\\*\\\\*.jsonl"}]`},
	} {
		stack := synthesis.Stack(t)
		trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{
			StateMachine: machine(stack), Bucket: bucket(stack), Prefix: test.prefix, Suffix: test.suffix})
		pattern, _ := synthesis.Synthesize(t, stack).Only(t, "AWS::Events::Rule").Properties["EventPattern"].(map[string]any)
		got := ""
		if object, ok := pattern["detail"].(map[string]any)["object"].(map[string]any); ok {
			text, _ := json.Marshal(object["key"])
			got = string(text)
		}
		if got != test.expected {
			t.Errorf("got %s, expected %s", got, test.expected)
		}
	}
}

func TestBucketSendsEvents(t *testing.T) {
	const config = "NotificationConfiguration"
	stack := synthesis.Stack(t)
	trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{StateMachine: machine(stack), Bucket: bucket(stack)})
	template := synthesis.Synthesize(t, stack)
	if got, _ := json.Marshal(template.Only(t, "AWS::S3::Bucket").Properties[config]); string(got) != `{"EventBridgeConfiguration":{"EventBridgeEnabled":true}}` {
		t.Errorf("got %s, expected events to go to EventBridge", got)
	}
	if functions := template.OfType("AWS::Lambda::Function"); len(functions) != 0 {
		t.Errorf("got %v, expected no function for a property of the bucket", functions)
	}

	// The CDK's function sets the notifications of this bucket.
	stack = synthesis.Stack(t)
	b := bucket(stack)
	b.EnableEventBridgeNotification()
	trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{StateMachine: machine(stack), Bucket: b})
	if got := synthesis.Synthesize(t, stack).Only(t, "AWS::S3::Bucket").Properties[config]; got != nil {
		t.Errorf("got %v, expected the bucket to be left as it is", got)
	}

	// Later notifications overwrite the property.
	stack = synthesis.Stack(t)
	b = bucket(stack)
	m := machine(stack)
	for _, id := range []string{"Object", "Other"} {
		trigger.NewObjectCreated(stack, &id, &trigger.ObjectCreatedProps{StateMachine: m, Bucket: b})
	}
	b.AddObjectRemovedNotification(awss3notifications.NewSqsDestination(awssqs.NewQueue(stack, jsii.String("Removed"), nil)))
	later := synthesis.Synthesize(t, stack).Only(t, "Custom::S3BucketNotifications").Properties[config].(map[string]any)
	if later["QueueConfigurations"] == nil || later["EventBridgeConfiguration"] == nil {
		t.Errorf("got %v, expected the notifications to send events to EventBridge too", later)
	}

	stack = synthesis.Stack(t)
	trigger.NewObjectCreated(stack, jsii.String("Object"), &trigger.ObjectCreatedProps{
		StateMachine: machine(stack), Bucket: awss3.Bucket_FromBucketName(stack, jsii.String("Drop"), jsii.String("drop"))})
	template = synthesis.Synthesize(t, stack)
	if rule, _ := json.Marshal(template.Only(t, "AWS::Events::Rule").Properties["EventPattern"]); !strings.Contains(string(rule), `{"name":["drop"]}`) {
		t.Errorf("got %s, expected the events of the bucket drop", rule)
	}
}

func TestBadPropsAreRefused(t *testing.T) {
	bad := awscdk.Duration_Days(jsii.Number(2))
	for name, test := range map[string]struct {
		create   func(awscdk.Stack)
		expected []string
	}{
		"a schedule of nothing": {
			func(s awscdk.Stack) { trigger.NewSchedule(s, jsii.String("T"), nil) },
			[]string{"Test/T: ", "StateMachine: got nothing, expected the state machine to start", "Expression: got nothing, expected cron(…), rate(…) or at(…)"},
		},
		"a bad schedule": {
			func(s awscdk.Stack) {
				trigger.NewSchedule(s, jsii.String("T"), &trigger.ScheduleProps{
					StateMachine: machine(s), Expression: jsii.String("cron(0 25 * * * *)"), TimeZone: jsii.String("Europe/Zürich"),
					FlexibleWindow: bad, RetryAttempts: jsii.Number(186), MaxEventAge: seconds(59), Input: math.Inf(1),
				})
			},
			[]string{
				`Expression: got "cron(0 25 * * * *)": hours: got "25", expected 0 to 23, a range of them or a list`,
				`got "*" for the day of month and "*" for the day of week, expected ? for exactly one of them`,
				`TimeZone: got "Europe/Zürich", expected a name of the time zone database, such as Europe/Zurich`,
				"FlexibleWindow: got 172800 s, expected whole seconds from 60 s to 86400 s",
				"RetryAttempts: got 186, expected a whole number from 0 to 185",
				"MaxEventAge: got 59 s, expected whole seconds from 60 s to 86400 s",
				"Input: got a value that is not JSON",
			},
		},
		"a rate with a time zone": {
			func(s awscdk.Stack) {
				trigger.NewSchedule(s, jsii.String("T"), &trigger.ScheduleProps{StateMachine: machine(s), Expression: jsii.String("rate(1 day)"), TimeZone: jsii.String("UTC")})
			},
			[]string{`TimeZone: got "UTC", expected nil with a rate, which has no time of day`},
		},
		"a time zone of this machine": {
			func(s awscdk.Stack) {
				trigger.NewSchedule(s, jsii.String("T"), &trigger.ScheduleProps{StateMachine: machine(s), Expression: jsii.String("at(2027-01-31T23:59:00)"), TimeZone: jsii.String("Local")})
			},
			[]string{`TimeZone: got "Local", expected a name of the time zone database`},
		},
		"an event of nothing": {
			func(s awscdk.Stack) { trigger.NewEvent(s, jsii.String("T"), nil) },
			[]string{"StateMachine: got nothing", "Pattern: got nothing, expected at least one member"},
		},
		"a bad event": {
			func(s awscdk.Stack) {
				trigger.NewEvent(s, jsii.String("T"), &trigger.EventProps{StateMachine: machine(s), Pattern: &awsevents.EventPattern{}, RetryAttempts: jsii.Number(1.5), MaxEventAge: bad,
					DeadLetterQueue: queue(s), RemovalPolicy: awscdk.RemovalPolicy_RETAIN, EncryptionKey: awskms.NewKey(s, jsii.String("Key"), nil)})
			},
			[]string{`RemovalPolicy: got "RETAIN" with a DeadLetterQueue, which has its own`, "EncryptionKey: got a key with a DeadLetterQueue",
				"Pattern: got nothing", "RetryAttempts: got 1.5, expected a whole number from 0 to 185", "MaxEventAge: got 172800 s, expected whole seconds from 60 s to 86400 s"},
		},
		"an object of nothing": {
			func(s awscdk.Stack) { trigger.NewObjectCreated(s, jsii.String("T"), nil) },
			[]string{"StateMachine: got nothing", "Bucket: got nothing, expected the bucket of the objects"},
		},
		"a bad object": {
			func(s awscdk.Stack) {
				trigger.NewObjectCreated(s, jsii.String("T"), &trigger.ObjectCreatedProps{StateMachine: machine(s),
					Bucket: awss3.Bucket_FromBucketName(s, jsii.String("B"), jsii.String("bucket")), Prefix: jsii.String(""), Suffix: jsii.String(""), RetryAttempts: jsii.Number(-1), MaxEventAge: bad})
			},
			[]string{"Prefix: got an empty string", "Suffix: got an empty string", "RetryAttempts: got -1", "MaxEventAge: got 172800 s"},
		},
		"a webhook of nothing": {
			func(s awscdk.Stack) { trigger.NewWebhook(s, jsii.String("T"), nil) },
			[]string{"StateMachine: got nothing"},
		},
		"a webhook with headers that are none": {
			func(s awscdk.Stack) {
				trigger.NewWebhook(s, jsii.String("T"), &trigger.WebhookProps{StateMachine: machine(s), Authorization: &trigger.AWSIAM{DeliveryID: trigger.InHeader("X Id")}})
			},
			[]string{`Authorization.DeliveryID: got "X Id", expected the name of a header`},
		},
		"a bad webhook": {
			func(s awscdk.Stack) {
				trigger.NewWebhook(s, jsii.String("T"), &trigger.WebhookProps{StateMachine: machine(s),
					Authorization: &trigger.HMAC{SignatureHeader: jsii.String("X Signature"), DeliveryID: trigger.InHeader("x-timestamp")},
					MaxBodyBytes:  jsii.Number(262_145), Timeout: seconds(1), ReservedConcurrency: jsii.Number(0), RemovalPolicy: awscdk.RemovalPolicy_SNAPSHOT,
					FunctionSettings: &gofunction.Settings{Network: &gofunction.Network{}, EphemeralStorageMB: jsii.Number(1)}})
			},
			[]string{
				`Authorization.SignatureHeader: got "X Signature", expected the name of a header`,
				`Authorization: got the header "x-timestamp" twice, expected different headers`,
				"MaxBodyBytes: got 262145, expected a whole number from 1 to 262144",
				"Timeout: got 1 s, expected whole seconds from 2 s to 30 s",
				"ReservedConcurrency: got 0, expected a whole number from 1 to 100000",
				`RemovalPolicy: got "SNAPSHOT", expected one of`,
				"FunctionSettings.Network.VPC: got nothing", "FunctionSettings.EphemeralStorageMB: got 1, expected",
			},
		},
		"a webhook that answers no request": {
			func(s awscdk.Stack) {
				trigger.NewWebhook(s, jsii.String("T"), &trigger.WebhookProps{StateMachine: machine(s), FunctionSettings: &gofunction.Settings{ReservedConcurrency: jsii.Number(0)}})
			},
			[]string{"FunctionSettings.ReservedConcurrency: got 0, expected 1 or more, or a ReservedConcurrency of the webhook"},
		},
		"a webhook with an ID in no member": {
			func(s awscdk.Stack) {
				trigger.NewWebhook(s, jsii.String("T"), &trigger.WebhookProps{StateMachine: machine(s), Authorization: &trigger.HMAC{DeliveryID: trigger.InBody("")}})
			},
			[]string{"Authorization.DeliveryID: got an empty name, expected a member of the body"},
		},
		"a webhook with an ID in a member that no body can have": {
			func(s awscdk.Stack) {
				trigger.NewWebhook(s, jsii.String("T"), &trigger.WebhookProps{StateMachine: machine(s), Authorization: &trigger.AWSIAM{DeliveryID: trigger.InBody("\xff")}})
			},
			[]string{`Authorization.DeliveryID: got "\xff", expected a member of the body in valid UTF-8`},
		},
	} {
		stack := synthesis.Stack(t)
		message := synthesis.Panics(t, func() { test.create(stack) })
		for _, expected := range test.expected {
			if !strings.Contains(message, expected) {
				t.Errorf("%s: got %q, expected it to contain %q", name, message, expected)
			}
		}
		if stack.Node().TryFindChild(jsii.String("T")) != nil {
			t.Errorf("%s: got a construct, expected none to be created from bad props", name)
		}
	}
}

func TestWebhookRefusesExpressStateMachines(t *testing.T) {
	stack := synthesis.Stack(t)
	express := awsstepfunctions.NewStateMachine(stack, jsii.String("Express"), &awsstepfunctions.StateMachineProps{
		StateMachineType: awsstepfunctions.StateMachineType_EXPRESS,
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.NewPass(stack, jsii.String("Pass"), nil)),
	})
	message := synthesis.Panics(t, func() {
		trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: express})
	})
	if !strings.Contains(message, "StateMachine: got an Express state machine") {
		t.Errorf("got %q, expected it to be refused", message)
	}
}
