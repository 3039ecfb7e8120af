package main

import (
	"regexp"
	"slices"
	"strings"
)

// acceptance accepts what a check finds.
type acceptance struct {
	check, rule string
	where       string // matches SNAPSHOT: PLACE
	except      string // matches where a prop settles it: there it is a fault
	reason      string
}

// What a test creates around a construct, and what an app has beside constructs.
const (
	forms    = `test/soak/forms \w+: `
	ours     = `^(constructs/gofunction|constructs/internal/loggroup) everything: ` // every prop of these is set
	examples = `^examples\S* \w+: `
	testApps = `^test/(script/(estate|faulty)|consumer/testdata/shop) [\w.]+: ` // never deployed to AWS
	noMapjob = `^examples/sfntest Shop: Shop/`                                  // the constructs of the CDK alone
)

// accepted lists what is accepted. The AwsSolutions findings that apps would see are
// accepted on the resources instead.
var accepted = slices.Concat(ofConstructs, ofExamples, ofTestApps)

// ofConstructs are those of constructs, wherever they are.
var ofConstructs = []acceptance{
	{"cloudformation-validate", "W3005", `\.DependsOn`, "",
		"the CDK writes dependencies on all policies of a role, and ignores the rule itself"},
	{"cfn-lint", "W3005", `\.DependsOn`, "",
		"the CDK writes dependencies on all policies of a role"},
	{"asl-validator", "SCHEMA_VALIDATION_FAILED", `/ToleratedFailurePercentage$`, "",
		"the states language takes any number from 0 to 100, asl-validator 4.0.0 whole ones only"},

	{"cdk-nag", "AwsSolutions-S1", `^(constructs/mapjob [\w-]+: Test/Job|(examples|internal/cli|test/script|test/consumer)\S* \S+: \S+)/Results$`, ` everything: `,
		"Results.AccessLogs sets it: whether access is logged, and where, is for the app to say"},
	{"cdk-nag", "AwsSolutions-S1", `^(constructs/trigger object-created-\w+: Test/Drop|` + forms + `\w+/Results)$`, "",
		"a bucket of the test, which is never deployed"},
	{"cdk-nag", "NIST.800.53.R5-S3BucketLoggingEnabled", `/(Results|Drop|In|Archive|Orders)$`, `^constructs/mapjob everything: |^test/\w+ `,
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

// ofExamples are those of what examples have beside the constructs.
var ofExamples = slices.Concat(
	[]acceptance{
		{"cdk-nag", "AwsSolutions-S1", `^examples/howto \w+: \w+/(In|Drop|Archive)$`, "",
			"the bucket stands for one that the app has: whether access is logged, and where, is for the app to say"},
		{"cdk-nag", "AwsSolutions-DDB3", examples + `\w+/(Orders|Charged|Tally|Accounts)$`, "",
			"the table stands for one that the app has: how far back its data can be restored is for the app to say"},
		{"cdk-nag", "NIST.800.53.R5-DynamoDBPITREnabled", examples + `\w+/(Orders|Charged|Tally|Accounts)$`, "",
			"the same as AwsSolutions-DDB3"},
		{"cdk-nag", "AwsSolutions-IAM4", `^examples/howto Keep: Keep/Custom::S3AutoDeleteObjects`, "",
			"the CDK's function that empties the bucket, with the role that the CDK gives it"},
		{"cdk-nag", "AwsSolutions-IAM4", `^examples/python PythonGreetings: PythonGreetings/Worker/ServiceRole$`, "",
			"a function of the CDK, with the role that the CDK gives it: gofunction is for Go"},
		{"cdk-nag", "AwsSolutions-L1", `^examples/python PythonGreetings: PythonGreetings/Worker$`, "",
			"Lambda supports Python 3.13, and more machines have it than the newest one: mapjob run needs it there"},
		{"cdk-nag", "AwsSolutions-IAM5", `^examples/howto Chain: Chain/Both/Role/DefaultPolicy$`, "",
			"the CDK's grant for states that wait for an execution: its name is not known before it starts"},
		{"cdk-nag", "AwsSolutions-SF1", `^examples/howto Chain: Chain/Both$`, "",
			"the example is about two jobs, and has them called by the shortest state machine of the CDK"},
		{"cdk-nag", "AwsSolutions-SF2", `^examples/howto Chain: Chain/Both$`, "",
			"the same as AwsSolutions-SF1"},
	},
	each(`^examples/howto Network: Network/Vpc(/PublicSubnet\d/(Subnet|DefaultRoute))?$`,
		"the network stands for one that the app has: its public subnets are those of the NAT gateways, and functions are in the private ones",
		"AwsSolutions-VPC7", "NIST.800.53.R5-VPCFlowLogsEnabled", "NIST.800.53.R5-VPCDefaultSecurityGroupClosed",
		"NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW", "NIST.800.53.R5-VPCSubnetAutoAssignPublicIpDisabled"),
	each(`^examples/howto \w+: \w+/(In|Drop|Archive)$`,
		"S3 blocks public access to every new bucket itself (S3 user guide, \"Blocking public access to your Amazon S3 storage\")",
		"NIST.800.53.R5-S3BucketPublicReadProhibited", "NIST.800.53.R5-S3BucketPublicWriteProhibited"),
	each(noMapjob,
		"a state machine as people have it before they know mapjob, which the test kit tests: the least that works",
		"AwsSolutions-IAM4", "AwsSolutions-IAM5", "AwsSolutions-SF1", "AwsSolutions-SF2", "AwsSolutions-SNS3", "AwsSolutions-SQS3", "AwsSolutions-SQS4",
		"NIST.800.53.R5-SNSEncryptedKMS", "NIST.800.53.R5-DynamoDBAutoScalingEnabled"),
)

// ofTestApps are those of what apps of tests have beside the constructs.
var ofTestApps = slices.Concat(
	[]acceptance{
		{"cfn-lint", "W3010", `^test/script/estate \w+: Resources\.Vpc\w+Subnet`, "",
			"the CDK has no account in which it could look zones up, and writes those of none"},
	},
	each(testApps+`\S+/(Archive|In|Orders)$`, "a bucket of a test, which is never deployed to AWS",
		"AwsSolutions-S1", "AwsSolutions-S10", "NIST.800.53.R5-S3BucketSSLRequestsOnly",
		"NIST.800.53.R5-S3BucketPublicReadProhibited", "NIST.800.53.R5-S3BucketPublicWriteProhibited"),
	each(testApps+`\S+/(Worker|NodeWorker|Image)(/ServiceRole)?$`, "a function of a test, with the runtime that machines have, and the role that the CDK gives it",
		"AwsSolutions-IAM4", "AwsSolutions-L1"),
	each(testApps+`\S+/Custom::CrossRegionExport(Reader|Writer)CustomResourceProvider/Role$`,
		"the CDK's functions for references between regions, with the roles that it gives them",
		"AwsSolutions-IAM4", "AwsSolutions-IAM5"),
	each(testApps+`\S+/Vpc(/PublicSubnet\d/(Subnet|DefaultRoute))?$`, "a network of a test, which is never deployed to AWS",
		"AwsSolutions-VPC7", "NIST.800.53.R5-VPCFlowLogsEnabled", "NIST.800.53.R5-VPCDefaultSecurityGroupClosed",
		"NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW", "NIST.800.53.R5-VPCSubnetAutoAssignPublicIpDisabled"),
)

// each accepts what several rules of cdk-nag find for one reason.
func each(where, reason string, rules ...string) (list []acceptance) {
	for _, rule := range rules {
		list = append(list, acceptance{check: "cdk-nag", rule: rule, where: where, reason: reason})
	}
	return list
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
