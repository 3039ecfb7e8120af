package integration

import (
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/dynamodb/dynamodbtest"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/enginetest"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/sqs"
)

// object is a JSON object.
type object = map[string]any

const (
	tableName  = "Table"
	bucketName = "bucket"
	queueURL   = "https://sqs.us-east-1.amazonaws.com/123456789012/Queue"
	topicARN   = "arn:aws:sns:us-east-1:123456789012:Topic"
)

// world is the services with a table, whose key is id, and a bucket, and the
// state machines of a test by name.
type world struct {
	services *Services
	messages string // file
	machines map[string]*asl.StateMachine
}

// start starts the services until the test ends. Definitions are in JSONata.
func start(t *testing.T, definitions map[string]object) *world {
	t.Helper()
	w := &world{messages: filepath.Join(t.TempDir(), "messages.jsonl"), machines: map[string]*asl.StateMachine{}}
	for name, definition := range definitions {
		definition["QueryLanguage"] = "JSONata"
		text, err := json.Marshal(definition)
		if err != nil {
			t.Fatal(err)
		}
		if w.machines[name], err = asl.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	store, err := objectstore.New(t.TempDir(), nil)
	if err == nil {
		err = store.CreateBucket(bucketName)
	}
	if err != nil {
		t.Fatal(err)
	}
	s3 := httptest.NewServer(store)
	t.Cleanup(s3.Close)
	database := dynamodbtest.Start(t)
	err = database.CreateTable(t.Context(), tableName, object{
		"KeySchema":            []object{{"AttributeName": "id", "KeyType": "HASH"}},
		"AttributeDefinitions": []object{{"AttributeName": "id", "AttributeType": "S"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	messages := NewMessageFile(w.messages)
	w.services = &Services{Database: database, S3: S3At(s3.URL), Queues: sqs.New(sqs.Options{}), Messages: messages}
	t.Cleanup(func() {
		if err := messages.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// single is a definition of one task, whose result is its output.
func single(resource string, arguments any) object {
	return object{"StartAt": "Task", "States": object{"Task": object{"Type": "Task", "Resource": resource, "Arguments": arguments, "End": true}}}
}

// execute runs a state machine.
func (w *world) execute(t *testing.T, name, input string) *engine.Execution {
	t.Helper()
	var options []engine.Option
	for state := range w.machines[name].AllStates() {
		if state.Task == nil {
			continue
		}
		call, err := w.services.Find(state.Task.Resource, nil)
		if err != nil {
			t.Fatal(err)
		}
		options = append(options, engine.WithIntegration(state.Task.Resource.ARN, call))
	}
	e, err := engine.New(w.machines[name], options...)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(t.Context(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// output runs a state machine, which has to succeed, and returns its output.
func (w *world) output(t *testing.T, name, input string) object {
	t.Helper()
	return enginetest.Output(t, w.execute(t, name, input))
}
