package integration

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// sendToQueue sends a message to a queue that runs on this machine. The answer is
// nil if the message is for another queue or service.
func (s *Services) sendToQueue(ctx context.Context, n naming, parameters *value.Object) (*value.Object, error) {
	if !strings.EqualFold(n.prefix, "SQS") {
		return nil, nil
	}
	url, _ := textMember(parameters, "QueueUrl")
	_, unknown := s.Queues.Counts(url)
	if isURL := strings.Contains(url, "://"); !isURL || unknown != nil {
		return nil, nil //nolint:nilerr // the queue is not on this machine
	}
	request := value.WithCapacity(parameters.Len())
	for name, v := range parameters.All() {
		request.Set(name, v)
	}
	if body, ok := textMember(parameters, "MessageBody"); ok { // any JSON
		request.Set("MessageBody", body)
	}
	answer, refused := s.Queues.Do(context.Background(), "SendMessage", value.Append(nil, request))
	if refused != nil {
		return nil, n.refuse(ctx, refusal{code: refused.Name, message: refused.Message, status: http.StatusBadRequest})
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	sent, err := value.Parse(text)
	if err != nil {
		return nil, err
	}
	object, _ := sent.(*value.Object)
	return object, nil
}
