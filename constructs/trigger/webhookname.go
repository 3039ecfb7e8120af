package trigger

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/rolepolicy"
	"github.com/mapjob/mapjob/constructs/internal/statemachine"
	"github.com/mapjob/mapjob/internal/protocol"
)

const (
	addressDigits = 12 // of a hash of the construct's path
	stackDigits   = 8  // of the UUID in the stack's ID

	// maxReadable is the longest part of a construct's ID in the name of a webhook.
	maxReadable = protocol.MaxWebhookName - addressDigits - stackDigits - 2
)

// notInName matches the characters of an ID that a webhook's name leaves out: those
// that the name of an execution can't have, and runs of hyphens, because two hyphens
// separate the webhook's name from the delivery's ID.
var notInName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// nameOf returns the name of a webhook. The construct's ID makes it readable. The
// address differs in other paths, and the stack's ID in another stack that was made
// from the same template.
func nameOf(this constructs.Construct, id string) *string {
	name := (*this.Node().Addr())[len("c8"):][:addressDigits] + "-" + *ofStack(this)
	readable := notInName.ReplaceAllString(id, "-")
	readable = strings.Trim(readable[:min(len(readable), maxReadable)], "-")
	if readable != "" {
		name = readable + "-" + name
	}
	return &name
}

// ofStack returns the first digits of the UUID in a stack's ID, which is
// arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID.
func ofStack(this constructs.Construct) *string {
	uuid := awscdk.Fn_Select(jsii.Number(2), awscdk.Fn_Split(jsii.String("/"), awscdk.NewScopedAws(this).StackId(), nil))
	return awscdk.Fn_Select(jsii.Number(0), awscdk.Fn_Split(jsii.String("-"), uuid, nil))
}

// grant lets the webhook start executions and read those that it started, to compare
// a delivery that comes again with the first.
//
// If the role is shared, other functions depend on the role's own policy, and the state
// machine may depend on those functions: the permissions, which name the state machine,
// are then in a policy of their own.
func (w *webhook) grant(machine awsstepfunctions.IStateMachine, sharedRole bool) {
	var grantee awsiam.IGrantable = w.function
	var policy awsiam.Policy
	if sharedRole {
		policy = rolepolicy.New(w, "Access", w.function.Role())
		grantee = policy
	}
	machine.GrantStartExecution(grantee)
	grantee.GrantPrincipal().AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("states:DescribeExecution"),
		Resources: &[]*string{awscdk.Stack_Of(w).FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("states"), Resource: jsii.String("execution"),
			ResourceName: jsii.String(*statemachine.Name(machine) + ":" + *w.name + protocol.WebhookSeparator + "*"),
			ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
		})},
	}))
	var granted constructs.IConstruct = policy
	if !sharedRole {
		granted = w.function.Role().Node().FindChild(jsii.String("DefaultPolicy"))
	}
	accepted.Wildcards(granted, "the names of executions end with the IDs of deliveries", protocol.WebhookSeparator+"*")
	if own, ok := machine.(awsstepfunctions.StateMachine); ok {
		w.grantKey(own, grantee)
	}
}

// grantKey lets the webhook read the executions of a state machine that a customer
// managed key encrypts (Step Functions developer guide, "Data at rest encryption").
func (w *webhook) grantKey(machine awsstepfunctions.StateMachine, grantee awsiam.IGrantable) {
	resource := machine.Node().DefaultChild().(awsstepfunctions.CfnStateMachine)
	configuration := resource.EncryptionConfiguration()
	if configuration == nil {
		return
	}
	encryption, _ := awscdk.Stack_Of(w).Resolve(configuration).(map[string]any)
	if key := encryption["kmsKeyId"]; key != nil {
		grantee.GrantPrincipal().AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:    jsii.Strings("kms:Decrypt"),
			Resources:  &[]*string{awscdk.Token_AsString(key, nil)},
			Conditions: &map[string]any{"StringEquals": map[string]any{"kms:EncryptionContext:aws:states:stateMachineArn": machine.StateMachineArn()}},
		}))
	}
}
