package integration

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/internal/value"
)

func TestIdentifiersRepeatOnlyInATestRunWithASeed(t *testing.T) {
	t.Parallel()
	messages := NewMessageFile(filepath.Join(t.TempDir(), "messages.jsonl"))
	t.Cleanup(func() {
		if err := messages.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &Services{Queues: sqs.New(sqs.Options{}), Messages: messages}
	answer := func(ctx context.Context, resource, parameters string) string {
		parsed, ok := services.Parse(resource)
		if !ok {
			t.Fatalf("%s: got no resource", resource)
		}
		call, err := s.Find(parsed, nil)
		if err != nil {
			t.Fatal(err)
		}
		given, err := value.Parse([]byte(parameters))
		if err != nil {
			t.Fatal(err)
		}
		output, err := call(ctx, &engine.Request{Resource: parsed, Parameters: given})
		if err != nil {
			return err.Error()
		}
		return value.Text(output)
	}
	seeded := func(seed uint64) context.Context { return standin.WithRandom(t.Context(), seed) }
	for _, c := range []struct{ name, resource, parameters string }{
		{"a message to a topic", "arn:aws:states:::sns:publish", `{"TopicArn": "arn:aws:sns:us-east-1:1:T", "Message": "m"}`},
		{"a message to a queue", "arn:aws:states:::aws-sdk:sqs:sendMessage", `{"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/Q", "MessageBody": "m"}`},
		{"an event", "arn:aws:states:::aws-sdk:eventbridge:putEvents", `{"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}]}`},
		{"a refusal", "arn:aws:states:::sns:publish", `{"Message": "m"}`},
	} {
		first := answer(seeded(1), c.resource, c.parameters)
		if again := answer(seeded(1), c.resource, c.parameters); again != first {
			t.Errorf("%s: got %s, then %s with the same seed", c.name, first, again)
		}
		for _, other := range []string{answer(seeded(2), c.resource, c.parameters), answer(t.Context(), c.resource, c.parameters)} {
			if other == first {
				t.Errorf("%s: got %s with another seed or without one as well", c.name, other)
			}
		}
	}
	two := `{"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}, {"Source": "s", "DetailType": "t", "Detail": "{}"}]}`
	v, err := value.Parse([]byte(answer(seeded(1), "arn:aws:states:::aws-sdk:eventbridge:putEvents", two)))
	if err != nil {
		t.Fatal(err)
	}
	entries, _ := v.(*value.Object).Get("Entries")
	list, _ := entries.([]any)
	if len(list) != 2 || value.Text(list[0]) == value.Text(list[1]) {
		t.Errorf("got %s, expected two events with identifiers of their own", value.Text(entries))
	}
}
