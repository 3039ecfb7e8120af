package awscall_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/awscall"
)

func TestCallsOfRequests(t *testing.T) {
	for request, expected := range map[string]string{
		"s3 GET /b/k":                                     "s3:GetObject",
		"s3 GET /b/k/l?versionId=1":                       "s3:GetObject",
		"s3 HEAD /b/k":                                    "s3:HeadObject",
		"s3 HEAD /b":                                      "s3:HeadBucket",
		"s3 GET /b?list-type=2&prefix=a%2F":               "s3:ListObjectsV2",
		"s3 GET /b/?list-type=2":                          "s3:ListObjectsV2",
		"s3 GET /b":                                       "s3:ListObjects",
		"s3 GET /b/k?uploadId=u":                          "s3:ListParts",
		"s3 PUT /b/k?x-id=PutObject":                      "s3:PutObject",
		"s3 PUT /b/k copy":                                "s3:CopyObject",
		"s3 PUT /b/k?partNumber=1&uploadId=u":             "s3:UploadPart",
		"s3 PUT /b/k?partNumber=1&uploadId=u copy":        "s3:UploadPartCopy",
		"s3 POST /b/k?uploads":                            "s3:CreateMultipartUpload",
		"s3 POST /b/k?uploadId=u":                         "s3:CompleteMultipartUpload",
		"s3 POST /b?delete":                               "s3:DeleteObjects",
		"s3 DELETE /b/k":                                  "s3:DeleteObject",
		"s3 DELETE /b/k?uploadId=u":                       "s3:AbortMultipartUpload",
		"s3 PUT /b":                                       "s3:CreateBucket",
		"s3 OPTIONS /b":                                   "s3:OPTIONS",
		"dynamodb POST / DynamoDB_20120810.PutItem":       "dynamodb:PutItem",
		"sqs POST / AmazonSQS.SendMessageBatch":           "sqs:SendMessageBatch",
		"states POST / AWSStepFunctions.SendTaskSuccess":  "states:SendTaskSuccess",
		"sns POST /?Action=Publish":                       "sns:Publish",
		"lambda POST /2015-03-31/functions/f/invocations": "lambda:Invoke",
	} {
		fields := strings.Fields(request)
		r := httptest.NewRequest(fields[1], fields[2], nil)
		if len(fields) == 4 && fields[3] == "copy" {
			r.Header.Set("X-Amz-Copy-Source", "b/other")
		} else if len(fields) == 4 {
			r.Header.Set("X-Amz-Target", fields[3])
		}
		if got := awscall.Of(fields[0], r); got != expected {
			t.Errorf("%s: got %s, expected %s", request, got, expected)
		}
	}
}

func TestWhichCallsWrite(t *testing.T) {
	for call, writes := range map[string]bool{
		"s3:PutObject": true, "s3:CompleteMultipartUpload": true, "s3:UploadPart": true, "s3:DeleteObject": true, "dynamodb:PutItem": true,
		"dynamodb:TransactWriteItems": true, "sqs:SendMessage": true, "states:SendTaskSuccess": true, "lambda:Invoke": true, "sns:Publish": true,
		"s3:GetObject": false, "s3:HeadObject": false, "s3:ListObjectsV2": false, "dynamodb:GetItem": false, "dynamodb:Query": false,
		"dynamodb:BatchGetItem": false, "sqs:ReceiveMessage": false, "states:DescribeExecution": false, "": false,
	} {
		if got := awscall.Writes(call); got != writes {
			t.Errorf("%s: got %v, expected %v", call, got, writes)
		}
	}
}

func TestHowServicesRefuse(t *testing.T) {
	for call, expected := range map[string]string{
		"s3:PutObject":     "SlowDown",
		"dynamodb:PutItem": "ProvisionedThroughputExceededException",
		"lambda:Invoke":    "TooManyRequestsException",
		"sqs:SendMessage":  "RequestThrottled",
		"sns:Publish":      "Throttled",
		"states:Any":       "ThrottlingException",
	} {
		if got := awscall.Throttled(call); got.Code != expected || got.Status < 400 || got.Message == "" {
			t.Errorf("%s: got %+v, expected %s", call, got, expected)
		}
	}
	for service, expected := range map[string]string{
		"lambda": "Lambda.X", "dynamodb": "DynamoDB.X", "aws-sdk:dynamodb": "DynamoDb.X", "aws-sdk:s3": "S3.X", "sqs": "SQS.X", "sns": "SNS.X",
		"aws-sdk:sfn": "Sfn.X", "states": "StepFunctions.X", "events": "EventBridge.X", "": "States.X",
	} {
		if got, cause := (awscall.Refusal{Code: "X", Message: "why"}).TaskError(service); got != expected || cause != "why" {
			t.Errorf("%s: got %s and %s, expected %s", service, got, cause, expected)
		}
	}
	if name, _ := awscall.Lost("lambda"); name != "Lambda.SdkClientException" {
		t.Errorf("got %s, expected the exception of a client", name)
	}
	if got := awscall.Failed("s3:PutObject", "", ""); got.Code != "InternalError" || got.Status != 500 {
		t.Errorf("got %+v, expected S3's own error", got)
	}
	if got := awscall.Failed("dynamodb:PutItem", "ConditionalCheckFailedException", "no"); got.Code != "ConditionalCheckFailedException" || got.Message != "no" || got.Status != 400 {
		t.Errorf("got %+v, expected the error of the fault", got)
	}
}

// The form is that of the protocols: S3 has XML, the others JSON 1.0.
func TestRefusalsAreInTheProtocolOfTheService(t *testing.T) {
	for service, expected := range map[string]string{
		"s3":       "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
		"dynamodb": `{"__type":"ProvisionedThroughputExceededException","message":"The level of`,
	} {
		answer := httptest.NewRecorder()
		awscall.Throttled(service+":Any").Write(answer, service)
		if !strings.Contains(answer.Body.String(), expected) || answer.Code < 400 {
			t.Errorf("got %d %s, expected %s", answer.Code, answer.Body, expected)
		}
	}
}

func TestOfTask(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ service, action, expected string }{
		{"dynamodb", "putItem", "dynamodb:PutItem"},
		{"aws-sdk:s3", "headObject", "s3:HeadObject"},
		{"aws-sdk:sfn", "startExecution", "states:StartExecution"},
		{"states", "startExecution", "states:StartExecution"},
		{"aws-sdk:eventbridge", "putEvents", "events:PutEvents"},
		{"sqs", "", "sqs:"},
	} {
		if got := awscall.OfTask(c.service, c.action); got != c.expected {
			t.Errorf("%s %s: got %s, expected %s", c.service, c.action, got, c.expected)
		}
	}
}
