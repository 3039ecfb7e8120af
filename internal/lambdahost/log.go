package lambdahost

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
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

// logTail returns the log of an invocation as Lambda does: START, the function's
// lines, END and REPORT (developer guide, "Viewing logs for Lambda functions").
func (inv *invocation) logTail(p *process, out outcome, r *Response) []byte {
	var log bytes.Buffer
	fmt.Fprintf(&log, "START RequestId: %s Version: %s\n", r.RequestID, latestVersion)
	if p != nil {
		log.Write(p.log.Recorded())
	}
	log.WriteString(out.logLines)
	fmt.Fprintf(&log, "END RequestId: %s\n", r.RequestID)
	fmt.Fprintf(&log, "REPORT RequestId: %s\tDuration: %s ms\tBilled Duration: %d ms\tMemory Size: %d MB",
		r.RequestID, milliseconds(r.Duration), r.Billed.Milliseconds(), inv.fn.MemoryMB)
	if r.ColdStart {
		fmt.Fprintf(&log, "\tInit Duration: %s ms", milliseconds(r.InitDuration))
	}
	log.WriteByte('\n')
	return log.Bytes()[max(0, log.Len()-logTailBytes):]
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds()*1000, 'f', 2, 64)
}
