// Package value represents JSON values for the state machine engine and its
// expression languages.
//
// A value is one of nil, bool, float64, [Number], string, []any and *[Object].
// Objects keep the order of their members, as they do in Step Functions.
// States and branches share values: copy a value before you change it.
package value
