package fanout

// workflow {
import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
)

// Consume is a consumer: handle gets one item. A message whose item fails
// comes again, alone.
func Consume[Item any](handle func(context.Context, Item) error) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		var answer events.SQSEventResponse
		for _, message := range batch.Records {
			var item Item
			err := json.Unmarshal([]byte(message.Body), &item)
			if err == nil {
				err = handle(ctx, item)
			}
			if err != nil {
				slog.ErrorContext(ctx, "failed", "message", message.MessageId, "error", err)
				answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		}
		return answer, nil
	}
}

// workflow }
