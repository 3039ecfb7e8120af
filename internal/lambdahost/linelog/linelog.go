// Package linelog carries the output of a process to a writer, line by line.
package linelog

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// maxLineBytes is the largest length of a line; a longer one is split, as Lambda
// splits log events at 256 KB.
const maxLineBytes = 256 * 1024

// Log carries lines from a process to a writer. Standard output and standard error
// of the process share one pipe, so that the lines keep their order.
//
// The Log writes marks into the same pipe. Once it reads a mark, it has read
// everything that the process wrote before. That is how it knows that the log of
// an invocation is complete.
type Log struct {
	tailBytes int
	requests  RequestWriter // the writer, if it is one
	input     *os.File
	done      chan struct{}

	mark []byte // the beginning of each mark; random, so that no process writes it by accident

	request string // that the process has; only carry uses it

	mu        sync.Mutex
	recording bool
	tail      []byte // the last bytes since Record
	marks     int
	reached   map[int]chan struct{}
}

// RequestWriter takes lines with the invocation that the process had when it wrote
// them. requestID is empty before the first one.
type RequestWriter interface {
	WriteOf(requestID string, line []byte)
}

// New creates a Log that writes to the given writer, one whole line in each Write.
// Recorded returns at most tailBytes. Call Finish or Abandon in the end.
func New(to io.Writer, tailBytes int) (*Log, error) {
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	l := &Log{
		tailBytes: tailBytes,
		input:     input,
		done:      make(chan struct{}),
		mark:      []byte("\x00mark " + rand.Text() + " "),
		reached:   map[int]chan struct{}{},
	}
	l.requests, _ = to.(RequestWriter)
	go l.carry(output, to)
	return l, nil
}

// Input returns the standard output and standard error for the process.
func (l *Log) Input() *os.File { return l.input }

// carry copies lines until the end of the pipe or the last mark.
func (l *Log) carry(output *os.File, to io.Writer) {
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
				mark := string(bytes.TrimSpace(line[at+len(l.mark):]))
				pending = append(pending[:at:at], pending[end+1:]...)
				if requestID, begins := strings.CutPrefix(mark, beginning); begins {
					l.request = requestID
					continue
				}
				number, _ := strconv.Atoi(mark)
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

// emit writes a line and adds a missing line end.
func (l *Log) emit(to io.Writer, line []byte) {
	if len(line) == 0 {
		return
	}
	if line[len(line)-1] != '\n' {
		line = append(bytes.Clone(line), '\n')
	}
	l.mu.Lock()
	if l.recording {
		l.tail = lastBytes(append(l.tail, line...), l.tailBytes)
	}
	l.mu.Unlock()
	if l.requests != nil {
		l.requests.WriteOf(l.request, line)
		return
	}
	_, _ = to.Write(line) // a failed write of the log must not fail the process
}

// passMark wakes the goroutine that waits for a mark, and reports whether it is the
// last mark.
func (l *Log) passMark(number int) (last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting := l.reached[number]; waiting != nil {
		close(waiting)
		delete(l.reached, number)
	}
	return number == 0
}

// beginning is in the mark of an invocation that begins, before its request ID.
const beginning = "begin "

// Begin says that the process gets an invocation. Call it before the process does.
func (l *Log) Begin(requestID string) {
	if l.requests != nil {
		_, _ = fmt.Fprintf(l.input, "%s%s%s\n", l.mark, beginning, requestID)
	}
}

// Record starts a new tail.
func (l *Log) Record() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recording, l.tail = true, nil
}

// Recorded ends the tail and returns it. It includes everything that the process
// wrote before the call.
func (l *Log) Recorded() []byte {
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

// Finish waits until all output of the process is written. It does not wait for
// other processes that still hold the pipe, such as a child that left the group.
func (l *Log) Finish() {
	_, _ = fmt.Fprintf(l.input, "%s%d\n", l.mark, 0)
	_ = l.input.Close()
	<-l.done
}

// Abandon closes a Log that no process has used.
func (l *Log) Abandon() {
	_ = l.input.Close()
	<-l.done
}

// lastBytes returns the last n bytes of b.
func lastBytes(b []byte, n int) []byte {
	return b[max(0, len(b)-n):]
}
