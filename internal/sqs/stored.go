package sqs

import (
	"container/list"
	"time"

	"github.com/mapjob/mapjob/internal/agenda"
)

// stored is one copy of a message in a queue. Only a fault makes a second copy.
type stored struct {
	Message
	serial   int64 // identifies the copy
	fate     fate
	received time.Time // of the last receive

	// A visible message has an element in the queue's list. An invisible one has an
	// entry in the queue's agenda.
	element  *list.Element
	hidden   *agenda.Entry[*stored]
	inFlight bool // true if it is invisible because of a receive, not a delay
}
