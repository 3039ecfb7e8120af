package integration

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/internal/uuid"
	"github.com/mapjob/mapjob/internal/value"
)

// naming has the names that the integrations of a service use in errors. Names
// and texts are those of recorded executions: optimized integrations have those
// of the AWS SDK for Java 1, aws-sdk integrations those of version 2.
type naming struct {
	prefix   string // before the name of the error, such as DynamoDB
	service  string // in the cause, such as AmazonDynamoDBv2
	fallback string // the exception for errors without one of their own, such as AmazonDynamoDBException
	sdk      bool   // an aws-sdk integration
}

// refusal is an error that a service answers.
type refusal struct {
	name      string // of the exception; "" is the service's general one
	code      string // in the cause of an optimized integration
	message   string
	status    int
	requestID string
	hostID    string // S3's "extended request ID"
}

// refuse returns the error of a task.
func (n naming) refuse(ctx context.Context, r refusal) error {
	if r.name == "" {
		r.name = n.fallback
	}
	if r.requestID == "" {
		r.requestID = newID(ctx, "request")
	}
	e := &engine.TaskError{Name: n.prefix + "." + r.name}
	if n.sdk {
		e.Cause = fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s", r.message, n.service, r.status, r.requestID)
		if r.hostID != "" {
			e.Cause += ", Extended Request ID: " + r.hostID
		}
		e.Cause += ") (SDK Attempt Count: 1)"
	} else {
		e.Cause = fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
			r.message, n.service, r.status, r.code, r.requestID)
	}
	return e
}

// newID returns an identifier of a thing that a service makes for a request. In a test
// run with a seed, it repeats.
func newID(ctx context.Context, of string) string {
	if numbers, ok := standin.Random(ctx, of); ok {
		return uuid.From(numbers.Uint64(), numbers.Uint64())
	}
	return uuid.New()
}

// unreachable returns the error of a request without an answer.
func (n naming) unreachable(err error) error {
	return &engine.TaskError{Name: n.prefix + ".SdkClientException", Cause: "Unable to execute HTTP request: " + err.Error()}
}

// unusable returns the error of parameters that the service does not have.
func unusable(parameters any, reason string) error {
	return &engine.TaskError{Name: "States.Runtime",
		Cause: fmt.Sprintf("The Parameters '%s' could not be used to start the Task: [%s]", value.Text(parameters), reason)}
}

// header is a header of a response.
type header struct{ name, value string }

// addMetadata adds the headers of the response to the answer of an optimized
// integration, with the names that recorded answers have.
func addMetadata(answer *value.Object, requestID string, headers ...header) {
	headers = append(headers, header{"x-amzn-RequestId", requestID})
	slices.SortFunc(headers, func(a, b header) int { return strings.Compare(a.name, b.name) })
	all, single := value.WithCapacity(len(headers)), value.WithCapacity(len(headers))
	values := make([]any, len(headers)) // of both
	for i, h := range headers {
		values[i] = h.value
		all.Add(h.name, values[i:i+1:i+1])
		single.Add(h.name, values[i])
	}
	answer.Set("SdkHttpMetadata", value.NewObject("AllHttpHeaders", all, "HttpHeaders", single, "HttpStatusCode", float64(http.StatusOK)))
	answer.Set("SdkResponseMetadata", value.NewObject("RequestId", requestID))
}

// withoutNulls removes members that are null: for the SDKs they are not set.
func withoutNulls(v any) any {
	if !hasNulls(v) { // as nearly always
		return v
	}
	return stripped(v)
}

func stripped(v any) any {
	switch v := v.(type) {
	case *value.Object:
		kept := value.WithCapacity(v.Len())
		for name, member := range v.All() {
			if member != nil {
				kept.Add(name, stripped(member))
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(v))
		for _, element := range v {
			kept = append(kept, stripped(element))
		}
		return kept
	}
	return v
}

func hasNulls(v any) bool {
	switch v := v.(type) {
	case *value.Object:
		for _, member := range v.All() {
			if member == nil || hasNulls(member) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasNulls)
	}
	return false
}

// textMember returns a parameter that the API takes as a string. Other JSON is
// passed as its text, as the integrations do.
func textMember(parameters *value.Object, name string) (text string, ok bool) {
	v, _ := parameters.Get(name)
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	}
	return value.Text(v), true
}
