package jsonl

import (
	"fmt"
	"io"
)

// Allowance reads from another reader and fails after a number of bytes, so that a
// document or an element that is too large is not held in memory.
type Allowance struct {
	from       io.Reader
	most, left int
}

// Allow returns a reader of at most the given number of bytes.
func Allow(from io.Reader, most int) *Allowance { return &Allowance{from, most, most} }

// Renew allows the same number of bytes again, for the next element.
func (a *Allowance) Renew() { a.left = a.most }

// Read returns an error if no byte is left.
func (a *Allowance) Read(p []byte) (int, error) {
	if a.left == 0 {
		if n, err := a.from.Read(p[:min(1, len(p))]); n == 0 {
			return 0, err
		}
		return 0, fmt.Errorf("got more than %d bytes in one value, expected a smaller one", a.most)
	}
	n, err := a.from.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}
