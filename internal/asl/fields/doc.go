// Package fields reads the objects of a state machine definition field by field and
// collects the problems that it finds.
//
// It knows which fields an object may have and how each kind of value is written in
// both query languages. Package asl knows what the fields mean.
package fields
