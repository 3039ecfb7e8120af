package stack

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// naming is how the integrations of a service name it in errors. The names
// and texts below are those of recorded executions: optimized integrations have
// those of version 1 of the AWS SDK for Java, aws-sdk integrations those of
// version 2.
type naming struct {
	prefix   string // before the name of the error, such as DynamoDB
	service  string // in the cause, such as AmazonDynamoDBv2
	fallback string // the error without a name of its own, such as AmazonDynamoDBException
	sdk      bool   // an aws-sdk integration
}

// refusal is an answer of a service that says no.
type refusal struct {
	name      string // of the exception, empty for the service's general one
	code      string // in the cause of an optimized integration
	message   string
	status    int
	requestID string
	hostID    string // S3's "extended request ID", else empty
}

func (n naming) refuse(r refusal) error {
	if r.name == "" {
		r.name = n.fallback
	}
	if r.requestID == "" {
		r.requestID = newUUID()
	}
	e := &engine.TaskError{Name: n.prefix + "." + r.name}
	if n.sdk {
		e.Cause = fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s", r.message, n.service, r.status, r.requestID)
		if r.hostID != "" {
			e.Cause += ", Extended Request ID: " + r.hostID
		}
		e.Cause += ")"
	} else {
		e.Cause = fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
			r.message, n.service, r.status, r.code, r.requestID)
	}
	return e
}

// unreachable is a request without an answer.
func (n naming) unreachable(err error) error {
	return &engine.TaskError{Name: n.prefix + ".SdkClientException", Cause: "Unable to execute HTTP request: " + err.Error()}
}

// unusable are parameters that the service's API does not have.
func unusable(parameters any, reason string) error {
	return &engine.TaskError{Name: "States.Runtime",
		Cause: fmt.Sprintf("The Parameters '%s' could not be used to start the Task: [%s]", value.Text(parameters), reason)}
}

// addMetadata adds what the answers of optimized integrations have of the
// response. Names are in the spelling of the recorded answers.
func addMetadata(answer *value.Object, requestID string, headers map[string]string) {
	headers["x-amzn-RequestId"] = requestID
	all, single := &value.Object{}, &value.Object{}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		all.Set(name, []any{headers[name]})
		single.Set(name, headers[name])
	}
	answer.Set("SdkHttpMetadata", value.NewObject("AllHttpHeaders", all, "HttpHeaders", single, "HttpStatusCode", float64(http.StatusOK)))
	answer.Set("SdkResponseMetadata", value.NewObject("RequestId", requestID))
}

// withoutNulls is a value without its members that are null: to the SDKs they
// are not set.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case *value.Object:
		kept := value.WithCapacity(v.Len())
		for name, member := range v.All() {
			if member != nil {
				kept.Set(name, withoutNulls(member))
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(v))
		for _, element := range v {
			kept = append(kept, withoutNulls(element))
		}
		return kept
	}
	return v
}

// textMember is a parameter that the API wants as a string. JSON that is no
// string is handed over as its text, as the integrations do.
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

// newUUID is a random identifier (version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// upperFirst makes the name of an API operation of an action.
func upperFirst(action string) string { return strings.ToUpper(action[:1]) + action[1:] }
