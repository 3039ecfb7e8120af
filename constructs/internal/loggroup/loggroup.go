// Package loggroup creates CloudWatch log groups that expire, are deleted with their
// stack or stay, and may be encrypted with a given key.
package loggroup

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props are the props of a log group.
type Props struct {
	// Prefix is what the group's name begins with, followed by the names of
	// the stack and of the group in it.
	// Default: CloudFormation generates the name.
	Prefix *string

	// Retention is how long an event is kept.
	// Default: events expire after a month.
	Retention awslogs.RetentionDays

	// RemovalPolicy is what happens to the group when it or the stack is deleted. The
	// name of a group that stays has a part of the stack's ID, so that the stack can
	// be created again.
	// Default: the group is deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the events. The group lets CloudWatch Logs use a
	// key that this app creates; the policy of an imported one has to.
	// Default: a key of CloudWatch Logs encrypts them.
	EncryptionKey awskms.IKey
}

// New creates a log group.
func New(scope constructs.Construct, id *string, props *Props) awslogs.LogGroup {
	if props == nil {
		props = &Props{}
	}
	retention := props.Retention
	if retention == "" {
		retention = awslogs.RetentionDays_ONE_MONTH
	}
	removal := props.RemovalPolicy
	if removal == "" {
		removal = awscdk.RemovalPolicy_DESTROY
	}
	settings := &awslogs.LogGroupProps{Retention: retention, RemovalPolicy: removal}
	if props.Prefix != nil {
		// The stack's name distinguishes two deployments of one app. The rest
		// changes only with the path of the construct.
		inStack := awscdk.Names_UniqueResourceName(scope, &awscdk.UniqueResourceNameOptions{MaxLength: jsii.Number(200), Separator: jsii.String("-")})
		name := *props.Prefix + *awscdk.Aws_STACK_NAME() + "/" + *inStack + "-" + *id
		if removal != awscdk.RemovalPolicy_DESTROY {
			// arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
			name += "-" + *awscdk.Fn_Select(jsii.Number(2), awscdk.Fn_Split(jsii.String("/"), awscdk.Aws_STACK_ID(), nil))
		}
		settings.LogGroupName = &name
	}
	if props.EncryptionKey != nil {
		settings.EncryptionKey = props.EncryptionKey
		letLogsUse(props.EncryptionKey, awscdk.Stack_Of(scope))
	}
	return awslogs.NewLogGroup(scope, id, settings)
}

// letLogsUse lets CloudWatch Logs use a key for the log groups of the account
// (CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS
// KMS"). A permission for one group only would be a cycle of key and group.
func letLogsUse(key awskms.IKey, stack awscdk.Stack) {
	groups := stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("logs"), Resource: jsii.String("log-group"), ResourceName: jsii.String("*"),
		ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("CloudWatchLogs"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+*stack.Region()+".amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
		Resources:  jsii.Strings("*"), // in the policy of a key: the key
		Conditions: &map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": groups}},
	}), jsii.Bool(true))
}
