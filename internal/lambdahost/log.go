package lambdahost

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

const (
	// logTailBytes is what X-Amz-Log-Type: Tail returns (API reference, "Invoke").
	logTailBytes = 4096
	// maxLineBytes bounds a line without an end; Lambda splits log events at 256 KB.
	maxLineBytes = 256 * 1024
)

// logSink gives every function its writer, and lets one write happen at a time:
// several functions may well share os.Stderr.
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
	return sinkWriter{s, w}
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

// processLog carries what a process writes, line by line. Standard output and
// standard error share one pipe, so that the lines keep their order.
//
// The host holds the writing end as well: a mark that it writes comes out of the
// reading end after everything that the process had written by then. That is how
// it knows that the log of an invocation is complete.
type processLog struct {
	input *os.File // the process's stdout and stderr
	done  chan struct{}

	mark []byte // begins a mark; random, so that no process writes it by accident

	mu        sync.Mutex
	recording bool
	tail      []byte // the last bytes since record
	marks     int
	reached   map[int]chan struct{}
}

func newProcessLog(to io.Writer) (*processLog, error) {
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	l := &processLog{
		input:   input,
		done:    make(chan struct{}),
		mark:    []byte("\x00mark " + randomHex(16) + " "),
		reached: map[int]chan struct{}{},
	}
	go l.carry(output, to)
	return l, nil
}

// carry reads lines until the end of the pipe, or the last mark.
func (l *processLog) carry(output *os.File, to io.Writer) {
	defer close(l.done)
	defer output.Close()
	var pending []byte
	chunk := make([]byte, 32*1024)
	for {
		n, err := output.Read(chunk)
		pending = append(pending, chunk[:n]...)
		for {
			end := bytes.IndexByte(pending, '\n')
			if end < 0 {
				break
			}
			line := pending[:end+1]
			if at := bytes.Index(line, l.mark); at >= 0 {
				number, _ := strconv.Atoi(string(bytes.TrimSpace(line[at+len(l.mark):])))
				pending = append(pending[:at:at], pending[end+1:]...)
				if l.passMark(number) {
					l.emit(to, pending)
					return
				}
				continue
			}
			l.emit(to, line)
			pending = pending[end+1:]
		}
		if err != nil {
			l.emit(to, pending)
			return
		}
		if len(pending) > maxLineBytes && !bytes.Contains(pending, l.mark) {
			l.emit(to, pending)
			pending = nil
		}
	}
}

// emit writes a line, and ends it if the process has not.
func (l *processLog) emit(to io.Writer, line []byte) {
	if len(line) == 0 {
		return
	}
	if line[len(line)-1] != '\n' {
		line = append(bytes.Clone(line), '\n')
	}
	l.mu.Lock()
	if l.recording {
		l.tail = lastBytes(append(l.tail, line...), logTailBytes)
	}
	l.mu.Unlock()
	_, _ = to.Write(line) // a log that can't be written is no reason to fail the function
}

// passMark wakes who waits for the mark, and reports whether it is the last one.
func (l *processLog) passMark(number int) (last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting := l.reached[number]; waiting != nil {
		close(waiting)
		delete(l.reached, number)
	}
	return number == 0
}

// record starts a new tail.
func (l *processLog) record() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recording, l.tail = true, nil
}

// recorded ends the tail and returns it, complete with what the process had
// written before the call.
func (l *processLog) recorded() []byte {
	l.mu.Lock()
	l.marks++
	number, reached := l.marks, make(chan struct{})
	l.reached[number] = reached
	l.mu.Unlock()
	if _, err := fmt.Fprintf(l.input, "%s%d\n", l.mark, number); err == nil {
		select {
		case <-reached:
		case <-l.done:
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recording = false
	return l.tail
}

// finish waits until everything that the process has written is passed on. It
// does not wait for a descendant that left the group and holds the pipe.
func (l *processLog) finish() {
	_, _ = fmt.Fprintf(l.input, "%s%d\n", l.mark, 0)
	_ = l.input.Close()
	<-l.done
}

// abandon ends a log that no process ever wrote to.
func (l *processLog) abandon() {
	_ = l.input.Close()
	<-l.done
}

// logTail is what Lambda returns as the log of an invocation: the function's
// lines between its own START and END, and a REPORT (developer guide, "Viewing
// logs for Lambda functions").
func (inv *invocation) logTail(p *process, out outcome, r *Response) []byte {
	var log bytes.Buffer
	fmt.Fprintf(&log, "START RequestId: %s Version: %s\n", r.RequestID, latestVersion)
	if p != nil {
		log.Write(p.log.recorded())
	}
	log.WriteString(out.logLines)
	fmt.Fprintf(&log, "END RequestId: %s\n", r.RequestID)
	fmt.Fprintf(&log, "REPORT RequestId: %s\tDuration: %s ms\tBilled Duration: %d ms\tMemory Size: %d MB",
		r.RequestID, milliseconds(r.Duration), r.Billed.Milliseconds(), inv.fn.MemoryMB)
	if r.ColdStart {
		fmt.Fprintf(&log, "\tInit Duration: %s ms", milliseconds(r.InitDuration))
	}
	log.WriteByte('\n')
	return lastBytes(log.Bytes(), logTailBytes)
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds()*1000, 'f', 2, 64)
}

func lastBytes(b []byte, n int) []byte {
	return b[max(0, len(b)-n):]
}
