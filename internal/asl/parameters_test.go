package asl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// task returns a definition of one Task state. The parameters are Parameters in
// JSONPath if they begin with "P:", else Arguments in JSONata.
func task(resource, parameters string) string {
	language, field := "JSONata", "Arguments"
	if rest, ok := strings.CutPrefix(parameters, "P:"); ok {
		language, field, parameters = "JSONPath", "Parameters", rest
	}
	return fmt.Sprintf(`{"QueryLanguage":%q,"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::%s","%s":%s,"End":true}}}`,
		language, resource, field, parameters)
}

// The texts of AWS for unknown and missing fields and resources are those of
// recorded answers; all else is this project's.
func TestWrongParametersAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ resource, parameters, path, message, service string }{
		// Unknown and misspelt fields.
		{"aws-sdk:dynamodb:getItem", `{"TableName":"t","Key":{},"Bogus":1}`, ".Bogus", "got a field that aws-sdk:dynamodb:getItem does not have, expected one of Key, TableName, AttributesToGet",
			`SCHEMA_VALIDATION_FAILED: The field "Bogus" is not supported by Step Functions at /States/T/Arguments`},
		{"aws-sdk:dynamodb:getItem", `P:{"TableName":"t","Key":{},"Bogus":1}`, ".Bogus", "one of Key", `The field "Bogus" is not supported by Step Functions at /States/T/Parameters`},
		{"aws-sdk:dynamodb:getItem", `P:{"TableName":"t","Key":{},"ConsistendRead.$":"$.read"}`, ".ConsistendRead.$", "expected ConsistentRead, or one of", `The field "ConsistendRead" is not`},
		{"aws-sdk:dynamodb:getItem", `{"TableName":"t","Key":{},"consistentRead":true}`, ".consistentRead", "expected ConsistentRead, or one of", `The field "consistentRead" is not`},
		{"aws-sdk:dynamodb:query", `{"TableName":"t","KeyConditionExpresion":"a = :a"}`, ".KeyConditionExpresion", "expected KeyConditionExpression, or", ""},
		{"aws-sdk:dynamodb:getItem", `{"Tablename":"t","TableName":"t","Key":{}}`, ".Tablename", "expected TableName, or one of", ""},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":{"id":{"s":"x"}}}`, ".Item.id.s", "got a field that AttributeValue does not have, expected S, or one of B, BOOL", ""},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":{"id":{"L":[{"M":{"a":{"String":"x"}}}]}}}`, ".Item.id.L[0].M.a.String", "got a field that AttributeValue does not have", ""},
		{"aws-sdk:dynamodb:batchWriteItem", `{"RequestItems":{"t":[{"PutRequests":{"Item":{}}}]}}`, ".RequestItems.t[0].PutRequests", "got a field that WriteRequest does not have, expected PutRequest, or one of DeleteRequest", ""},
		{"aws-sdk:dynamodb:putItem.waitForTaskToken", `{"TableName":"t","Item":{},"TaskToken":"{% $states.context.Task.Token %}"}`, ".TaskToken", "does not have", ""},
		{"aws-sdk:s3:putObject", `{"Bucket":"b","Key":"k","Boddy":"x"}`, ".Boddy", "expected Body, or", ""},
		{"aws-sdk:s3:putObject", `{"Bucket":"b","Key":"k","aCL":"private"}`, ".aCL", "expected ACL, or", ""},
		{"aws-sdk:s3:deleteObjects", `{"Bucket":"b","Delete":{"Objects":[{"Key":"a"},{"Key":"b","Version":"1"}]}}`, ".Delete.Objects[1].Version", "got a field that ObjectIdentifier does not have, expected VersionId, or one of Key, ETag", ""},
		{"aws-sdk:s3:listBuckets", `{"Bucket":"b"}`, ".Bucket", "does not have", ""},
		{"aws-sdk:lambda:invoke", `{"FunctionName":"f","PayLoad":{}}`, ".PayLoad", "expected Payload, or", ""},
		{"aws-sdk:sfn:startExecution", `P:{"StateMachineArn":"m","input.$":"$"}`, ".input.$", "expected Input, or", ""},
		{"aws-sdk:sqs:sendMessage", `{"QueueUrl":"q","MessageBody":"m","MessageAttributes":{"a":{"DataType":"String","Value":"x"}}}`, ".MessageAttributes.a.Value", "got a field that MessageAttributeValue does not have", ""},
		{"aws-sdk:cloudwatchlogs:putLogEvents", `{"LogGroupName":"g","LogStreamName":"s","LogEvents":[{"Timestamp":1,"Message":"m","Level":"INFO"}]}`, ".LogEvents[0].Level", "got a field that InputLogEvent does not have", ""},
		{"aws-sdk:secretsmanager:getSecretValue", `{"SecretId":"s","Version":"v"}`, ".Version", "does not have", ""},
		{"aws-sdk:sts:getCallerIdentity", `{"Account":"1"}`, ".Account", "got a field that aws-sdk:sts:getCallerIdentity does not have, expected none", ""},
		{"dynamodb:getItem", `{"TableName":"t","Key":{},"ConsistentReads":true}`, ".ConsistentReads", "got a field that dynamodb:getItem does not have, expected ConsistentRead, or", `The field "ConsistentReads" is not supported by Step Functions at /States/T/Arguments`},
		{"lambda:invoke.waitForTaskToken", `{"FunctionName":"f","TaskToken":"{% $states.context.Task.Token %}"}`, ".TaskToken", "got a field that lambda:invoke does not have", ""},
		{"sns:publish", `P:{"TopicArn":"t","Message":"m","Topic":"t"}`, ".Topic", "got a field that sns:publish does not have", ""},
		{"events:putEvents", `{"Entries":[{"Source":"s","Detailtype":"t","Detail":{}}]}`, ".Entries[0].Detailtype", "got a field that Event does not have, expected DetailType, or", ""},
		{"states:startExecution.sync:2", `{"StateMachineArn":"m","Inputs":{}}`, ".Inputs", "expected Input, or", ""},
		// Missing fields.
		{"aws-sdk:dynamodb:getItem", `{"Key":{}}`, ".TableName", "got nothing, expected a field that aws-sdk:dynamodb:getItem requires", "SCHEMA_VALIDATION_FAILED: The field 'TableName' is required but was missing at /States/T/Arguments"},
		{"aws-sdk:s3:getObject", `P:{"Bucket.$":"$.bucket"}`, ".Key", "got nothing", "The field 'Key' is required but was missing at /States/T/Parameters"},
		{"aws-sdk:dynamodb:batchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{}}]}}`, ".RequestItems.t[0].PutRequest.Item", "got nothing, expected a field that PutRequest requires", ""},
		{"aws-sdk:cloudformation:createStack", `{"TemplateURL":"u"}`, ".StackName", "got nothing", ""},
		{"aws-sdk:lambda:invoke", `{}`, ".FunctionName", "got nothing", ""},
		{"lambda:invoke", `P:{"Payload.$":"$"}`, ".FunctionName", "got nothing", ""},
		{"sqs:sendMessage", `{"QueueUrl":"q"}`, ".MessageBody", "got nothing", ""},
		{"sns:publish", `{"TopicArn":"t"}`, ".Message", "got nothing", ""},
		{"events:putEvents", `{}`, ".Entries", "got nothing", ""},
		{"ecs:runTask.sync", `{"Cluster":"c"}`, ".TaskDefinition", "got nothing", ""},
		{"glue:startJobRun.sync", `{"Arguments":{}}`, ".JobName", "got nothing", ""},
		// Wrong types.
		{"aws-sdk:dynamodb:getItem", `{"TableName":"t","Key":"id"}`, ".Key", `got "id", expected an object`, ""},
		{"aws-sdk:dynamodb:getItem", `{"TableName":["t"],"Key":{}}`, ".TableName", "got an array, expected a string", ""},
		{"aws-sdk:dynamodb:query", `{"TableName":"t","Limit":{"N":"1"}}`, ".Limit", "got an object, expected a number", ""},
		{"aws-sdk:dynamodb:query", `P:{"TableName":"t","Limit":"$.limit"}`, ".Limit", `got "$.limit", expected a number`, ""},
		{"dynamodb:putItem", `P:{"TableName":"t","Item":{"paid":{"BOOL":"$.paid"}}}`, ".Item.paid.BOOL", `got "$.paid", expected true or false`, ""},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":{"tags":{"SS":"a"}}}`, ".Item.tags.SS", `got "a", expected an array`, ""},
		{"aws-sdk:s3:deleteObjects", `{"Bucket":"b","Delete":[{"Key":"a"}]}`, ".Delete", "got an array, expected an object", ""},
		{"aws-sdk:s3:getObject", `P:"$.object"`, "", `got "$.object", expected an object`, ""},
		{"lambda:invoke", `["f"]`, "", "got an array, expected an object", ""},
		// Resources.
		{"aws-sdk:dynamodb:getItems", `{}`, "Resource", "got the action getItems, which aws-sdk:dynamodb does not have, expected getItem, or one of", "SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::aws-sdk:dynamodb:getItems is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/T/Resource"},
		{"aws-sdk:cloudwatchlogs:CreateLogStream", `{}`, "Resource", "expected createLogStream, or", "is not recognized."},
		{"aws-sdk:DynamoDB:getItem", `{}`, "Resource", "got the service aws-sdk:DynamoDB, expected aws-sdk:dynamodb", "is not recognized."},
		{"aws-sdk:s3:getObject.sync", `{"Bucket":"b","Key":"k"}`, "Resource", "does not support .sync", "is not recognized."},
		{"sqs:receiveMessage", `{}`, "Resource", "which is not optimized", "is not recognized."},
	} {
		_, err := asl.Parse([]byte(task(c.resource, c.parameters)))
		var problems asl.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s %s: got %v, expected problems", c.resource, c.parameters, err)
			continue
		}
		path := "$.States.T.Arguments" + c.path
		switch {
		case c.path == "Resource":
			path = "$.States.T.Resource"
		case strings.HasPrefix(c.parameters, "P:"):
			path = "$.States.T.Parameters" + c.path
		}
		if p := problems[0]; len(problems) > 1 || p.Path != path || !strings.Contains(p.Message, c.message) || !strings.Contains(problems.ServiceText(), c.service) {
			t.Errorf("%s %s:\ngot      %v\n         %s\nexpected %s: %s\n         %s", c.resource, c.parameters, err, problems.ServiceText(), path, c.message, c.service)
		}
	}
}

