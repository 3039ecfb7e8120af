package lambdahost

import (
	"io"
	"sync"

	"github.com/mapjob/mapjob/internal/lambdahost/linelog"
)

// logTailBytes is the size of the log that X-Amz-Log-Type: Tail returns (API
// reference, "Invoke").
const logTailBytes = 4096

// logSink holds the writers of the functions. It allows one write at a time, because
// several functions may share a writer such as os.Stderr.
type logSink struct {
	open    func(function string) io.Writer
	mu      sync.Mutex
	writers map[string]io.Writer
}

func (s *logSink) writer(function string) io.Writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, known := s.writers[function]
	if !known {
		if s.writers == nil {
			s.writers = map[string]io.Writer{}
		}
		w = s.open(function)
		if w == nil {
			w = io.Discard
		}
		s.writers[function] = w
	}
	to := sinkWriter{sink: s, to: w}
	if requests, ok := w.(linelog.RequestWriter); ok {
		return requestSink{to, requests}
	}
	return to
}

// writeOf writes a line of an invocation.
func (s *logSink) writeOf(function, requestID string, line []byte) {
	switch w := s.writer(function).(type) {
	case linelog.RequestWriter:
		w.WriteOf(requestID, line)
	default:
		_, _ = w.Write(line) // a failed write of the log must not fail the process
	}
}

type sinkWriter struct {
	sink *logSink
	to   io.Writer
}

func (w sinkWriter) Write(line []byte) (int, error) {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	return w.to.Write(line)
}

// requestSink is a sinkWriter that takes lines with their invocations.
type requestSink struct {
	sinkWriter

	requests linelog.RequestWriter
}

// WriteOf writes a line of an invocation.
func (w requestSink) WriteOf(requestID string, line []byte) {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	w.requests.WriteOf(requestID, line)
}
