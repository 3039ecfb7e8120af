// Package loggroup creates CloudWatch log groups that expire, are deleted with
// their stack, and may be encrypted with a given key.
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
	settings := &awslogs.LogGroupProps{Retention: retention, RemovalPolicy: awscdk.RemovalPolicy_DESTROY}
	if props.Prefix != nil {
		// The stack's name distinguishes two deployments of one app. The rest
		// changes only with the path of the construct.
		inStack := awscdk.Names_UniqueResourceName(scope, &awscdk.UniqueResourceNameOptions{MaxLength: jsii.Number(200), Separator: jsii.String("-")})
		settings.LogGroupName = jsii.String(*props.Prefix + *awscdk.Aws_STACK_NAME() + "/" + *inStack + "-" + *id)
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
