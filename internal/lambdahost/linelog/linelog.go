// Package linelog carries the output of a process to a writer, line by line.
package linelog

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
)

// maxLineBytes is the largest length of a line; a longer one is split, as Lambda
// splits log events at 256 KB.
const maxLineBytes = 256 * 1024

// maxPipeBytes is the most that a pipe can hold: what Linux allows without root
// (pipe(7), /proc/sys/fs/pipe-max-size).
const maxPipeBytes = 1 << 20

// Log carries lines from a process to a writer. Standard output and standard error
// of the process share one pipe, so that the lines keep their order.
//
// A goroutine reads the pipe as it fills. Begin, Recorded and Finish read what is left
// in it before they go on, so that each line belongs to the invocation that wrote it.
type Log struct {
	to        io.Writer
	requests  RequestWriter // to, if it is one
	tailBytes int
	input     *os.File
	output    *os.File
	pipe      syscall.RawConn // of output
	done      chan struct{}

	mu        sync.Mutex // held while the pipe is read and its lines are written
	chunk     []byte
	pending   []byte // an unfinished line
	request   string // that the process has
	recording bool
	tail      []byte // the last bytes since Record
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
	pipe, err := output.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, output.Close(), input.Close())
	}
	l := &Log{
		to:        to,
		tailBytes: tailBytes,
		input:     input,
		output:    output,
		pipe:      pipe,
		done:      make(chan struct{}),
		chunk:     make([]byte, 32*1024),
	}
	l.requests, _ = to.(RequestWriter)
	go l.carry()
	return l, nil
}

// Input returns the standard output and standard error for the process.
func (l *Log) Input() *os.File { return l.input }

// carry reads the pipe until its end, or until Finish closes it.
func (l *Log) carry() {
	defer close(l.done)
	_ = l.pipe.Read(func(fd uintptr) bool {
		for {
			l.mu.Lock()
			state := l.read(fd)
			l.mu.Unlock()
			if state != full {
				return state == ended
			}
		}
	})
	_ = l.output.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.emit(l.pending)
	l.pending = nil
}

// catchUp reads what is in the pipe. Callers hold mu.
func (l *Log) catchUp() {
	_ = l.pipe.Control(func(fd uintptr) { l.read(fd) }) // fails if carry has read everything
}

// pipeState is what a read leaves behind.
type pipeState uint8

const (
	empty pipeState = iota
	full            // there may be more
	ended
)

// read reads the pipe until it is empty, but at most as much as it can have held when
// read was called: a process may write faster. Callers hold mu.
func (l *Log) read(fd uintptr) pipeState {
	for total := 0; total < maxPipeBytes; {
		n, err := readPipe(fd, l.chunk)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return empty
		case err != nil || n == 0:
			return ended
		default:
			total += n
			l.take(l.chunk[:n])
		}
	}
	return full
}

// take writes the lines that a chunk finishes.
func (l *Log) take(chunk []byte) {
	l.pending = append(l.pending, chunk...)
	rest := l.pending
	for {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break
		}
		l.emit(rest[:end+1])
		rest = rest[end+1:]
	}
	if len(rest) > maxLineBytes {
		l.emit(rest)
		rest = nil
	}
	l.pending = append(l.pending[:0], rest...)
}

// emit writes a line and adds a missing line end.
func (l *Log) emit(line []byte) {
	if len(line) == 0 {
		return
	}
	if line[len(line)-1] != '\n' {
		line = append(bytes.Clone(line), '\n')
	}
	if l.recording {
		l.tail = lastBytes(append(l.tail, line...), l.tailBytes)
	}
	if l.requests != nil {
		l.requests.WriteOf(l.request, line)
		return
	}
	_, _ = l.to.Write(line) // a failed write of the log must not fail the process
}

// Begin says that the process gets an invocation. Call it before the process does.
func (l *Log) Begin(requestID string) {
	if l.requests == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp()
	l.request = requestID
}

// Record starts a new tail.
func (l *Log) Record() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp()
	l.recording, l.tail = true, nil
}

// Recorded ends the tail and returns it. It includes everything that the process
// wrote before the call.
func (l *Log) Recorded() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp()
	l.recording = false
	return l.tail
}

// Finish waits until all output of the process is written. It does not wait for
// other processes that still hold the pipe, such as a child that left the group.
func (l *Log) Finish() {
	l.mu.Lock()
	l.catchUp()
	l.mu.Unlock()
	_ = l.output.Close()
	l.Abandon()
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
