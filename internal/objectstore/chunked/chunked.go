// Package chunked decodes bodies that clients of S3 send as aws-chunked (Amazon S3 API
// reference, "Signature calculations for the Authorization header: transferring
// payload in multiple chunks"): chunks that may be signed, and trailers.
package chunked

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// ErrMalformed is returned for a body that is no chunks.
var ErrMalformed = errors.New("body: got malformed chunks, expected aws-chunked")

// Decode replaces a body of chunks with their content, and the headers that describe
// it. It changes no other request. Signatures and trailers are ignored.
func Decode(r *http.Request) error {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return nil
	}
	size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return ErrMalformed
	}
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	r.Header.Set("Content-Length", strconv.FormatInt(size, 10))
	r.ContentLength = size
	var others []string
	for encoding := range strings.SplitSeq(r.Header.Get("Content-Encoding"), ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			others = append(others, encoding)
		}
	}
	if r.Header.Del("Content-Encoding"); len(others) > 0 {
		r.Header.Set("Content-Encoding", strings.Join(others, ","))
	}
	r.Body = &body{in: bufio.NewReader(r.Body), Closer: r.Body}
	return nil
}

// body reads the content of chunks.
type body struct {
	in    *bufio.Reader
	left  int64 // of the chunk
	began bool
	ended bool
	io.Closer
}

func (b *body) Read(p []byte) (int, error) {
	for b.left == 0 && !b.ended {
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads the line before a chunk, or all lines after the last one.
func (b *body) next() error {
	line, err := b.line()
	if err == nil && b.began && line == "" { // ends the chunk before
		line, err = b.line()
	}
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	if b.left, err = strconv.ParseInt(size, 16, 64); err != nil || b.left < 0 {
		return ErrMalformed
	}
	b.began = true
	if b.left == 0 {
		b.ended = true
		_, err = io.Copy(io.Discard, b.in)
	}
	return err
}

func (b *body) line() (string, error) {
	line, err := b.in.ReadSlice('\n') // a longer one than the buffer is no size
	if err != nil {
		return "", ErrMalformed
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
