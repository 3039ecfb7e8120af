// Package answer makes a worker's answer: it collects the outcomes of a batch
// while the items are handled, writes them as JSON, and stores them in S3 or
// shortens them if they do not fit into a payload.
package answer

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/mapjob/mapjob/internal/protocol"
)

// appendAll appends a list of outcomes as JSON.
func appendAll(b []byte, outcomes []protocol.Outcome) []byte {
	b = slices.Grow(b, 128*len(outcomes))
	b = append(b, '[')
	for i := range outcomes {
		if i > 0 {
			b = append(b, ',')
		}
		b = Append(b, &outcomes[i])
	}
	return append(b, ']')
}

// Append appends an outcome as JSON, the same as json.Marshal writes, but
// without parsing the output again.
func Append(b []byte, o *protocol.Outcome) []byte {
	b = strconv.AppendInt(append(b, `{"index":`...), int64(o.Index), 10)
	b = append(append(append(b, `,"status":"`...), o.Status...), '"')
	if len(o.Output) > 0 {
		b = append(append(b, `,"output":`...), o.Output...)
	}
	if o.Error != "" {
		b = AppendString(append(b, `,"error":`...), o.Error)
	}
	if o.Cause != "" {
		b = AppendString(append(b, `,"cause":`...), o.Cause)
	}
	if o.Retryable {
		b = append(b, `,"retryable":true`...)
	}
	if len(o.Item) > 0 {
		b = append(append(b, `,"item":`...), o.Item...)
	}
	if o.StartedAt != 0 {
		b = strconv.AppendInt(append(b, `,"startedAt":`...), o.StartedAt, 10)
	}
	if o.Ms != 0 {
		b = strconv.AppendInt(append(b, `,"ms":`...), o.Ms, 10)
	}
	return append(b, '}')
}

// AppendString appends a string as JSON.
func AppendString(b []byte, s string) []byte {
	text, _ := json.Marshal(s) // a string can always be written
	return append(b, text...)
}
