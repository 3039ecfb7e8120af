package trigger_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/synthesis"
)

// webhooks creates a webhook for each path, such as PartnerA/Webhook.
func webhooks(stack awscdk.Stack, machine awsstepfunctions.IStateMachine, paths ...string) {
	for _, path := range paths {
		var scope constructs.Construct = stack
		ids := strings.Split(path, "/")
		for _, id := range ids[:len(ids)-1] {
			next, ok := scope.Node().TryFindChild(&id).(constructs.Construct)
			if !ok {
				next = constructs.NewConstruct(scope, &id)
			}
			scope = next
		}
		trigger.NewWebhook(scope, &ids[len(ids)-1], &trigger.WebhookProps{StateMachine: machine})
	}
}

// names returns the names of the webhooks of a template, as CloudFormation resolves
// them in a stack whose ID ends in a UUID.
func names(t *testing.T, template *synthesis.Template, uuid string) (list []string) {
	t.Helper()
	for _, function := range template.OfType("AWS::Lambda::Function") {
		variables := function.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
		text, err := json.Marshal(variables[protocol.WebhookName])
		if err != nil {
			t.Fatal(err)
		}
		const inStack = `{"Fn::Select":[0,{"Fn::Split":["-",{"Fn::Select":[2,{"Fn::Split":["/",{"Ref":"AWS::StackId"}]}]}]}]}`
		before, found := strings.CutSuffix(string(text), `",`+inStack+`]]}`)
		name, joined := strings.CutPrefix(before, `{"Fn::Join":["",["`)
		if !found || !joined {
			t.Fatalf("got the name %s, expected a text and a part of the stack's ID", text)
		}
		list = append(list, name+strings.Split(uuid, "-")[0])
	}
	return list
}

// validName is what the function takes, and what begins the name of an execution.
var validName = regexp.MustCompile(`^[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*$`)

func TestWebhooksHaveDifferentNames(t *testing.T) {
	taken := map[string]string{}
	build := func(id, name string) *synthesis.Template {
		stack := awscdk.NewStack(synthesis.App(t, nil), &id, &awscdk.StackProps{StackName: &name})
		webhooks(stack, machine(stack), "PartnerA/Webhook", "PartnerB/Webhook", "Webhook", "Shop EU", "Shop.EU", "Shop-EU", "ShopEU", "é", "ü", "--",
			"PartnerA/Partner/Webhook", strings.Repeat("x", 100), strings.Repeat("x", 101), "A--B", "A-B")
		return synthesis.Synthesize(t, stack)
	}
	template := build("Shop", "shop-eu")
	for from, list := range map[string][]string{
		"one stack":                          names(t, template, "51af3dc0-da77-11e4-872e-1234567b6c7e"),
		"another stack of the template":      names(t, template, "0b1c6f4e-6d0f-4f0e-9a52-6f3b1f1f7f10"),
		"a stack of another name in the app": names(t, build("Shop-US", "shop-us"), "51af3dc0-da77-11e4-872e-1234567b6c7e"),
	} {
		if len(list) != 15 {
			t.Errorf("%s: got %d names, expected 15", from, len(list))
		}
		for _, name := range list {
			if other, ok := taken[name]; ok {
				t.Errorf("got the name %s in %s and in %s, expected different ones", name, from, other)
			}
			taken[name] = from
			if !validName.MatchString(name) || len(name) > protocol.MaxWebhookName {
				t.Errorf("got the name %q, expected at most %d letters, digits, _ and single -", name, protocol.MaxWebhookName)
			}
		}
	}
}

func TestWebhookKeepsItsName(t *testing.T) {
	var before string
	for _, others := range [][]string{nil, {"Other", "PartnerA/Other"}} {
		stack := synthesis.Stack(t)
		m := machine(stack)
		webhook := trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: m})
		webhooks(stack, m, others...)
		text, err := json.Marshal(stack.Resolve(webhook.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if before != "" && string(text) != before {
			t.Errorf("got the name %s beside others, expected %s", text, before)
		}
		before = string(text)
	}
	// The hash of a path is a contract: another one would forget which deliveries came.
	if !strings.Contains(before, `["Webhook-eaa5e467ae90-",`) {
		t.Errorf("got the name %s, expected it to be that of earlier releases", before)
	}
}

