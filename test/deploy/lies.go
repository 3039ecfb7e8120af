package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/test/deploy/account"
	"github.com/mapjob/mapjob/test/deploy/standin"
	"github.com/mapjob/mapjob/test/moto"
)

// lie is a wrong answer of the account on this machine to what a step asks.
type lie struct {
	step     string
	app      string // map-job by default
	first    bool   // told before the step, not after it
	liar     func() standin.Liar
	expected []string // in the error of the step
}

// seeLies is what surrounds each step on this machine: the step is repeated with lies, and
// must see each of them.
func (c *check) seeLies(local *standin.Account) func(context.Context, step, func() error) error {
	return func(ctx context.Context, s step, do func() error) error {
		told := 0
		tell := func(first bool) error {
			for _, l := range lies {
				if l.first != first || l.step != s.what || s.app != nil && s.app.name != orMapJob(l.app) {
					continue
				}
				local.Lie(l.liar())
				err := do()
				local.Lie(nil)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if problem := unseen(l, err); problem != nil {
					return problem
				}
				told += len(l.expected)
			}
			return nil
		}
		if err := tell(true); err != nil {
			return err
		}
		if s.app != nil && s.app.name == mapJob {
			if err := c.prepare(ctx, local, s); err != nil {
				return err
			}
		}
		err := do()
		local.Lie(nil)
		if err != nil {
			return err
		}
		said := c.said.String()
		if err := tell(false); err != nil {
			return err
		}
		c.said.Reset()
		c.said.WriteString(said)
		if told > 0 {
			c.say("wrong answers of the account that it has seen: %d", told)
		}
		return nil
	}
}

func orMapJob(name string) string {
	if name == "" {
		return mapJob
	}
	return name
}

// unseen fails unless an error is about the lie.
func unseen(l lie, err error) error {
	text := fmt.Sprint(err)
	for _, expected := range l.expected {
		if err == nil || !strings.Contains(text, expected) {
			return fmt.Errorf("the account lied, and this step said %s, expected %q", text, expected)
		}
	}
	return nil
}

// prepare has the account do what one of AWS does, and moto does not, in some steps.
func (c *check) prepare(ctx context.Context, local *standin.Account, s step) error {
	switch s.what {
	case "destroy":
		local.Lie(slowly())
	case "see what stays of":
		local.Lie(once(standin.Say("GetTopicAttributes", 200, topic))) // a deleted one can be seen for a while
	case "delete what stays of":
		bucket := c.states[mapJob].Resources["InvoicingResults6F759930"].PhysicalID
		_, err := c.clients.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("kept"), Body: strings.NewReader("x")})
		return err
	}
	return nil
}

// slowly deletes a stack as AWS does: it can be seen for a while.
func slowly() standin.Liar {
	var seen []byte
	left := 0
	return func(c *standin.Call, honest func()) {
		honest()
		switch {
		case c.About("DeleteStack"):
			left = 1
		case !c.About("DescribeStacks"):
		case left > 0:
			left--
			c.Answer(200, strings.ReplaceAll(string(seen), "_COMPLETE</StackStatus>", "_IN_PROGRESS</StackStatus>"))
		default:
			seen = bytes.Clone(c.Output)
		}
	}
}

// once tells a lie one time.
func once(liar standin.Liar) standin.Liar {
	told := false
	return func(c *standin.Call, honest func()) {
		if told {
			honest()
			return
		}
		liar(c, honest)
		told = c.About("GetTopicAttributes")
	}
}

// refuseAccount expects that credentials of another account are refused.
func refuseAccount(ctx context.Context, local *standin.Account) error {
	local.Lie(standin.Replace("GetCallerIdentity", moto.Account, "210987654321"))
	defer local.Lie(nil)
	_, err := account.Of(ctx, moto.Account)
	return unseen(lie{expected: []string{"got credentials of account 210987654321"}}, err)
}

const (
	stack = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Invoicing</StackName><StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/Invoicing/1</StackId>` +
		`<CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
	topic   = `<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`
	refusal = `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>refused</Message></Error></ErrorResponse>`
)

func always(l standin.Liar) func() standin.Liar { return func() standin.Liar { return l } }

func replace(action, match, by string) func() standin.Liar {
	return always(standin.Replace(action, match, by))
}

// memory is a change of functions.
var memory = standin.Replace("GET /2015-03-31/functions/", `"MemorySize": ?[0-9]+`, `"MemorySize": 99`)

