// Package oncetest stands in for the DynamoDB table of job.Once. It needs no
// network, so that tests of it can run in virtual time.
package oncetest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/job/internal/once"
)

// Table is a table in memory. It answers the requests that job.Once makes. The
// zero Table is empty and ready to use.
type Table struct {
	// Refuse returns the error that a request is refused with; "" if it is done.
	// Nil refuses none.
	Refuse func(operation string) string

	mutex   sync.Mutex
	records map[string]map[string]value // by key
}

// value is an attribute as DynamoDB writes it, such as {"S": "text"}.
type value struct{ S, N string }

// Client returns a client of the table, which tries as often as that of job.Once.
func (t *Table) Client() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), HTTPClient: &http.Client{Transport: t},
	}, once.Retry)
}

// Statuses returns the status of every record by its key.
func (t *Table) Statuses() map[string]string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	statuses := map[string]string{}
	for id, record := range t.records {
		statuses[id] = record["status"].S
	}
	return statuses
}

// Store puts a record into the table that expires at some time, with texts as its
// other attributes.
func (t *Table) Store(id string, expires time.Time, attributes map[string]string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	record := map[string]value{once.KeyAttribute: {S: id}, once.ExpiryAttribute: {N: strconv.FormatInt(expires.Unix(), 10)}}
	for name, text := range attributes {
		record[name] = value{S: text}
	}
	t.put(id, record)
}

// RoundTrip answers a request.
func (t *Table) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	t.mutex.Lock()
	defer t.mutex.Unlock()
	status, answer := http.StatusOK, any(map[string]any{})
	refused := ""
	if t.Refuse != nil {
		refused = t.Refuse(operation)
	}
	if refused == "" {
		answer, refused = t.answer(operation, body)
	}
	if refused != "" {
		status, answer = http.StatusBadRequest, map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + refused, "message": "refused"}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text))}, nil
}

// request has the members of the three requests.
type request struct {
	Item, Key                 map[string]value
	ConditionExpression       string
	ExpressionAttributeValues map[string]value
	ConsistentRead            bool
}

// answer answers a request, or returns the error that it is refused with.
func (t *Table) answer(operation string, body []byte) (answer any, refused string) {
	var in request
	if json.Unmarshal(body, &in) != nil {
		return nil, "SerializationException"
	}
	id := in.Key[once.KeyAttribute].S
	if operation == "PutItem" {
		id = in.Item[once.KeyAttribute].S
	}
	found, exists := t.records[id]
	owner, owned := found["owner"]
	holds := true
	switch in.ConditionExpression {
	case "":
	case "attribute_not_exists(" + once.KeyAttribute + ")":
		holds = !exists
	case "#owner = :owner":
		holds = owned && owner == in.ExpressionAttributeValues[":owner"]
	case "#owner = :owner AND #status = :status":
		holds = owned && owner == in.ExpressionAttributeValues[":owner"] && found["status"] == in.ExpressionAttributeValues[":status"]
	default:
		return nil, "ValidationException"
	}
	if !holds {
		return nil, "ConditionalCheckFailedException"
	}
	switch {
	case operation == "PutItem":
		t.put(id, in.Item)
		return map[string]any{}, ""
	case operation == "DeleteItem":
		delete(t.records, id)
		return map[string]any{}, ""
	case operation == "GetItem" && in.ConsistentRead && exists:
		return map[string]any{"Item": encode(found)}, ""
	case operation == "GetItem" && in.ConsistentRead:
		return map[string]any{}, ""
	}
	return nil, "ValidationException"
}

func (t *Table) put(id string, record map[string]value) {
	if t.records == nil {
		t.records = map[string]map[string]value{}
	}
	t.records[id] = record
}

// encode returns a record as DynamoDB writes it, each value with its type.
func encode(record map[string]value) map[string]map[string]string {
	out := map[string]map[string]string{}
	for name, v := range record {
		if v.N != "" {
			out[name] = map[string]string{"N": v.N}
		} else {
			out[name] = map[string]string{"S": v.S}
		}
	}
	return out
}
