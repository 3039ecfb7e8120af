package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// resultFiles are the files that a ResultWriter writes (developer guide,
// "ResultWriter"): SUCCEEDED_n, FAILED_n and PENDING_n under PREFIX/ID/, and
// manifest.json beside them. Results go to their file when their child ends.
type resultFiles struct {
	ctx        context.Context
	loop       *loop
	objects    Objects
	definition *asl.ResultWriter
	bucket     string
	prefix     string
	folder     string
	succeeded  *resultFile
	failed     *resultFile
	pending    *resultFile
	results    int
	stored     bool
}

func newResultFiles(ctx context.Context, l *loop, objects Objects, definition *asl.ResultWriter, bucket, prefix string) *resultFiles {
	return &resultFiles{ctx: ctx, loop: l, objects: objects, definition: definition, bucket: bucket, prefix: prefix}
}

func (w *resultFiles) begin(m *mapRun) {
	if w.folder = w.prefix; w.folder != "" && !strings.HasSuffix(w.folder, "/") {
		w.folder += "/"
	}
	w.folder += m.id + "/"
	w.succeeded = &resultFile{files: w, name: "SUCCEEDED", transformation: w.definition.Transformation}
	w.failed = &resultFile{files: w, name: "FAILED", transformation: "NONE"}
	w.pending = &resultFile{files: w, name: "PENDING", transformation: "NONE"}
}

func (w *resultFiles) add(m *mapRun, c *child) {
	w.results++
	switch c.status {
	case Succeeded:
		w.succeeded.add(c)
	case Aborted:
		w.pending.add(c)
	default:
		w.failed.add(c)
	}
}

func (w *resultFiles) end(m *mapRun, done func(any, *failure)) {
	w.loop.block(func() func() {
		err := w.finish(m.arn)
		return func() {
			if err != nil {
				done(nil, &failure{name: errResultWriter, cause: err.Error()})
				return
			}
			w.stored = true
			_, key := w.manifest()
			done(value.NewObject(
				"MapRunArn", m.arn,
				"ResultWriterDetails", value.NewObject("Bucket", w.bucket, "Key", key),
			), nil)
		}
	})
}

func (w *resultFiles) manifest() (bucket, key string) { return w.bucket, w.folder + "manifest.json" }

func (w *resultFiles) written() int {
	if !w.stored {
		return 0
	}
	return w.results
}

func (w *resultFiles) discard() {
	for _, f := range []*resultFile{w.succeeded, w.failed, w.pending} {
		f.discard()
	}
}

// finish closes the files and writes the manifest.
func (w *resultFiles) finish(mapRunARN string) error {
	files := value.NewObject()
	for _, f := range []*resultFile{w.failed, w.pending, w.succeeded} {
		if err := f.close(); err != nil {
			return err
		}
		list := []any{}
		for _, done := range f.done {
			list = append(list, value.NewObject("Key", done.key, "Size", float64(done.size)))
		}
		files.Set(f.name, list)
	}
	manifest := value.NewObject("DestinationBucket", w.bucket, "MapRunArn", mapRunARN, "ResultFiles", files)
	_, key := w.manifest()
	out, err := w.objects.Create(w.ctx, w.bucket, key)
	if err != nil {
		return err
	}
	_, err = out.Write(value.Append(nil, manifest))
	return errors.Join(err, out.Close())
}

// Sizes in bytes: of the part that is handed to the store at once, and of a
// file, which the service limits.
const (
	partBytes = 256 << 10
	fileBytes = 5 << 30
)

// resultFile is one kind of results, in files numbered from 0.
type resultFile struct {
	files          *resultFiles
	name           string
	transformation string
	part           []byte
	parts          chan []byte // to the goroutine that writes, nil while no file is open
	failed         chan error
	spare          chan []byte
	size           int64
	key            string
	done           []doneFile
	err            error
	dropped        atomic.Bool
}

type doneFile struct {
	key  string
	size int64
}

// add appends a child's result.
func (f *resultFile) add(c *child) {
	if f.transformation == "NONE" {
		f.write(describeChild(c))
		return
	}
	if list, ok := c.output.([]any); ok && f.transformation == "FLATTEN" {
		for _, element := range list {
			f.write(element)
		}
		return
	}
	f.write(c.output)
}

func (f *resultFile) lines() bool { return f.files.definition.OutputType == "JSONL" }

func (f *resultFile) write(v any) {
	if f.err != nil {
		return
	}
	if f.parts == nil {
		f.open()
	}
	switch {
	case f.lines():
	case f.size == 0 && len(f.part) == 0:
		f.part = append(f.part, '[')
	default:
		f.part = append(f.part, ',')
	}
	f.part = value.Append(f.part, v)
	if f.lines() {
		f.part = append(f.part, '\n')
	}
	if len(f.part) < partBytes {
		return
	}
	f.flush()
	if f.size >= fileBytes {
		f.closeFile()
	}
}

// open starts the goroutine that writes the next file.
func (f *resultFile) open() {
	extension := ".json"
	if f.lines() {
		extension = ".jsonl"
	}
	f.key = fmt.Sprintf("%s%s_%d%s", f.files.folder, f.name, len(f.done), extension)
	f.size = 0
	parts, failed, spare := make(chan []byte, 2), make(chan error, 1), make(chan []byte, 3)
	f.parts, f.failed, f.spare = parts, failed, spare
	w, key := f.files, f.key
	go func() {
		out, err := w.objects.Create(w.ctx, w.bucket, key)
		for part := range parts {
			if err == nil {
				_, err = out.Write(part)
			}
			select {
			case spare <- part[:0]:
			default:
			}
		}
		if out != nil && err == nil && !f.dropped.Load() {
			err = out.Close()
		} else if out != nil {
			err = errors.Join(err, abandon(out))
		}
		failed <- err
	}()
}

// flush hands the part to the writing goroutine, and waits for it where it is
// far behind.
func (f *resultFile) flush() {
	f.size += int64(len(f.part))
	f.parts <- f.part
	select {
	case f.part = <-f.spare:
	default:
		f.part = make([]byte, 0, partBytes+partBytes/4)
	}
}

func (f *resultFile) closeFile() {
	if f.parts == nil {
		return
	}
	if !f.lines() {
		f.part = append(f.part, ']')
	}
	f.flush()
	close(f.parts)
	f.parts = nil
	if err := <-f.failed; err != nil {
		f.err = err
		return
	}
	f.done = append(f.done, doneFile{f.key, f.size})
}

func (f *resultFile) close() error {
	f.closeFile()
	return f.err
}

// abandon gives up an object that was begun. A writer that can't is closed,
// which may leave a part of the object.
func abandon(out io.WriteCloser) error {
	if aborter, ok := out.(interface{ Abort() error }); ok {
		return aborter.Abort()
	}
	return out.Close()
}

func (f *resultFile) discard() {
	if f != nil && f.parts != nil {
		f.dropped.Store(true)
		close(f.parts)
		f.parts = nil
	}
}
