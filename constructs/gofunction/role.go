package gofunction

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/rolepolicy"
)

// newRole creates the role of a function. AWS's managed policies would let it write
// to every log group of the account, and create new ones.
func (s *Settings) newRole(scope constructs.Construct, logs awslogs.ILogGroup) awsiam.IRole {
	statements := s.statements(logs)
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Telemetry": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	})
	s.acceptAnyResource(role)
	return role
}

// extendRole lets the given role do what every function does, and returns the policy.
// It returns nil, with a warning, if the CDK can't change the role. The role's own
// policy, which other stacks and functions may share, stays as it is: permissions for
// the logs of a function in it would make cycles of stacks.
func (s *Settings) extendRole(scope constructs.Construct, logs awslogs.ILogGroup) awsiam.Policy {
	policy := rolepolicy.New(scope, "Policy", s.Role, s.statements(logs)...)
	roles := policy.Node().DefaultChild().(awsiam.CfnPolicy).Roles()
	if roles == nil || awscdk.Stack_Of(scope).Resolve(roles) == nil {
		scope.Node().TryRemoveChild(jsii.String("Policy"))
		awscdk.Annotations_Of(scope).AddWarning(jsii.String("Role: got a role that the CDK can't change, expected it to have what the function needs already: the permissions for its logs, traces and network, and all that the app grants to the function"))
		return nil
	}
	s.acceptAnyResource(policy)
	return policy
}

func (s *Settings) acceptAnyResource(roleOrPolicy constructs.IConstruct) {
	accepted.AnyResource(roleOrPolicy, "X-Ray's actions that send traces have no resource types (Service Authorization Reference, \"AWS X-Ray\")")
	if s.Network != nil {
		accepted.AnyResource(roleOrPolicy, "Lambda checks that the role may manage network interfaces on every resource (Lambda developer guide, \"Giving Lambda functions access to resources in an Amazon VPC\")")
	}
}

// statements returns the permissions that every function needs.
func (s *Settings) statements(logs awslogs.ILogGroup) []awsiam.PolicyStatement {
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
	if s.Network != nil {
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
