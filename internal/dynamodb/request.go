package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Error is an error of DynamoDB's API.
type Error struct {
	Name, Message string
	Status        int // of HTTP
	RequestID     string
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

// call makes a request with a value that becomes JSON, and decodes the answer.
func (d *Database) call(ctx context.Context, operation string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	_, text, err := d.Do(ctx, operation, body)
	if err != nil || answer == nil {
		return err
	}
	return json.Unmarshal(text, answer)
}

// Do makes a request in the protocol of the SDKs (AWS JSON 1.0), and returns
// the answer with its headers. An error of the API is an [*Error].
func (d *Database) Do(ctx context.Context, operation string, body []byte) (http.Header, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://dynalite/", bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	// dynalite wants a signature and does not check it.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	response, err := d.transport.RoundTrip(r)
	if err != nil && ctx.Err() == nil {
		err = d.whyEnded(err)
	}
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, nil, refusal(operation, response, answer)
	}
	return response.Header, answer, nil
}

// refusal returns the error of an answer that is not OK.
func refusal(operation string, response *http.Response, answer []byte) error {
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Other   string `json:"Message"`
	}
	if json.Unmarshal(answer, &e) != nil || e.Type == "" {
		return fmt.Errorf("%s: got status %s", operation, response.Status)
	}
	return &Error{
		Name:      e.Type[strings.LastIndex(e.Type, "#")+1:],
		Message:   e.Message + e.Other,
		Status:    response.StatusCode,
		RequestID: response.Header.Get("X-Amzn-Requestid"),
	}
}
