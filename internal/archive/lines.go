package archive

import (
	"bytes"
	"errors"
	"io"
	"io/fs"

	"github.com/mapjob/mapjob/internal/regular"
)

// linesBackward yields the complete lines of a file before an offset, the last one
// first, with their offsets. Offset -1 is the end of the file. A file that does not
// exist has no lines.
func linesBackward(path string, before int64, yield func(text []byte, at int64) bool) error {
	file, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if before < 0 {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		before = info.Size()
	}
	const block = 1 << 16
	var rest []byte // the beginning of what was read, up to its first line's end
	for end := before; end > 0; {
		size := min(block, end)
		text := make([]byte, size, int(size)+len(rest))
		if _, err := file.ReadAt(text, end-size); err != nil && err != io.EOF {
			return err
		}
		end -= size
		text = append(text, rest...)
		for {
			body := bytes.TrimSuffix(text, []byte("\n"))
			at := bytes.LastIndexByte(body, '\n') + 1
			if at == 0 && end > 0 { // it may begin before
				break
			}
			if len(body) < len(text) && !yield(body[at:], end+int64(at)) { // else it is not complete
				return nil
			}
			text = text[:at]
			if at == 0 {
				break
			}
		}
		rest = text
	}
	return nil
}
