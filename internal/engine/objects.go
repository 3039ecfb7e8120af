package engine

import (
	"context"

	"github.com/mapjob/mapjob/internal/objects"
)

// Objects is the object store from which a Map reads items and to which it
// writes results.
type Objects = objects.Store

// ObjectInfo is an object of a list.
type ObjectInfo = objects.Info

// The errors that [Objects] returns.
var (
	ErrNoObject = objects.ErrNoObject
	ErrNoBucket = objects.ErrNoBucket
)

// MapState is the Map state for which objects are read or written.
type MapState struct {
	ExecutionARN, StateName string
	EnteredID               int64 // of the event with which the state was entered
}

type mapStateKey struct{}

// MapStateOf returns the Map state to which the context of a call of [Objects]
// belongs.
func MapStateOf(ctx context.Context) MapState {
	m, _ := ctx.Value(mapStateKey{}).(MapState)
	return m
}

// objectsContext is the context of calls of Objects for a Map state.
func (v *visit) objectsContext() context.Context {
	return context.WithValue(v.run.ctx, mapStateKey{}, MapState{v.execution.arn, v.state.Name, v.enteredID})
}
