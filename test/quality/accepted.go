package main

import (
	"regexp"
	"strings"
)

// acceptance accepts what a check finds.
type acceptance struct {
	check, rule string
	where       string // matches SNAPSHOT: PLACE
	except      string // matches where a prop settles it: there it is a fault
	reason      string
}

// What a test creates around a construct.
const (
	forms = `test/soak/forms \w+: `
	ours  = `^(constructs/gofunction|constructs/internal/loggroup) everything: ` // every prop of these is set
)

// accepted lists what is accepted. The AwsSolutions findings that apps would see are
// accepted on the resources instead.
var accepted = []acceptance{
	{"cloudformation-validate", "W3005", `\.DependsOn`, "",
		"the CDK writes dependencies on all policies of a role, and ignores the rule itself"},
	{"cfn-lint", "W3005", `\.DependsOn`, "",
		"the CDK writes dependencies on all policies of a role"},
	{"asl-validator", "SCHEMA_VALIDATION_FAILED", `/ToleratedFailurePercentage$`, "",
		"the states language takes any number from 0 to 100, asl-validator 4.0.0 whole ones only"},

	{"cdk-nag", "AwsSolutions-S1", `^constructs/mapjob [\w-]+: Test/Job/Results$`, ` everything: `,
		"Results.AccessLogs sets it: whether access is logged, and where, is for the app to say"},
	{"cdk-nag", "AwsSolutions-S1", `^(constructs/trigger object-created-\w+: Test/Drop|` + forms + `\w+/Results)$`, "",
		"a bucket of the test, which is never deployed"},
	{"cdk-nag", "NIST.800.53.R5-S3BucketLoggingEnabled", `/(Results|Drop)$`, `^constructs/mapjob everything: |^test/\w+ `,
		"the same as AwsSolutions-S1"},
	{"cdk-nag", "AwsSolutions-SF1", `^constructs/(joblock|observe) \w+: Test/(State)?Machine$`, "",
		"the state machine is the test's: the construct is added to one of the app"},
	{"cdk-nag", "AwsSolutions-SF2", `^constructs/(joblock|observe) \w+: Test/(State)?Machine$`, "",
		"the state machine is the test's: the construct is added to one of the app"},
	{"cdk-nag", "AwsSolutions-SMG4", `^constructs/trigger webhook-everything: Test/Shared$`, "",
		"a secret of the test. The one that a webhook creates has the acceptance itself"},
	{"cdk-nag", "AwsSolutions-SQS3", `^constructs/trigger [\w-]+: Test/Lost$`, "",
		"the queue is a dead-letter queue: cdk-nag knows those of queues only"},
	{"cdk-nag", "AwsSolutions-IAM4", `^` + forms, "",
		"functions of the test, with the role that the CDK gives them"},

	{"cdk-nag", "NIST.800.53.R5-IAMNoInlinePolicy", ``, "",
		"a grant of the CDK is an inline policy of the one role that it is for, and goes with it"},
	{"cdk-nag", "NIST.800.53.R5-LambdaConcurrency", ``, ours + `|: Test/Webhook/|functions-with-settings: Test/Job/`,
		"ReservedConcurrency of a function and FunctionSettings of a construct set it: it takes concurrency from the account's other functions"},
	{"cdk-nag", "NIST.800.53.R5-LambdaDLQ", ``, ours + `|webhook-everything: |functions-with-settings: Test/Job/`,
		"DeadLetterQueue and FunctionSettings set it. State machines and webhooks call functions synchronously, where none is used, and an eventhandler sends events to a destination instead"},
	{"cdk-nag", "NIST.800.53.R5-LambdaInsideVPC", ``, ours + `|webhook-everything: |functions-with-settings: Test/Job/`,
		"Network and FunctionSettings set it: which network has what the function needs is for the app to say"},
	{"cdk-nag", "NIST.800.53.R5-CloudWatchLogGroupEncrypted", `/(Logs|LogGroup)$`, ours + `|webhook-everything: |^constructs/mapjob everything: Test/Job/`,
		"CloudWatch Logs encrypts them with its own key. EncryptionKey sets another"},
	{"cdk-nag", "NIST.800.53.R5-S3DefaultEncryptionKMS", ``, `^constructs/mapjob everything: Test/Job/`,
		"S3 encrypts them with its own key. EncryptionKey sets another"},
	{"cdk-nag", "NIST.800.53.R5-S3BucketReplicationEnabled", ``, "",
		"what executions leave behind expires: nobody restores it in another region"},
	{"cdk-nag", "NIST.800.53.R5-S3BucketVersioningEnabled", ``, "",
		"objects of an execution are written once, and expire: versions would keep items for longer than Expiry says"},
	{"cdk-nag", "NIST.800.53.R5-DynamoDBInBackupPlan", ``, "",
		"tables have point-in-time recovery, and a lock of a past moment is of no use. A backup plan chooses tables by tags, which an app sets"},
	{"cdk-nag", "NIST.800.53.R5-CloudWatchAlarmAction", ``, ` everything: `,
		"Topic sets it: an alarm without one is in the dashboard"},
	{"cdk-nag", "NIST.800.53.R5-LambdaFunctionPublicAccessProhibited", `/Function/Function/invoke-function(-url)?$`, "",
		"senders of signed webhooks have no AWS credentials: the function checks the signature. Under AWSIAM the URL is not public"},
	{"cdk-nag", "NIST.800.53.R5-SecretsManagerRotationEnabled", `/(Shared|Secret)$`, "",
		"the sender has the secret too, so that both rotate it together"},
	{"cdk-nag", "NIST.800.53.R5-SecretsManagerUsingKMSKey", `/(Shared|Secret)$`, `webhook-everything: Test/Webhook`,
		"Secrets Manager encrypts it with its own key. EncryptionKey sets another"},
}

// accepting returns the index of the acceptance of a finding, or -1.
func accepting(list []acceptance, f finding) int {
	for i, a := range list {
		if a.check != f.Check || a.rule != f.Rule {
			continue
		}
		at := strings.TrimSpace(f.Snapshot + ": " + f.At)
		if regexp.MustCompile(a.where).MatchString(at) && (a.except == "" || !regexp.MustCompile(a.except).MatchString(at)) {
			return i
		}
	}
	return -1
}