// The forms are those of public definitions.
func TestParametersThatAWSAcceptsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"aws-sdk:dynamodb:putItem", `P:{"TableName":"t","Item":{"pk":{"S.$":"$.name"},"n":{"N.$":"States.Format('{}', $.n)"}}}`},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":{"a":{"BOOL":true},"b":{"Bool":"{% true %}"},"c":{"NULL":true},"d":{"Nul":true},"e":{"Ss":["x"]},"f":{"SS":["x"]},"g":{"M":{"h":{"L":[{"N":"1"}]}}}}}`},
		{"aws-sdk:dynamodb:putItem", `P:{"TableName":"t","Item.$":"$.item"}`},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":null}`},
		{"aws-sdk:dynamodb:updateItem.waitForTaskToken", `P:{"TableName":"${Table}","Key":"${Key}","UpdateExpression":"SET #t = :t","ExpressionAttributeNames":{"#t":"token"},"ExpressionAttributeValues":{":t":{"S.$":"$$.Task.Token"}}}`},
		{"aws-sdk:dynamodb:query", `{"TableName":"t","KeyConditionExpression":"a = :a","ExpressionAttributeValues":{":a":"{% $states.input.a %}"},"Limit":"10","ScanIndexForward":"false"}`},
		{"aws-sdk:dynamodb:scan", `"{% $states.input %}"`},
		{"aws-sdk:dynamodb:transactWriteItems", `P:{"TransactItems":[{"Put":{"TableName":"t","Item":{"id":{"S":"x"}},"ConditionExpression":"attribute_not_exists(id)"}},{"Delete":{"TableName":"t","Key.$":"$.key"}}]}`},
		{"aws-sdk:dynamodb:transactWriteItems", `P:{"TransactItems.$":"$.writes"}`},
		{"aws-sdk:dynamodb:exportTableToPointInTime", `P:{"TableArn":"a","S3Bucket":"b","S3Prefix.$":"$.prefix","ExportFormat":"ION"}`},
		{"aws-sdk:s3:putObject", `P:{"Bucket":"b","Key.$":"$.key","Body.$":"$","ContentType":"application/json"}`},
		{"aws-sdk:s3:putObject", `{"Bucket":"b","Key":"k","Body":{"any":["JSON"]},"Acl":"private","SseCustomerAlgorithm":"AES256","SsekmsKeyId":"k","ServerSideEncryption":"aws:kms"}`},
		{"aws-sdk:s3:putObject", `{"Bucket":"b","Key":"k","Body":null,"ACL":"private","Metadata":{"any":"name"}}`},
		{"aws-sdk:s3:copyObject", `P:{"Bucket":"b","CopySource.$":"States.Format('{}/{}', $.bucket, $.key)","Key.$":"$.key"}`},
		{"aws-sdk:s3:listObjectsV2", `{"Bucket":"b","Prefix":"cache &/","Delimiter":"/","MaxKeys":1}`},
		{"aws-sdk:s3:putBucketTagging", `{"Bucket":"b","Tagging":{"TagSet":[{"Key":"client","Value":"x"}]}}`},
		{"aws-sdk:s3:listBuckets", `{}`},
		{"aws-sdk:s3:listBuckets.waitForTaskToken", `{}`},
		{"aws-sdk:lambda:invoke", `P:{"FunctionName":"f","Payload":{"input.$":"$"},"InvocationType":"Event"}`},
		{"aws-sdk:lambda:putFunctionConcurrency", `{"FunctionName":"f","ReservedConcurrentExecutions":0}`},
		{"aws-sdk:sfn:startExecution.waitForTaskToken", `P:{"StateMachineArn.$":"$.arn","Input":{"TaskToken.$":"$$.Task.Token","any":[1]}}`},
		{"aws-sdk:sfn:listExecutions", `P:{"StateMachineArn.$":"$$.StateMachine.Id","StatusFilter":"RUNNING"}`},
		{"aws-sdk:sfn:sendTaskSuccess", `P:{"Output":{"done":true},"TaskToken.$":"$.token"}`},
		{"aws-sdk:sfn:stopExecution", `P:{"ExecutionArn.$":"$.arn","Error":"E","Cause.$":"$.cause"}`},
		{"aws-sdk:cloudwatchlogs:putLogEvents", `P:{"LogEvents":[{"Message":"m","Timestamp.$":"$.at"}],"LogGroupName":"g","LogStreamName":"s"}`},
		{"aws-sdk:cloudwatchlogs:startQuery", `P:{"LogGroupName":"g","StartTime.$":"$.start","EndTime":1700000000,"QueryString":"fields @message"}`},
		{"aws-sdk:cloudformation:createStack", `P:{"StackName":"s","TemplateURL.$":"$.url","Capabilities":["CAPABILITY_IAM"],"Parameters":[{"ParameterKey":"Env","ParameterValue.$":"$.env"}],"RoleArn":"r"}`},
		{"aws-sdk:cloudformation:deleteStack", `{"StackName":"s","RoleARN":"r"}`},
		{"aws-sdk:secretsmanager:createSecret", `{"Name":"s","SecretString":{"user":"u"}}`},
		{"aws-sdk:sqs:sendMessage", `P:{"QueueUrl":"q","MessageBody.$":"States.JsonToString($.payload)"}`},
		{"aws-sdk:sqs:purgeQueue", `{"QueueUrl":"q"}`},
		{"aws-sdk:ec2:describeInstances", `{"Bogus":["not known here"]}`},
		{"aws-sdk:sns:publish", `{"anything":1}`},
		{"dynamodb:putItem", `P:{"TableName":"t","Item":{"id":{"S.$":"$.id"},"ok":{"BOOL.$":"$.ok"}},"ReturnValues":"ALL_OLD"}`},
		{"lambda:invoke", `P:{"FunctionName.$":"$.f","LogType":"Tail","Payload.$":"$","Qualifier":"live"}`},
		{"lambda:invoke", `{"FunctionName":"f","Payload":["{% $states.input %}"]}`},
		{"lambda:invoke.waitForTaskToken", `P:{"FunctionName":"f","TaskToken.$":"$$.Task.Token"}`}, // fails when it runs
		{"sqs:sendMessage.waitForTaskToken", `P:{"QueueUrl":"q","MessageBody":{"token.$":"$$.Task.Token"},"MessageAttributes":{"a b":{"DataType":"String","StringValue.$":"$.x"}}}`},
		{"sns:publish", `P:{"TopicArn":"t","Message":{"any":1},"MessageAttributes":{"a":{"DataType":"Binary","BinaryValue.$":"$.b"}},"MessageGroupId":"g","MessageDeduplicationId":"d"}`},
		{"aws-sdk:sqs:createQueue", `P:{"QueueName":"q","Attributes":{"Policy":{"Statement":[]}}}`},
		{"events:putEvents", `P:{"Entries":[{"Detail":{"any.$":"$"},"DetailType":"t","EventBusName":"b","Source":"s","Resources":["r"],"Time.$":"$.time","TraceHeader":"h"}]}`},
		{"states:startExecution.sync", `P:{"StateMachineArn":"m","Input":{"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$":"$$.Execution.Id"},"Name.$":"$.name"}`},
		{"states:startExecution", `{"StateMachineArn":"m","Input":"{% $states.input %}","TraceHeader":"h"}`},
		{"ecs:runTask.sync", `{"TaskDefinition":"t","Cluster":"c","NetworkConfiguration":{"AwsvpcConfiguration":{"Subnets":["s"]}}}`},
		{"glue:startJobRun.sync", `P:{"JobName":"j","Arguments":{"--key.$":"$.key"}}`},
		{"batch:submitJob.sync", `{"JobName":"j","any":1}`},
	} {
		if _, err := asl.Parse([]byte(task(c[0], c[1]))); err != nil {
			t.Errorf("%s %s: got %v, expected no problem", c[0], c[1], err)
		}
	}
}

