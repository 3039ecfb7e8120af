package job

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/mapjob/mapjob/job/internal/contain"
	"github.com/mapjob/mapjob/job/internal/logline"
)

// invoke returns the answer of an invocation, or an error with a name, also if the
// code that makes the answer panics or ends its goroutine: decoding and encoding
// run methods of the handler's types. Workers with batches do without it, because
// a goroutine for each batch costs several percent of their time; they contain
// panics where they decode items.
func (s *settings) invoke(ctx context.Context, answer func(*infoContext) ([]byte, error)) ([]byte, error) {
	var text []byte
	invocation := s.begin(ctx)
	err := <-contain.InGoroutine(invocation, s.log(), func() (err error) {
		text, err = answer(invocation)
		return err
	}, func(error) {})
	if err != nil {
		return nil, s.failed(invocation, err)
	}
	return text, nil
}

// failed returns the error that fails an invocation, with a name. On Lambda, it
// logs the error in place of aws-lambda-go.
func (s *settings) failed(invocation *infoContext, err error) error {
	err = invocationError(err)
	raised, ok := err.(messages.InvokeResponse_Error) //nolint:errorlint // as aws-lambda-go looks at it
	if ok && os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		s.log().ErrorContext(invocation, "invocation failed", "error", raised.Type, "cause", logline.Data(raised.Message))
		withholdMessages()
	}
	return err
}

// withholdMessages keeps the messages of errors out of the lines that aws-lambda-go
// writes to the logger of package log: every error that fails an invocation, as
// JSON.
func withholdMessages() {
	if _, done := log.Writer().(errorLog); !done {
		log.SetOutput(errorLog{log.Writer()})
	}
}

type errorLog struct{ to io.Writer }

// Write writes a line without the message of the error in it.
func (l errorLog) Write(line []byte) (int, error) {
	written := line
	if begin := strings.Index(string(line), `{"errorMessage":`); begin >= 0 {
		var raised messages.InvokeResponse_Error
		if json.Unmarshal(line[begin:], &raised) == nil {
			raised.Message = "not logged here"
			text, _ := json.Marshal(raised)
			written = append(append(line[:begin:begin], text...), '\n')
		}
	}
	if _, err := l.to.Write(written); err != nil {
		return 0, err
	}
	return len(line), nil
}
