package items

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// gzipped is the content of a file that is compressed with gzip.
type gzipped struct {
	at      string
	file    *failing
	content *gzip.Reader
}

// failing remembers why a file could not be read.
type failing struct {
	io.ReadCloser
	err error // other than io.EOF
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// unzip closes the file if it is not one of gzip.
func unzip(at string, file io.ReadCloser) (*gzipped, error) {
	g := &gzipped{at: at, file: &failing{ReadCloser: file}}
	var err error
	if g.content, err = gzip.NewReader(bufio.NewReaderSize(g.file, 1<<16)); err != nil {
		file.Close()
		return nil, g.problem(err)
	}
	return g, nil
}

func (g *gzipped) Read(p []byte) (int, error) {
	n, err := g.content.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = g.problem(err)
	}
	return n, err
}

func (g *gzipped) Close() error { return g.file.Close() }

// problem tells a file that is damaged from one that could not be read.
func (g *gzipped) problem(err error) error {
	if g.file.err != nil {
		return g.file.err
	}
	return &Error{At: g.at, Cause: fmt.Errorf("got %w, expected a whole gzip file", err)}
}