func TestATaskWithoutParametersIsAccepted(t *testing.T) {
	t.Parallel()
	for _, resource := range []string{"lambda:invoke", "aws-sdk:s3:listBuckets", "aws-sdk:s3:getObject"} {
		definition := strings.Replace(task(resource, "P:{}"), `"Parameters":{},`, "", 1)
		if _, err := asl.Parse([]byte(definition)); err != nil {
			t.Errorf("%s: got %v, expected no problem", resource, err)
		}
	}
}

func TestCredentialsNeedARole(t *testing.T) {
	t.Parallel()
	for credentials, ok := range map[string]bool{`{}`: false, `{"Role":"r"}`: false, `{"RoleArn":"r"}`: true} {
		for _, parameters := range []string{`P:{"FunctionName":"f"}`, `{"FunctionName":"f"}`} {
			definition := strings.Replace(task("lambda:invoke", parameters), `"End"`, `"Credentials":`+credentials+`,"End"`, 1)
			_, err := asl.Parse([]byte(definition))
			var problems asl.Problems
			errors.As(err, &problems)
			const missing = "The field 'RoleArn' is required but was missing at /States/T/Credentials"
			if (err == nil) != ok || !ok && !strings.Contains(problems.ServiceText(), missing) {
				t.Errorf("%s: got %v, expected accepted to be %t, else %s", definition, err, ok, missing)
			}
		}
	}
}

