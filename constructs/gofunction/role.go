package gofunction

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
)

// newRole creates the function's role. AWS's managed policy would let it write to
// every log group of the account, and create new ones.
func newRole(scope constructs.Construct, logs awslogs.ILogGroup) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Telemetry": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
				awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions:   jsii.Strings("logs:CreateLogStream", "logs:PutLogEvents"),
					Resources: &[]*string{logs.LogGroupArn()},
				}),
				awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions:   jsii.Strings("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
					Resources: jsii.Strings("*"),
				}),
			}}),
		},
	})
	accepted.AnyResource(role, "X-Ray's actions that send traces have no resource types (Service Authorization Reference, \"AWS X-Ray\")")
	return role
}

// trace turns active tracing on. The function's prop would add the permissions of
// X-Ray, on every resource, to the policy that the app's grants go to.
func trace(function awslambda.Function) {
	function.Node().DefaultChild().(awslambda.CfnFunction).SetTracingConfig(&awslambda.CfnFunction_TracingConfigProperty{
		Mode: jsii.String("Active"),
	})
}
