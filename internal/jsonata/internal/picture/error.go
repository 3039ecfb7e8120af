package picture

// Error reports what is wrong with a picture.
type Error struct {
	Code  string // jsonata's error code, such as D3131
	Value any    // the offending part of the picture, if any
}

func (e *Error) Error() string { return e.Code }
