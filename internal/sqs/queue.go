package sqs

import (
	"cmp"
	"container/heap"
	"container/list"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// stored is one copy of a message in a queue. There is more than one copy only
// where a fault makes one.
type stored struct {
	Message
	serial   int64 // tells copies apart
	fate     fate
	received time.Time // the last time

	// Either it is visible, an element of the queue's list, or it is not before
	// a moment, a place in the queue's heap.
	element  *list.Element
	at       time.Time
	place    int
	inFlight bool // not visible because it was received, else because it is delayed
}

// queue holds messages. The service's mutex guards it.
type queue struct {
	settings
	name, arn string
	created   time.Time
	purged    time.Time

	messages  map[int64]*stored // by serial
	visible   *list.List        // of *stored; the first has been visible longest
	later     schedule
	expires   time.Time // no message does before; zero: there is none
	consumers int
}

func newQueue(name, arn string, s settings, now time.Time) *queue {
	return &queue{settings: s, name: name, arn: arn, created: now, messages: map[int64]*stored{}, visible: list.New()}
}

// put adds a copy of a message, which becomes visible at a moment.
func (q *queue) put(m *stored, at, now time.Time) {
	m.Queue = q.name
	q.messages[m.serial] = m
	if end := m.Sent.Add(q.retention); q.expires.IsZero() || end.Before(q.expires) {
		q.expires = end
	}
	if at.After(now) {
		q.hide(m, at)
	} else {
		m.element = q.visible.PushBack(m)
	}
}

// hide makes a message invisible until a moment.
func (q *queue) hide(m *stored, until time.Time) {
	if m.element != nil {
		q.visible.Remove(m.element)
		m.element = nil
		m.at = until
		heap.Push(&q.later, m)
		return
	}
	isNew := m.at.IsZero()
	m.at = until
	if isNew {
		heap.Push(&q.later, m)
	} else {
		heap.Fix(&q.later, m.place)
	}
}

// show makes an invisible message visible.
func (q *queue) show(m *stored) {
	heap.Remove(&q.later, m.place)
	m.at, m.inFlight = time.Time{}, false
	m.element = q.visible.PushBack(m)
}

// remove takes a message out for good.
func (q *queue) remove(m *stored) {
	delete(q.messages, m.serial)
	if m.element != nil {
		q.visible.Remove(m.element)
		m.element = nil
	} else {
		heap.Remove(&q.later, m.place)
		m.at, m.inFlight = time.Time{}, false
	}
}

// settle brings the queue up to date: what has become visible by now is, and
// what has expired is gone.
func (q *queue) settle(now time.Time) {
	for len(q.later) > 0 && !q.later[0].at.After(now) {
		q.show(q.later[0])
	}
	if q.expires.IsZero() || q.expires.After(now) {
		return
	}
	q.expires = time.Time{}
	for _, m := range q.messages {
		end := m.Sent.Add(q.retention)
		if !end.After(now) {
			q.remove(m)
		} else if q.expires.IsZero() || end.Before(q.expires) {
			q.expires = end
		}
	}
}

func (q *queue) counts() Counts {
	c := Counts{Visible: q.visible.Len()}
	for _, m := range q.later {
		if m.inFlight {
			c.InFlight++
		} else {
			c.Delayed++
		}
	}
	return c
}

func (q *queue) list() []Message {
	all := make([]*stored, 0, len(q.messages))
	for _, m := range q.messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *stored) int { return cmp.Compare(a.serial, b.serial) })
	messages := make([]Message, len(all))
	for i, m := range all {
		messages[i] = m.Message
	}
	return messages
}

// A receipt handle names the queue, the copy and the delivery. It is opaque to
// those who get one.

func (m *stored) handle() string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %d", m.Queue, m.serial, m.Receives))
}

// held is the message of a receipt handle: nil for one that was deleted, has
// expired or was delivered again since.
func (q *queue) held(handle string) (*stored, *Error) {
	invalid := refuse("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle of this queue.", handle)
	text, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		return nil, invalid
	}
	var name string
	var serial int64
	var receives int
	if n, err := fmt.Sscanf(string(text), "%s %d %d", &name, &serial, &receives); err != nil || n != 3 || name != q.name || strings.Count(string(text), " ") != 2 {
		return nil, invalid
	}
	m := q.messages[serial]
	if m == nil || m.Receives != receives {
		return nil, nil
	}
	return m, nil
}

// schedule is a heap of messages by the moment at which they become visible.
type schedule []*stored

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if s[i].at.Equal(s[j].at) { // those that were received together come again in the same order
		return s[i].serial < s[j].serial
	}
	return s[i].at.Before(s[j].at)
}
func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}
func (s *schedule) Push(m any) {
	m.(*stored).place = len(*s)
	*s = append(*s, m.(*stored))
}
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	(*s)[len(*s)-1] = nil
	*s = (*s)[:len(*s)-1]
	return last
}
