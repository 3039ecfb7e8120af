package delivery

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// fakeAWS is a server that answers the real clients as Step Functions and Secrets
// Manager.
type fakeAWS struct {
	mutex   sync.Mutex
	started []start           // in order
	ended   map[string]bool   // executions that have, by name
	secrets map[string]string // by stage
	reads   int               // of a secret
	reading func()            // called during each read; may be nil

	withheld bool // the inputs of executions, which are encrypted with a key that may not be used
	express  bool // the state machine is an Express one
	// refuse has the names of errors by the operations that fail with them.
	refuse map[string]awsError
}

type awsError struct {
	status int
	name   string
}

type start struct{ StateMachineArn, Name, Input string }

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var answer any
	var refused awsError
	switch operation := r.Header.Get("X-Amz-Target"); operation {
	case "AWSStepFunctions.StartExecution":
		if refused = f.refuse["StartExecution"]; refused.name == "" {
			answer, refused = f.start(r)
		}
	case "AWSStepFunctions.DescribeExecution":
		if refused = f.refuse["DescribeExecution"]; refused.name == "" {
			answer, refused = f.describe(r)
		}
	case "secretsmanager.GetSecretValue":
		f.reads++
		if f.reading != nil {
			f.mutex.Unlock()
			f.reading()
			f.mutex.Lock()
		}
		if refused = f.refuse["GetSecretValue"]; refused.name == "" {
			answer, refused = f.secret(r)
		}
	default:
		refused = awsError{http.StatusBadRequest, "UnknownOperationException"}
	}
	if refused.name != "" {
		w.WriteHeader(refused.status)
		answer = map[string]string{"__type": refused.name, "message": "refused by the test"}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fakeAWS) start(r *http.Request) (any, awsError) {
	var request start
	_ = json.NewDecoder(r.Body).Decode(&request)
	if f.express {
		arn := fmt.Sprintf("%s%s:%d", strings.Replace(executionARN, ":execution:", ":express:", 1), request.Name, len(f.started))
		f.started = append(f.started, request)
		return map[string]any{"executionArn": arn, "startDate": 1}, awsError{}
	}
	for _, earlier := range f.started {
		if earlier.Name == request.Name && (earlier.Input != request.Input || f.ended[request.Name]) {
			return nil, awsError{http.StatusBadRequest, "ExecutionAlreadyExists"}
		}
		if earlier.Name == request.Name {
			return map[string]any{"executionArn": "the same", "startDate": 1}, awsError{}
		}
	}
	f.started = append(f.started, request)
	return map[string]any{"executionArn": "a new one", "startDate": 1}, awsError{}
}

func (f *fakeAWS) describe(r *http.Request) (any, awsError) {
	var request struct{ ExecutionArn string }
	_ = json.NewDecoder(r.Body).Decode(&request)
	for _, x := range f.started {
		if request.ExecutionArn == executionARN+x.Name && f.withheld {
			return map[string]any{"executionArn": request.ExecutionArn, "name": x.Name, "inputDetails": map[string]any{"included": false}}, awsError{}
		}
		if request.ExecutionArn == executionARN+x.Name {
			return map[string]any{"executionArn": request.ExecutionArn, "input": x.Input, "name": x.Name, "status": "SUCCEEDED"}, awsError{}
		}
	}
	return nil, awsError{http.StatusBadRequest, "ExecutionDoesNotExist"}
}

func (f *fakeAWS) secret(r *http.Request) (any, awsError) {
	var request struct{ SecretID, VersionStage string }
	_ = json.NewDecoder(r.Body).Decode(&request)
	value, ok := f.secrets[request.VersionStage]
	if !ok || request.SecretID != secretARN {
		return nil, awsError{http.StatusBadRequest, "ResourceNotFoundException"}
	}
	return map[string]string{"SecretString": value}, awsError{}
}

// handler returns a handler that uses this server.
func (f *fakeAWS) handler(t *testing.T, settings Settings) *Handler {
	t.Helper()
	h, err := New(settings, f.clients(t))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// clients returns the SDK's clients, without retries.
func (f *fakeAWS) clients(t *testing.T) Clients {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	configuration := aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	return Clients{
		StepFunctions:  func() (StepFunctions, error) { return sfn.NewFromConfig(configuration), nil },
		SecretsManager: func() (SecretsManager, error) { return secretsmanager.NewFromConfig(configuration), nil },
	}
}
