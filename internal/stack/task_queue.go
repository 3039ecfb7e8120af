package stack

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// toQueue sends a message to a queue of the stack. The answer is nil where the
// message is for another service, or for a queue that is not here.
func (m *messages) toQueue(f messageForm, parameters *value.Object) (*value.Object, error) {
	if !strings.EqualFold(f.prefix, "SQS") {
		return nil, nil
	}
	url, _ := textMember(parameters, "QueueUrl")
	if _, err := m.queues.Counts(url); !strings.Contains(url, "://") || err != nil {
		return nil, nil
	}
	request := value.WithCapacity(parameters.Len())
	for name, v := range parameters.All() {
		request.Set(name, v)
	}
	if body, ok := textMember(parameters, "MessageBody"); ok { // which may be any JSON
		request.Set("MessageBody", body)
	}
	answer, refused := m.queues.Do(context.Background(), "SendMessage", value.Append(nil, request))
	if refused != nil {
		return nil, f.refuse(refusal{code: refused.Name, message: refused.Message, status: http.StatusBadRequest})
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
