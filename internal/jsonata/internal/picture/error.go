package picture

// Error reports what is wrong with a picture.
type Error struct {
	Code  string // jsonata's error code, such as D3131
	Value any    // the offending part of the picture, if any
}

// Error returns a text with the code.
func (e *Error) Error() string { return "invalid picture: " + e.Code }
