// Command function is the function of the tests. Its event says what it does.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

// event makes the function answer a task token, with an operation of the Step
// Functions API, fail, or send orders to a queue. Any other event is the answer.
type event struct {
	Token      string `json:"token"`
	Operation  string `json:"operation"`
	Heartbeats int    `json:"heartbeats"` // 400 ms apart, before the answer
	Fail       string `json:"fail"`

	Send []order `json:"send"` // to the queue
}

func main() {
	switch os.Getenv("ROLE") {
	case "worker":
		lambda.Start(job.Queue(work))
	case "slow":
		lambda.Start(job.Queue(func(context.Context, order) error { time.Sleep(250 * time.Millisecond); return nil }))
	case "crash":
		lambda.Start(func() { os.Exit(1) })
	default:
		lambda.Start(handle)
	}
}

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if json.Unmarshal(raw, &e) != nil {
		return raw, nil // not an object
	}
	switch {
	case e.Fail != "":
		return nil, errors.New(e.Fail)
	case e.Send != nil:
		return nil, send(ctx, e.Send)
	case e.Token == "":
		return raw, nil
	}
	// The answer is sent while the invocation lasts.
	for range e.Heartbeats {
		time.Sleep(400 * time.Millisecond)
		if err := call(ctx, "SendTaskHeartbeat", map[string]string{"taskToken": e.Token}); err != nil {
			return nil, err
		}
	}
	return nil, call(ctx, e.Operation, map[string]string{
		"taskToken": e.Token, "output": `{"answered":true}`, "error": "Refused", "cause": "the function said no",
	})
}

func call(ctx context.Context, operation string, request map[string]string) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("AWS_ENDPOINT_URL_SFN"), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	return nil
}
