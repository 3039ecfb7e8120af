package awscall

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

// Refusal is how a service refuses a call.
type Refusal struct {
	Code, Message string
	Status        int // of HTTP
}

// Throttled returns how the service of a call refuses one that comes too soon.
func Throttled(call string) Refusal {
	service, _, _ := strings.Cut(call, ":")
	switch service {
	case "lambda":
		return Refusal{"TooManyRequestsException", "Rate Exceeded.", 429}
	case "s3":
		return Refusal{"SlowDown", "Please reduce your request rate.", 503}
	case "dynamodb":
		return Refusal{"ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded. " +
			"Consider increasing your provisioning level with the UpdateTable API.", 400}
	case "sqs":
		return Refusal{"RequestThrottled", "Request is throttled.", 403}
	case "sns":
		return Refusal{"Throttled", "Rate exceeded", 429}
	}
	return Refusal{"ThrottlingException", "Rate exceeded", 400}
}

// Failed returns how the service of a call refuses it with an error. Without a code
// it is the service's error for a failure of its own.
func Failed(call, code, message string) Refusal {
	r := Refusal{code, message, 400}
	if r.Message == "" {
		r.Message = "The error was injected by a fault."
	}
	if r.Code == "" {
		r.Code, r.Status = "InternalServerError", 500
		switch service, _, _ := strings.Cut(call, ":"); service {
		case "s3":
			r.Code = "InternalError"
		case "lambda":
			r.Code = "ServiceException"
		}
	}
	return r
}

// TaskError returns the error that a task of Step Functions has if its service
// refuses it. The service is that of the resource's ARN, such as lambda, dynamodb
// or aws-sdk:s3.
func (r Refusal) TaskError(service string) (name, cause string) {
	return taskErrorPrefix(service) + "." + r.Code, r.Message
}

// Lost returns the error that a task has if the answer of its service does
// not arrive.
func Lost(service string) (name, cause string) {
	return taskErrorPrefix(service) + ".SdkClientException", "Unable to execute HTTP request: The target server failed to respond"
}

func taskErrorPrefix(service string) string {
	switch service {
	case "dynamodb":
		return "DynamoDB"
	case "aws-sdk:dynamodb":
		return "DynamoDb"
	case "sqs", "sns":
		return strings.ToUpper(service)
	case "states":
		return "StepFunctions"
	case "events":
		return "EventBridge"
	}
	name := strings.TrimPrefix(service, "aws-sdk:")
	if name == "" {
		return "States"
	}
	return Operation(name)
}

// Write answers a request of a service with the refusal, in its protocol. The
// service is as for [Of].
func (r Refusal) Write(w http.ResponseWriter, service string) {
	header := w.Header()
	header.Set("X-Amzn-Errortype", r.Code)
	header.Set("X-Amzn-Requestid", "refused")
	if service == "s3" {
		header.Set("Content-Type", "application/xml")
		w.WriteHeader(r.Status)
		_, _ = w.Write([]byte(xml.Header))
		_ = xml.NewEncoder(w).Encode(struct { // the client may have gone
			XMLName       xml.Name `xml:"Error"`
			Code, Message string
		}{Code: r.Code, Message: r.Message})
		return
	}
	header.Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(r.Status)
	_ = json.NewEncoder(w).Encode(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{r.Code, r.Message})
}