func TestSecretOfStandardWebhooksIsForOneWebhook(t *testing.T) {
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:partner-AbCdEf"
	created := func(s constructs.Construct) awssecretsmanager.ISecret {
		return awssecretsmanager.NewSecret(s, jsii.String("Secret"), nil)
	}
	complete := func(arn string) func(constructs.Construct) awssecretsmanager.ISecret {
		return func(s constructs.Construct) awssecretsmanager.ISecret {
			return awssecretsmanager.Secret_FromSecretCompleteArn(s, jsii.String("Secret"), &arn)
		}
	}
	named := func(name string) func(constructs.Construct) awssecretsmanager.ISecret {
		return func(s constructs.Construct) awssecretsmanager.ISecret {
			return awssecretsmanager.Secret_FromSecretNameV2(s, jsii.String("Secret"), &name)
		}
	}
	standard := func(s awssecretsmanager.ISecret) trigger.Authorization { return &trigger.StandardWebhooks{Secret: s} }
	own := func(s awssecretsmanager.ISecret) trigger.Authorization { return &trigger.HMAC{Secret: s} }
	for name, test := range map[string]struct {
		first, second  func(constructs.Construct) awssecretsmanager.ISecret // second is nil for the same construct
		schemes        [2]func(awssecretsmanager.ISecret) trigger.Authorization
		inOtherStack   bool
		expectedToFail bool
	}{
		"one construct":                     {created, nil, [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, false, true},
		"one construct in two stacks":       {created, nil, [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, true, true},
		"Standard Webhooks and HMAC":        {created, nil, [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, own}, false, true},
		"HMAC and Standard Webhooks":        {created, nil, [2]func(awssecretsmanager.ISecret) trigger.Authorization{own, standard}, false, true},
		"one ARN":                           {complete(arn), complete(arn), [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, false, true},
		"one name":                          {named("partner"), named("partner"), [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, true, true},
		"HMAC twice, which signs the names": {created, nil, [2]func(awssecretsmanager.ISecret) trigger.Authorization{own, own}, false, false},
		"two constructs":                    {created, created, [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, false, false},
		"two ARNs":                          {complete(arn), complete(strings.Replace(arn, "partner", "other", 1)), [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, false, false},
		"one name in two regions":           {complete(arn), complete(strings.Replace(arn, "us-east-1", "eu-west-1", 1)), [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, false, false},
		"two names":                         {named("partner"), named("other"), [2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, false, false},
		"each its own": {func(constructs.Construct) awssecretsmanager.ISecret { return nil }, func(constructs.Construct) awssecretsmanager.ISecret { return nil },
			[2]func(awssecretsmanager.ISecret) trigger.Authorization{standard, standard}, false, false},
	} {
		stack := synthesis.Stack(t)
		one, two := constructs.NewConstruct(stack, jsii.String("PartnerA")), constructs.NewConstruct(stack, jsii.String("PartnerB"))
		if test.inOtherStack {
			two = awscdk.NewStack(awscdk.App_Of(stack), jsii.String("Other"), nil)
		}
		secret := test.first(one)
		trigger.NewWebhook(one, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(stack), Authorization: test.schemes[0](secret)})
		if test.second != nil {
			secret = test.second(two)
		}
		add := func() {
			trigger.NewWebhook(two, jsii.String("Webhook"), &trigger.WebhookProps{
				StateMachine:  awsstepfunctions.StateMachine_FromStateMachineName(two, jsii.String("Machine"), jsii.String("Job")),
				Authorization: test.schemes[1](secret)})
		}
		if !test.expectedToFail {
			add()
			continue
		}
		if message := synthesis.Panics(t, add); !strings.Contains(message, "Authorization.Secret: got the secret of Test/PartnerA/Webhook, expected another one") {
			t.Errorf("%s: got %q, expected the secret to be refused", name, message)
		}
	}
}

// The value that the webhook creates has to be base64 of 24 to 64 bytes.
func TestSecretOfStandardWebhooksIsBase64(t *testing.T) {
	stack := synthesis.Stack(t)
	trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: machine(stack), Authorization: &trigger.StandardWebhooks{}})
	generated := synthesis.Synthesize(t, stack).Only(t, "AWS::SecretsManager::Secret").Properties["GenerateSecretString"].(map[string]any)
	length, _ := generated["PasswordLength"].(float64)
	if int(length)%4 != 0 || length < 32 || length > 85 || generated["ExcludePunctuation"] != true || len(generated) != 2 {
		t.Errorf("got %v, expected letters and digits only, in groups of four", generated)
	}
}

func TestWebhookReadsItsOwnExecutionsOnly(t *testing.T) {
	stack := synthesis.Stack(t)
	key := awskms.NewKey(stack, jsii.String("Key"), nil)
	encrypted := awsstepfunctions.NewStateMachine(stack, jsii.String("Encrypted"), &awsstepfunctions.StateMachineProps{
		DefinitionBody:          awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.NewPass(stack, jsii.String("Pass"), nil)),
		EncryptionConfiguration: awsstepfunctions.NewCustomerManagedEncryptionConfiguration(key, nil),
	})
	trigger.NewWebhook(stack, jsii.String("Webhook"), &trigger.WebhookProps{StateMachine: encrypted})
	statements := hashes.ReplaceAllString(strings.Join(synthesis.Synthesize(t, stack).Statements("WebhookFunction"), "\n"), `"`)
	for _, expected := range []string{
		`{"Action":"states:DescribeExecution","Effect":"Allow","Resource":{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":states:",{"Ref":"AWS::Region"},":",` +
			`{"Ref":"AWS::AccountId"},":execution:",{"Fn::GetAtt":["Encrypted","Name"]},":Webhook-eaa5e467ae90-",` +
			`{"Fn::Select":[0,{"Fn::Split":["-",{"Fn::Select":[2,{"Fn::Split":["/",{"Ref":"AWS::StackId"}]}]}]}]},"--*"]]}}`,
		`{"Action":"kms:Decrypt","Condition":{"StringEquals":{"kms:EncryptionContext:aws:states:stateMachineArn":{"Ref":"Encrypted"}}},"Effect":"Allow","Resource":{"Fn::GetAtt":["Key","Arn"]}}`,
	} {
		if !strings.Contains(statements, expected) {
			t.Errorf("got\n%s\nexpected it to have\n%s", statements, expected)
		}
	}
}
