package lambdahost

import (
	"io"
	"sync"
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
	return sinkWriter{sink: s, to: w}
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
