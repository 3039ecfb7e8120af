package asl

// Pass holds the fields of a Pass state.
type Pass struct {
	// Result is the literal result, or nil. AWS does not tell a Result of null from
	// none.
	Result any
}
