package failures

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/upload"
)

// lines is an object that is uploaded line by line.
type lines struct {
	buffer   *bufio.Writer
	pipe     *io.PipeWriter
	uploaded chan error
	ended    bool
}

func begin(ctx context.Context, store *s3object.Store, log *slog.Logger, to upload.Target) *lines {
	text, pipe := io.Pipe()
	l := &lines{buffer: bufio.NewWriterSize(pipe, 1<<16), pipe: pipe, uploaded: make(chan error, 1)}
	go func() {
		err := upload.To(ctx, store, log, to, func(w io.Writer) error {
			_, err := io.Copy(w, text)
			return err
		})
		text.CloseWithError(err)
		l.uploaded <- err
	}()
	return l
}

// add adds a line. The pipe ends with the error of the upload, which store returns.
func (l *lines) add(line []byte) {
	_, _ = l.buffer.Write(line)
	_ = l.buffer.WriteByte('\n')
}

// store ends the object.
func (l *lines) store() error {
	_ = l.buffer.Flush() // as in add
	l.pipe.Close()
	l.ended = true
	return <-l.uploaded
}

// abandon ends the upload without an object, unless it is stored.
func (l *lines) abandon() {
	if !l.ended {
		l.ended = true
		l.pipe.CloseWithError(errors.New("the items that failed are not stored: the summary has failed"))
		<-l.uploaded
	}
}
