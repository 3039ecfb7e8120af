package engine

import "github.com/mapjob/mapjob/internal/objects"

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
