package asl

// Pass holds the fields of a Pass state.
type Pass struct {
	// Result is the literal result, set if HasResult is true.
	Result    any
	HasResult bool
}
