package security

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/test/synthesis"
)

// grantAnything adds a permission to a role, as an app might.
func grantAnything(role constructs.IConstruct) {
	role.(awsiam.Role).AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("sqs:*"), Resources: jsii.Strings("*"),
	}))
}

// This text has every permission of every role. A permission that is added, widened
// or removed changes it.
func TestPermissionsOfRoles(t *testing.T) {
	for name, expected := range map[string]string{
		"ByValue": `
JobRole
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  lambda:InvokeFunction on <SummaryFunction.Arn>
  lambda:InvokeFunction on <SummaryFunction.Arn>:*
  lambda:InvokeFunction on <WorkerFunction.Arn>
  lambda:InvokeFunction on <WorkerFunction.Arn>:*
  logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery, xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  s3:AbortMultipartUpload, s3:ListMultipartUploadParts, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/results/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  s3:GetObject on arn:<Partition>:s3:::our-items/*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<JobStateMachine.Name>/Map:*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>:*
  states:RedriveExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>/Map:*
  states:StartExecution on <JobStateMachine>
JobStartRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <JobStartLogs.Arn>
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
SummaryRole
  kms:Decrypt on <Key.Arn>
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <SummaryLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/report/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/results/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
WorkerRole
  kms:Decrypt on <Key.Arn>
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <WorkerLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/outcomes/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
`,
		"Reference": `
JobChunkerRole
  kms:Decrypt on <Key.Arn>
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <JobChunkerLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/chunks/*
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/items-*.jsonl
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
JobRole
  dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem on <Locks.Arn> when ForAllValues:StringEquals dynamodb:LeadingKeys <JobStateMachine>
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  lambda:InvokeFunction on <JobChunkerFunction.Arn>
  lambda:InvokeFunction on <JobChunkerFunction.Arn>:*
  lambda:InvokeFunction on <JobStartFunction.Arn>
  lambda:InvokeFunction on <JobStartFunction.Arn>:*
  lambda:InvokeFunction on <SummaryFunction.Arn>
  lambda:InvokeFunction on <SummaryFunction.Arn>:*
  lambda:InvokeFunction on <WorkerFunction.Arn>
  lambda:InvokeFunction on <WorkerFunction.Arn>:*
  logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery, xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  s3:AbortMultipartUpload, s3:ListMultipartUploadParts, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/results/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  sns:Publish on <AlertsTopic>
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<JobStateMachine.Name>/Map:*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>:*
  states:GetExecutionHistory, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<JobStateMachine.Name>:*
  states:RedriveExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>/Map:*
  states:StartExecution on <JobStateMachine>
JobStartRole
  kms:Decrypt on <Key.Arn>
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <JobStartLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/chunks/*
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/items-*.jsonl
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
SummaryRole
  kms:Decrypt on <Key.Arn>
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <SummaryLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/report/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/outcomes/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/results/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
WorkerRole
  kms:Decrypt on <Key.Arn>
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <WorkerLogs.Arn>
  s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/outcomes/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*/chunks/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/outcomes/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
`,
		"Default": `
JobAccountantRole
  logs:CreateLogStream, logs:PutLogEvents on <JobAccountantLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/report/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/results/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
JobRole
  dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem on <JobLockTable.Arn> when ForAllValues:StringEquals dynamodb:LeadingKeys <JobStateMachine>
  lambda:InvokeFunction on <JobAccountantFunction.Arn>
  lambda:InvokeFunction on <JobAccountantFunction.Arn>:*
  lambda:InvokeFunction on <WorkerFunction.Arn>
  lambda:InvokeFunction on <WorkerFunction.Arn>:*
  logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery, xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  s3:AbortMultipartUpload, s3:ListMultipartUploadParts, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/results/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<JobStateMachine.Name>/Map:*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>:*
  states:GetExecutionHistory on arn:<Partition>:states:<Region>:<AccountId>:execution:<JobStateMachine.Name>:*
  states:RedriveExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>/Map:*
  states:StartExecution on <JobStateMachine>
JobStartRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <JobStartLogs.Arn>
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
SummaryRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <SummaryLogs.Arn>
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
WorkerRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <WorkerLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/outcomes/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
`,
		"Inline": `
JobChunkerRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <JobChunkerLogs.Arn>
  s3:GetObject on arn:<Partition>:s3:::our-results/<JobStateMachine.Name>/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
JobRole
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  lambda:InvokeFunction on <JobChunkerFunction.Arn>
  lambda:InvokeFunction on <JobChunkerFunction.Arn>:*
  lambda:InvokeFunction on <JobStartFunction.Arn>
  lambda:InvokeFunction on <JobStartFunction.Arn>:*
  lambda:InvokeFunction on <SummaryFunction.Arn>
  lambda:InvokeFunction on <SummaryFunction.Arn>:*
  lambda:InvokeFunction on <WorkerFunction.Arn>
  lambda:InvokeFunction on <WorkerFunction.Arn>:*
  logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery, xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  s3:GetObject on arn:<Partition>:s3:::our-results/<JobStateMachine.Name>/*
JobStartRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <JobStartLogs.Arn>
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
SummaryRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <SummaryLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on arn:<Partition>:s3:::our-results/<JobStateMachine.Name>/*/report/*
  s3:GetObject on arn:<Partition>:s3:::our-results/<JobStateMachine.Name>/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
WorkerRole
  kms:Decrypt on <Key.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <WorkerLogs.Arn>
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
`,
		"Shared": `
JobRole
  lambda:InvokeFunction on <JobAccountantFunction.Arn>
  lambda:InvokeFunction on <JobAccountantFunction.Arn>:*
  lambda:InvokeFunction on <JobChunkerFunction.Arn>
  lambda:InvokeFunction on <JobChunkerFunction.Arn>:*
  lambda:InvokeFunction on <WorkerFunction.Arn>
  lambda:InvokeFunction on <WorkerFunction.Arn>:*
  logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery, xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  s3:AbortMultipartUpload, s3:ListMultipartUploadParts, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/results/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<JobStateMachine.Name>/Map:*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>:*
  states:RedriveExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of JobStateMachine>/Map:*
  states:StartExecution on <JobStateMachine>
Ours
  ec2:AssignPrivateIpAddresses, ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:UnassignPrivateIpAddresses, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  ec2:AssignPrivateIpAddresses, ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:UnassignPrivateIpAddresses, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  ec2:AssignPrivateIpAddresses, ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:UnassignPrivateIpAddresses, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  ec2:AssignPrivateIpAddresses, ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:UnassignPrivateIpAddresses, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  logs:CreateLogStream, logs:PutLogEvents on <JobAccountantLogs.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <JobChunkerLogs.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <WebhookFunctionLogs.Arn>
  logs:CreateLogStream, logs:PutLogEvents on <WorkerLogs.Arn>
  s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/outcomes/*
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/chunks/*
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/items-*.jsonl
  s3:AbortMultipartUpload, s3:PutObject on <JobResults.Arn>/<JobStateMachine.Name>/*/report/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*
  s3:GetObject on <JobResults.Arn>/<JobStateMachine.Name>/*/chunks/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/outcomes/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/outcomes/*
  s3:ListBucket on <JobResults.Arn> when StringLike s3:prefix <JobStateMachine.Name>/*/results/*
  secretsmanager:DescribeSecret, secretsmanager:GetSecretValue on <WebhookSecret> when ForAnyValue:StringEquals secretsmanager:VersionStage AWSCURRENT, AWSPREVIOUS
  sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:failures
  states:DescribeExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<JobStateMachine.Name>:Webhook-cd2a457bcff3-<start of name of StackId>--*
  states:StartExecution on <JobStateMachine>
`,
		"Invoicing": `
InvoicingRole
  dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem on <InvoicingLockTable.Arn> when ForAllValues:StringEquals dynamodb:LeadingKeys <InvoicingStateMachine>
  lambda:InvokeFunction on <JobStartFunction.Arn>
  lambda:InvokeFunction on <JobStartFunction.Arn>:*
  lambda:InvokeFunction on <SummaryFunction.Arn>
  lambda:InvokeFunction on <SummaryFunction.Arn>:*
  lambda:InvokeFunction on <WorkerFunction.Arn>
  lambda:InvokeFunction on <WorkerFunction.Arn>:*
  logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery, xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  s3:AbortMultipartUpload, s3:ListMultipartUploadParts, s3:PutObject on <InvoicingResults.Arn>/<InvoicingStateMachine.Name>/*/results/*
  s3:GetObject on <InvoicingResults.Arn>/<InvoicingStateMachine.Name>/*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<InvoicingStateMachine.Name>/Map:*
  states:DescribeExecution, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of InvoicingStateMachine>:*
  states:GetExecutionHistory on arn:<Partition>:states:<Region>:<AccountId>:execution:<InvoicingStateMachine.Name>:*
  states:RedriveExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of InvoicingStateMachine>/Map:*
  states:StartExecution on <InvoicingStateMachine>
JobStartRole
  dynamodb:Query on <Orders.Arn>/index/due
  logs:CreateLogStream, logs:PutLogEvents on <JobStartLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <InvoicingResults.Arn>/<InvoicingStateMachine.Name>/*/items-*.jsonl
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
NightlyRole
  sqs:SendMessage on <NightlyDeadLetters.Arn>
  states:StartExecution on <InvoicingStateMachine>
SummaryRole
  logs:CreateLogStream, logs:PutLogEvents on <SummaryLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <InvoicingResults.Arn>/<InvoicingStateMachine.Name>/*/report/*
  s3:GetObject on <InvoicingResults.Arn>/<InvoicingStateMachine.Name>/*
  s3:ListBucket on <InvoicingResults.Arn> when StringLike s3:prefix <InvoicingStateMachine.Name>/*/results/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
WorkerRole
  logs:CreateLogStream, logs:PutLogEvents on <WorkerLogs.Arn>
  s3:AbortMultipartUpload, s3:PutObject on <InvoicingResults.Arn>/<InvoicingStateMachine.Name>/*/outcomes/*
  s3:PutObject on <Invoices.Arn>/invoices/*
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
`,
		"Lock": `
MachineRole
  dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem on <LockTable.Arn> when ForAllValues:StringEquals dynamodb:LeadingKeys <Machine>
  logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery, xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments on *
  states:GetExecutionHistory, states:StopExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<Machine.Name>:*
`,
		"Triggers": `
ClaimedClaimRole
  sqs:SendMessage on <ClaimedDeadLetters.Arn>
  states:StartExecution on arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly
ClaimedRole
  states:StartExecution on <ClaimedClaimStateMachine>
EventRole
  states:StartExecution on arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly
InternalFunctionRole
  logs:CreateLogStream, logs:PutLogEvents on <InternalFunctionLogs.Arn>
  states:DescribeExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly>:Internal-f9daa4de8133-<start of name of StackId>--*
  states:StartExecution on arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
ObjectRole
  states:StartExecution on arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly
ScheduleRole
  kms:Decrypt, kms:GenerateDataKey on <Key.Arn>
  sqs:SendMessage on <ScheduleDeadLetters.Arn>
  states:StartExecution on arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly
StandardFunctionRole
  logs:CreateLogStream, logs:PutLogEvents on <StandardFunctionLogs.Arn>
  secretsmanager:DescribeSecret, secretsmanager:GetSecretValue on <StandardSecret> when ForAnyValue:StringEquals secretsmanager:VersionStage AWSCURRENT, AWSPREVIOUS
  states:DescribeExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly>:Standard-005ecf3b58a7-<start of name of StackId>--*
  states:StartExecution on arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
WebhookFunctionRole
  logs:CreateLogStream, logs:PutLogEvents on <WebhookFunctionLogs.Arn>
  secretsmanager:DescribeSecret, secretsmanager:GetSecretValue on <WebhookSecret> when ForAnyValue:StringEquals secretsmanager:VersionStage AWSCURRENT, AWSPREVIOUS
  states:DescribeExecution on arn:<Partition>:states:<Region>:<AccountId>:execution:<name of arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly>:Webhook-09261b3b71fe-<start of name of StackId>--*
  states:StartExecution on arn:<Partition>:states:<Region>:<AccountId>:stateMachine:nightly
  xray:PutTelemetryRecords, xray:PutTraceSegments on *
`,
	} {
		t.Run(name, func(t *testing.T) {
			template := synthesis.Synthesize(t, all[name](synthesis.App(t, nil), name))
			if got := "\n" + permissions(t, template); got != expected {
				t.Errorf("got%s\nexpected%s", got, expected)
			}
		})
	}
}

