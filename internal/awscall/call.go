// Package awscall says what a request to a service of AWS calls, and how the
// service refuses it.
package awscall

import (
	"net/http"
	"strings"
)

// Of returns what a request to AWS calls, such as s3:PutObject. The service is
// its name in the signature: s3, dynamodb, sqs, lambda, states, sns, events. It does
// not read the body: in the query protocol, the operation must be in the form that
// was parsed, or in the query.
func Of(service string, r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return service + ":" + target[strings.LastIndex(target, ".")+1:]
	}
	switch service {
	case "s3":
		return "s3:" + s3Operation(r)
	case "lambda":
		return "lambda:Invoke"
	}
	form := r.Form
	if form == nil {
		form = r.URL.Query()
	}
	return service + ":" + form.Get("Action")
}

// OfTask returns what a task calls, as [Of] returns it for a client's request. The
// service and the action are those of the task's resource, such as aws-sdk:sfn and
// startExecution.
func OfTask(service, action string) string {
	service = strings.TrimPrefix(service, "aws-sdk:")
	switch service {
	case "sfn":
		service = "states"
	case "eventbridge":
		service = "events"
	}
	return service + ":" + Operation(action)
}

// Operation returns the name of the API operation of a task's action: PutItem of
// putItem.
func Operation(action string) string {
	if action == "" {
		return ""
	}
	return strings.ToUpper(action[:1]) + action[1:]
}

// s3Operation returns the operation of a request to S3, of those that functions
// usually call; for others, it is the method.
func s3Operation(r *http.Request) string {
	query := r.URL.Query()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	object := key != ""
	switch r.Method {
	case http.MethodGet:
		switch {
		case query.Has("uploadId"):
			return "ListParts"
		case object:
			return "GetObject"
		case query.Has("list-type"):
			return "ListObjectsV2"
		}
		return "ListObjects"
	case http.MethodHead:
		if object {
			return "HeadObject"
		}
		return "HeadBucket"
	case http.MethodPut:
		copies := r.Header.Get("X-Amz-Copy-Source") != ""
		switch {
		case query.Has("partNumber") && copies:
			return "UploadPartCopy"
		case query.Has("partNumber"):
			return "UploadPart"
		case copies:
			return "CopyObject"
		case object:
			return "PutObject"
		}
		return "CreateBucket"
	case http.MethodPost:
		switch {
		case query.Has("uploads"):
			return "CreateMultipartUpload"
		case query.Has("uploadId"):
			return "CompleteMultipartUpload"
		case query.Has("delete"):
			return "DeleteObjects"
		}
	case http.MethodDelete:
		switch {
		case query.Has("uploadId"):
			return "AbortMultipartUpload"
		case object:
			return "DeleteObject"
		}
	}
	return r.Method
}

// Writes reports whether a call changes something.
func Writes(call string) bool {
	_, operation, _ := strings.Cut(call, ":")
	for _, reads := range []string{"Get", "Head", "List", "Describe", "Query", "Scan", "BatchGet", "TransactGet", "Receive"} {
		if strings.HasPrefix(operation, reads) {
			return false
		}
	}
	return operation != ""
}
