package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/loggroup"
)

// newLogs creates the log group of the executions. The beginning of its name
// keeps the account's resource policy for log deliveries from growing with every
// state machine until deliveries stop (Step Functions developer guide, "Using
// CloudWatch Logs to log execution history").
func newLogs(scope constructs.Construct, settings *settings) awslogs.ILogGroup {
	return loggroup.New(scope, jsii.String("Logs"), &loggroup.Props{
		Prefix:        jsii.String("/aws/vendedlogs/states/"),
		Retention:     settings.LogRetention,
		RemovalPolicy: settings.RemovalPolicy,
		EncryptionKey: settings.EncryptionKey,
	})
}

// newRole creates the state machine's role, which may log and trace. The
// permissions of the states are in a policy of their own.
func newRole(scope constructs.Construct) awsiam.Role {
	statement := func(actions ...string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: jsii.Strings("*")})
	}
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Telemetry": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
				statement("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
					"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
				statement("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
			}}),
		},
	})
	accepted.AnyResource(role, "X-Ray's actions and those that set up a log delivery have no resource types "+
		"(Step Functions developer guide, \"Using CloudWatch Logs\" and \"AWS X-Ray\")")
	return role
}

// logAndTrace turns tracing on, and logging if the log may have data. Without
// execution data, Step Functions still logs the cause of every failure, at each
// level but OFF (recorded from AWS), and causes may have data of items.
//
// The props of the state machine would add the permissions, on every resource, to
// the policy of the states, where cdk-nag can't tell them from permissions that
// the app adds.
func logAndTrace(machine awsstepfunctions.StateMachine, logs awslogs.ILogGroup, data bool) {
	resource := machine.Node().DefaultChild().(awsstepfunctions.CfnStateMachine)
	level := "ALL"
	if !data {
		level = "OFF"
		accepted.Finding(machine, "AwsSolutions-SF1", "without LogData no cause of a failure may reach a log, and Step Functions logs causes at each level but OFF")
	}
	resource.SetLoggingConfiguration(&awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty{
		Level:                jsii.String(level),
		IncludeExecutionData: jsii.Bool(data),
		Destinations: &[]any{&awsstepfunctions.CfnStateMachine_LogDestinationProperty{
			CloudWatchLogsLogGroup: &awsstepfunctions.CfnStateMachine_CloudWatchLogsLogGroupProperty{LogGroupArn: logs.LogGroupArn()},
		}},
	})
	resource.SetTracingConfiguration(&awsstepfunctions.CfnStateMachine_TracingConfigurationProperty{Enabled: jsii.Bool(true)})
}

// encrypt encrypts the definition, and the data of executions and children. The
// state machine's role uses the key for the principals that start an execution or
// answer a task token (Step Functions developer guide, "Data at rest encryption").
func encrypt(machine awsstepfunctions.StateMachine, key awskms.IKey) {
	resource := machine.Node().DefaultChild().(awsstepfunctions.CfnStateMachine)
	resource.SetEncryptionConfiguration(&awsstepfunctions.CfnStateMachine_EncryptionConfigurationProperty{
		Type: jsii.String("CUSTOMER_MANAGED_KMS_KEY"), KmsKeyId: key.KeyArn(),
	})
	// The CDK's own statement would name the state machine only, and children
	// have another name.
	machine.AddToRolePolicy(allow(key.KeyArn(), "kms:Decrypt", "kms:GenerateDataKey"))
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("LogDelivery"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("delivery.logs.amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Decrypt"),
		Resources:  jsii.Strings("*"), // in the policy of a key: the key
	}), jsii.Bool(true))
}