// permissions lists what each role may do: a line for the role, and a line for each
// permission, by name.
func permissions(t *testing.T, template *synthesis.Template) string {
	t.Helper()
	roles := map[string][]string{}
	for id, r := range template.OfType("AWS::IAM::Role") {
		roles[id] = nil
		if managed := r.Properties["ManagedPolicyArns"]; managed != nil {
			roles[id] = append(roles[id], fmt.Sprintf("whatever %v grants", managed))
		}
		policies, _ := r.Properties["Policies"].([]any)
		for _, p := range policies {
			roles[id] = append(roles[id], lines(t, p)...)
		}
	}
	for _, p := range template.OfType("AWS::IAM::Policy") {
		for _, role := range p.Properties["Roles"].([]any) {
			id := role.(map[string]any)["Ref"].(string)
			roles[id] = append(roles[id], lines(t, p.Properties)...)
		}
	}
	var text []string
	for id, granted := range roles {
		slices.Sort(granted)
		text = append(text, readable(id)+"\n  "+strings.Join(granted, "\n  ")+"\n")
	}
	slices.Sort(text)
	return strings.Join(text, "")
}

// lines returns the statements of a policy, a line for each resource.
func lines(t *testing.T, policy any) (list []string) {
	document := policy.(map[string]any)["PolicyDocument"].(map[string]any)
	for _, s := range document["Statement"].([]any) {
		statement := s.(map[string]any)
		if statement["Effect"] != "Allow" {
			t.Errorf("got a statement to %v, expected permissions only", statement["Effect"])
		}
		when := ""
		if condition := statement["Condition"]; condition != nil {
			when = " when " + words(condition)
		}
		var actions []string
		for _, action := range each(statement["Action"]) {
			actions = append(actions, action.(string))
		}
		for _, resource := range each(statement["Resource"]) {
			list = append(list, strings.Join(actions, ", ")+" on "+words(resource)+when)
		}
	}
	return list
}

// each returns the elements of a list, or the only element.
func each(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

// readable returns a logical ID without its hash.
func readable(id string) string { return hash.ReplaceAllString(id, "") }

// words describes a value of a template.
func words(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var list []string
		for _, element := range v {
			list = append(list, words(element))
		}
		return strings.Join(list, ", ")
	case map[string]any:
		for name, of := range v {
			switch name {
			case "Ref":
				return "<" + strings.TrimPrefix(readable(of.(string)), "AWS::") + ">"
			case "Fn::GetAtt":
				at := of.([]any)
				return "<" + readable(at[0].(string)) + "." + at[1].(string) + ">"
			case "Fn::Join":
				var text strings.Builder
				for _, part := range of.([]any)[1].([]any) {
					text.WriteString(words(part))
				}
				return text.String()
			case "Fn::Select": // of an ARN, its last part, or of a UUID the first
				part := "name"
				if of.([]any)[0] == 0.0 {
					part = "start"
				}
				return "<" + part + " of " + strings.Trim(words(of.([]any)[1].(map[string]any)["Fn::Split"].([]any)[1]), "<>") + ">"
			}
		}
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+" "+words(v[name]))
		}
		return strings.Join(parts, " and ")
	}
	return fmt.Sprint(v)
}