// lies are told one after another. Those about what a stack has are told together: the step
// must see each.
var lies = []lie{
	{step: "see that no stack is there", liar: always(standin.Say("DescribeStacks", 200, stack)), expected: []string{"in account 123456789012, region us-east-1, expected none"}},

	{step: "bootstrap", liar: replace("DescribeStacks", "CREATE_COMPLETE", "ROLLBACK_COMPLETE"), expected: []string{"got stack CDKToolkit in status ROLLBACK_COMPLETE"}},
	{step: "bootstrap", liar: replace("ListStackResources", "<LogicalResourceId>StagingBucket<", "<LogicalResourceId>Other<"), expected: []string{"expected StagingBucket"}},
	{step: "bootstrap", liar: always(standin.Say("HEAD /cdk-hnb659fds-assets", 404, "")), expected: []string{"HeadBucket"}},

	{step: "compare", liar: replace("DescribeStacks", "CREATE_COMPLETE", "ROLLBACK_COMPLETE"), expected: []string{"in status ROLLBACK_COMPLETE, expected CREATE_COMPLETE"}},
	{step: "compare", liar: always(emptyArchive), expected: []string{"got the files map[]"}},
	{step: "compare", app: "queue-fanout", liar: replace("GET /2015-03-31/event-source-mappings/", `"BatchSize": ?[0-9]+`, `"BatchSize": 9999`), expected: []string{"EventSourceMapping.BatchSize"}},
	{step: "compare", liar: always(standin.All(
		standin.Replace("ListStackResources", "<LogicalResourceId>AlertsTopicPolicy[0-9A-F]*<", "<LogicalResourceId>Other<"),
		standin.Replace("ListStackResources", "<ResourceStatus>CREATE_COMPLETE", "<ResourceStatus>CREATE_FAILED"),
		memory,
		standin.Replace("GET /2015-03-31/functions/", `"CodeSha256": ?"[^"]*"`, `"CodeSha256": "x"`),
		standin.Replace("DescribeStateMachine", "StartAt", "StartsAt"),
		standin.Replace("DescribeStateMachine", "loggingConfiguration", "noConfiguration"),
		standin.Replace("GetRole", "lambda.amazonaws.com", "ec2.amazonaws.com"),
		standin.Replace("GetRolePolicy", "dynamodb", "dax"),
		standin.Replace("DescribeTable", `"AttributeType": ?"S"`, `"AttributeType": "N"`),
		standin.Replace("DescribeContinuousBackups", "ENABLED", "DISABLED"),
		standin.Replace("?encryption", "AES256", "aws:kms"),
		standin.Replace("?publicAccessBlock", "(?i)true", "false"),
		standin.Replace("?lifecycle", "<Days>[0-9]+", "<Days>1"),
		standin.Replace("?logging", "<TargetPrefix>", "<TargetPrefix>x"),
		standin.Replace("GetQueueAttributes", "1209600", "60"),
		standin.Replace("GetTopicAttributes", "KmsMasterKeyId", "NoKeyId"),
		standin.Replace("DescribeLogGroups", `"retentionInDays": ?[0-9]+`, `"retentionInDays": 1`),
	)), expected: []string{
		"(AWS::SNS::TopicPolicy): got none, expected one", "got one that is not in the template", "in status CREATE_FAILED",
		"AWS::Lambda::Function.MemorySize", "AWS::Lambda::Function.Code", "StateMachine.DefinitionString", "StateMachine.LoggingConfiguration",
		"Role.AssumeRolePolicyDocument", "Policy.PolicyDocument", "Table.AttributeDefinitions", "Table.PointInTimeRecoverySpecification",
		"Bucket.BucketEncryption", "Bucket.PublicAccessBlockConfiguration", "Bucket.LifecycleConfiguration", "Bucket.LoggingConfiguration",
		"AWS::SQS::Queue.MessageRetentionPeriod", "Topic.KmsMasterKeyId", "LogGroup.RetentionInDays",
	}},

	{step: "diff", liar: always(standin.All(otherTemplate, standin.Say("CreateChangeSet", 400, refusal))), expected: []string{"expected no difference"}},
	{step: "deploy again", liar: always(standin.All(otherTemplate,
		standin.Replace("DescribeChangeSet", "FAILED", "CREATE_COMPLETE"), standin.Replace("DescribeChangeSet", "UNAVAILABLE", "AVAILABLE"),
		standin.Say("ExecuteChangeSet", 200, "<ExecuteChangeSetResponse></ExecuteChangeSetResponse>"))), expected: []string{"expected that it says: no changes"}},
	{step: "compare again", liar: replace("DescribeStacks", "CREATE_COMPLETE", "UPDATE_COMPLETE"), expected: []string{"in status UPDATE_COMPLETE"}},
	{step: "compare again", liar: always(memory), expected: []string{"with the changed resources [\"JobStartFunction"}},

	{step: "validate the definitions", liar: always(standin.Say("ValidateStateMachineDefinition", 200,
		`{"result":"FAIL","diagnostics":[{"severity":"ERROR","code":"X","message":"wrong","location":"/States"}],"truncated":false}`)), expected: []string{"ERROR X at /States: wrong"}},
	{step: "validate the definitions", liar: always(standin.Say("ValidateStateMachineDefinition", 200,
		`{"result":"OK","diagnostics":[{"severity":"WARNING","code":"Y","message":"doubtful","location":"/"}],"truncated":false}`)), expected: []string{"WARNING Y at /: doubtful"}},

	{step: "run", liar: always(standin.All(
		standin.Replace("DescribeExecution", `"SUCCEEDED"`, `"FAILED"`),
		standin.Replace("GetExecutionHistory", `"TaskSucceeded"`, `"TaskTimedOut"`),
		standin.Replace("DescribeMapRun", `"succeeded":[0-9]+`, `"succeeded":1`))),
		expected: []string{"status: got FAILED, expected SUCCEEDED", "TaskTimedOut: got ", "items succeeded: got 1", "children succeeded: got 1"}},

	{step: "diff a change of", liar: replace("DescribeChangeSet", "(?s)<Changes>.*</Changes>", ""), expected: []string{"expected differences"}},
	{step: "compare the change of", liar: replace("DescribeStacks", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"), expected: []string{"expected UPDATE_COMPLETE"}},
	{step: "see what changed in", liar: replace("ListStackResources", "(<PhysicalResourceId>Invoicing-ObserveFailed[^<]*)", "${1}X"), expected: []string{`replaced ["ObserveFailed`}},
	{step: "deploy a broken change of", first: true, liar: replace("DescribeStacks", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"), expected: []string{"expected that CloudFormation refuses"}},
	{step: "compare the broken change of", liar: replace("DescribeStacks", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"), expected: []string{"in status UPDATE_ROLLBACK_FAILED"}},
	{step: "compare the broken change of", liar: always(memory), expected: []string{"with the changed resources"}},
	{step: "compare after it", liar: always(memory), expected: []string{"after the broken change was taken back"}},

	{step: "destroy", first: true, liar: func() standin.Liar { return undeleted("", "DELETE_FAILED") }, expected: []string{"cdk destroy"}},
	{step: "destroy", first: true, liar: func() standin.Liar { return undeleted("arn:", "DELETE_COMPLETE") }, expected: []string{"got stack Invoicing"}},
	{step: "see what stays of", liar: always(standin.Say("GetTopicAttributes", 200, topic)), expected: []string{`got what stays ["AccessLogs8B620ECA" "AlertsTopic`}},
	{step: "see what stays of", liar: always(standin.Say("DescribeTable", 400, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}`)), expected: []string{`expected ["InvoicingResults6F759930"`}},
	{step: "delete what stays of", first: true, liar: always(standin.Say("DELETE /", 403, "")), expected: []string{"deleting "}},
	{step: "see that nothing stays of", liar: always(standin.Say("GetTopicAttributes", 200, topic)), expected: []string{`got what stays ["AlertsTopic`}},
}

// otherTemplate is another one than was deployed.
var otherTemplate = standin.Replace("GetTemplate", "MemorySize", "MemorySizes")

// emptyArchive has assets without files.
func emptyArchive(c *standin.Call, honest func()) {
	honest()
	if strings.HasPrefix(c.Action, "GET /cdk-hnb659fds-assets") && strings.Contains(c.Action, ".zip") {
		var archive bytes.Buffer
		if err := zip.NewWriter(&archive).Close(); err == nil {
			c.Answer(200, archive.String())
		}
	}
}

// undeleted does not delete a stack, and says that it has a status to who asks for a name
// or an ID that begins so.
func undeleted(id, status string) standin.Liar {
	deleted := false
	other := standin.Replace("DescribeStacks", "<StackStatus>[A-Z_]*", "<StackStatus>"+status)
	return func(c *standin.Call, honest func()) {
		switch {
		case c.About("DeleteStack"):
			deleted = true
			c.Answer(200, "<DeleteStackResponse></DeleteStackResponse>")
		case deleted && c.About("DescribeStacks") && strings.HasPrefix(c.Form("StackName"), id):
			other(c, honest)
		default:
			honest()
		}
	}
}
