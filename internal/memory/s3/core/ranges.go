package core

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Range returns the bytes of a content that a Range header wants. ok is false if
// it is the whole content: S3 ignores a header that it does not understand.
func Range(header string, size int) (from, to int, ok bool, err error) {
	text, isBytes := strings.CutPrefix(header, "bytes=")
	first, last, isRange := strings.Cut(text, "-")
	if !isBytes || !isRange {
		return 0, size, false, nil
	}
	number := func(text string) int {
		if text == "" {
			return -1
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return -2
		}
		return int(n)
	}
	begin, end := number(first), number(last)
	switch {
	case begin < -1 || end < -1 || begin == -1 && end == -1 || begin >= 0 && end >= 0 && end < begin:
		return 0, size, false, nil
	case begin == -1:
		begin, end = max(size-end, 0), size
	case end == -1 || end >= size:
		end = size
	default:
		end++
	}
	if begin >= end {
		return 0, 0, false, Refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
	}
	return begin, end, true, nil
}

// ContentRange returns the header of an answer that is a range.
func ContentRange(from, to, size int) string { return fmt.Sprintf("bytes %d-%d/%d", from, to-1, size) }
