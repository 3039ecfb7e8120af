package sfntest

// Error is an error as a state machine sees it.
type Error struct{ Name, Cause string }

// Error returns the name and the cause.
func (e *Error) Error() string {
	if e == nil {
		return "no error, but a nil *sfntest.Error: a function has to return nil if there is none"
	}
	if e.Cause == "" {
		return e.Name
	}
	return e.Name + ": " + e.Cause
}
