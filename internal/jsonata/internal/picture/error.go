package picture

import "errors"

// ErrTooLong is returned if a text exceeds 8 MiB, by widths or a long picture.
var ErrTooLong = errors.New("the text of the picture is too long")

const maxText = 8 << 20

// Error reports what is wrong with a picture.
type Error struct {
	Code  string // jsonata's error code, such as D3131
	Value any    // the offending part of the picture, if any
}

// Error returns a text with the code.
func (e *Error) Error() string { return "invalid picture: " + e.Code }