func TestEvaluatedParameters(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"aws-sdk:dynamodb:getItem", `{"TableName":"t","Key":{"id":{"S":"{% x"}}}`, ""},
		{"aws-sdk:dynamodb:putItem", `{"TableName":"t","Item":null}`, ""},
		{"aws-sdk:dynamodb:getItem", `{"TableName":"t","Key":{},"Bogus":1}`, `The field "Bogus" is not supported by Step Functions`},
		{"aws-sdk:dynamodb:getItem", `{"TableName":"${t}","Key":{"id":{"S.$":"$.id"}}}`, `The field "S.$" is not supported by Step Functions`},
		{"aws-sdk:dynamodb:getItem", `{}`, `The field 'Key' is required but was missing, The field 'TableName' is required but was missing`},
		{"lambda:invoke", `{"FunctionName":"f","TaskToken":"t"}`, `The field "TaskToken" is not supported by Step Functions`},
		{"lambda:invoke", `"f"`, `got "f", expected an object`},
		{"aws-sdk:s3:getObject", `{"Bucket":"b","Key":["k"]}`, `The value of the field 'Key' is an array, expected a string`},
		{"aws-sdk:ec2:describeInstances", `{"Bogus":1}`, ""},
	} {
		machine, err := asl.Parse([]byte(task(c[0], `"{% $states.input %}"`)))
		if err != nil {
			t.Fatal(err)
		}
		v, err := value.Parse([]byte(c[1]))
		if err != nil {
			t.Fatal(err)
		}
		if got := machine.State("T").Task.CheckParameters(v); got != c[2] {
			t.Errorf("%s %s: got %q, expected %q", c[0], c[1], got, c[2])
		}
	}
}
