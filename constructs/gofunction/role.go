package gofunction

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
)

// role returns the function's role: the given one, with the function's permissions
// added, or a new one. AWS's managed policies would let it write to every log group
// of the account, and create new ones.
func (p *Props) role(scope constructs.Construct, logs awslogs.ILogGroup) awsiam.IRole {
	statements := p.statements(logs)
	if p.Role == nil {
		role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
			AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
			InlinePolicies: &map[string]awsiam.PolicyDocument{
				"Telemetry": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
			},
		})
		accepted.AnyResource(role, "X-Ray's actions that send traces have no resource types (Service Authorization Reference, \"AWS X-Ray\")")
		if p.Network != nil {
			accepted.AnyResource(role, "Lambda checks that the role may manage network interfaces on every resource (Lambda developer guide, \"Giving Lambda functions access to resources in an Amazon VPC\")")
		}
		return role
	}
	for _, statement := range statements {
		added := *p.Role.AddToPrincipalPolicy(statement).StatementAdded
		// An immutable role says that the statement was added, but has no policy.
		if !added || len(*p.Role.Node().Children()) == 0 {
			awscdk.Annotations_Of(scope).AddWarning(jsii.String("Role: got a role that the CDK can't change, expected it to have what the function needs already: the permissions for its logs, traces and network, and all that the app grants to the function"))
			break
		}
	}
	return p.Role
}

// statements returns the permissions that every function needs.
func (p *Props) statements(logs awslogs.ILogGroup) []awsiam.PolicyStatement {
	statements := []awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("logs:CreateLogStream", "logs:PutLogEvents"),
			Resources: &[]*string{logs.LogGroupArn()},
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
			Resources: jsii.Strings("*"),
		}),
	}
	if p.Network != nil {
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
				"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"),
			Resources: jsii.Strings("*"),
		}))
	}
	return statements
}

// trace turns active tracing on. The function's prop would add the permissions of
// X-Ray, on every resource, to the policy that the app's grants go to.
func trace(function awslambda.Function) {
	function.Node().DefaultChild().(awslambda.CfnFunction).SetTracingConfig(&awslambda.CfnFunction_TracingConfigProperty{
		Mode: jsii.String("Active"),
	})
}
