package functionlog

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/regular"
)

// File is the [Log] of a function of a run, by the name of its file. Beside it may be a
// file with the invocations of lines that do not name theirs: see [Writer].
type File string

// Name returns the name of the file.
func (f File) Name() string { return string(f) }

// Search calls do with the lines that a query wants.
func (f File) Search(ctx context.Context, q *Query, do func(*Line) error) error {
	return f.each(ctx, func(_ int64, text []byte) bool { return q.MayWant(text) }, func(l *Line) error {
		if !q.Wants(l) {
			return nil
		}
		return do(l)
	})
}

// Invocation calls do with the lines of an invocation.
func (f File) Invocation(ctx context.Context, _ *Query, requestID string, do func(*Line) error) error {
	places, err := openPlaces(f.Name(), requestID)
	if err != nil {
		return err
	}
	defer places.close()
	return f.each(ctx, func(at int64, text []byte) bool {
		return places.has(at) || bytes.Contains(text, []byte(requestID))
	}, do)
}

// longestLine is more than a line has: longer ones are split when they are written.
const longestLine = 1 << 20

// each calls do with some lines. A line begins at a position.
func (f File) each(ctx context.Context, wants func(at int64, text []byte) bool, do func(*Line) error) error {
	file, err := regular.Open(f.Name())
	if errors.Is(err, fs.ErrNotExist) { // the run was removed meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines, at := bufio.NewReaderSize(file, longestLine), int64(0)
	for n := 1; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		text, err := lines.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("reading %s: %w", f.Name(), err)
		}
		begin := at
		at += int64(len(text))
		if len(text) > 0 && wants(begin, text) {
			l := Parse(strings.TrimRight(string(text), "\r\n"))
			l.Log = f.Name()
			if err := do(&l); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
}

// requestsOf returns the name of the file beside a log.
func requestsOf(log string) string { return strings.TrimSuffix(log, ".log") + ".requests" }

// places says which lines of a log an invocation wrote.
type places struct {
	file      *os.File // nil: none are known
	lines     *bufio.Scanner
	requestID string
	next      int64 // where the next owner begins
	own, then bool  // whether the invocation owns the lines before next, and those after it
}

func openPlaces(log, requestID string) (*places, error) {
	file, err := regular.Open(requestsOf(log))
	if errors.Is(err, fs.ErrNotExist) { // each line names its invocation
		return &places{next: math.MaxInt64}, nil
	}
	if err != nil {
		return nil, err
	}
	return &places{file: file, lines: bufio.NewScanner(file), requestID: requestID}, nil
}

func (p *places) close() {
	if p.file != nil {
		_ = p.file.Close()
	}
}

// has reports whether the invocation owns the line at a position. Positions ascend.
func (p *places) has(at int64) bool {
	for p.next <= at {
		p.own, p.next = p.then, math.MaxInt64
		for p.lines.Scan() {
			begin, requestID, _ := strings.Cut(p.lines.Text(), " ")
			if next, err := strconv.ParseInt(begin, 10, 64); err == nil {
				p.next, p.then = next, requestID == p.requestID
				break
			}
		}
	}
	return p.own
}

// Writer writes the log of a function, which it appends to. If lines do not name their
// invocation, such as prints, a file beside the log says which one owns them: each line
// of it has the position from which on an invocation owns the lines, and the request
// ID, or a hyphen if the lines that follow name theirs. A Writer is not safe for
// concurrent use.
type Writer struct {
	name   string
	log    *os.File
	size   int64    // of the log
	beside *os.File // nil until a line needs it
	owner  string   // "": lines name their invocation
}

// Create opens the log, which may exist.
func Create(name string) (*Writer, error) {
	log, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := log.Stat()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	w := &Writer{name: name, log: log, size: info.Size()}
	if _, err := os.Stat(requestsOf(name)); err == nil { // of an earlier process
		w.owner = "unknown"
		w.own("")
	}
	return w, nil
}

// Write writes a line of no invocation.
func (w *Writer) Write(line []byte) (int, error) {
	w.own("")
	return w.write(line)
}

// WriteOf writes a line of an invocation. A failed write must not fail the function.
func (w *Writer) WriteOf(requestID string, line []byte) {
	switch {
	case requestID == w.owner:
	case bytes.Contains(line, []byte(requestID)): // also of none
		w.own("")
	default:
		w.own(requestID)
	}
	_, _ = w.write(line)
}

func (w *Writer) write(line []byte) (int, error) {
	n, err := w.log.Write(line)
	w.size += int64(n)
	return n, err
}

// own notes which invocation owns the lines that follow.
func (w *Writer) own(requestID string) {
	if requestID == w.owner {
		return
	}
	w.owner = requestID
	if w.beside == nil {
		file, err := os.OpenFile(requestsOf(w.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil { // the log itself is written
			return
		}
		w.beside = file
	}
	fmt.Fprintf(w.beside, "%d %s\n", w.size, cmp.Or(requestID, "-"))
}

// Close closes the files.
func (w *Writer) Close() error {
	err := w.log.Close()
	if w.beside != nil {
		err = errors.Join(err, w.beside.Close())
	}
	return err
}
