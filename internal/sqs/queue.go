package sqs

import (
	"cmp"
	"container/list"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/agenda"
)

// queue holds the messages of a queue. The service's mutex guards it.
type queue struct {
	settings
	name, arn string
	created   time.Time
	purged    time.Time

	messages  map[int64]*stored      // by serial
	visible   *list.List             // of *stored; the first has been visible longest
	later     agenda.Agenda[*stored] // messages that become visible at a time
	expires   time.Time              // no message expires before; zero if the queue is empty
	consumers int
}

func newQueue(name, arn string, s settings, now time.Time) *queue {
	return &queue{settings: s, name: name, arn: arn, created: now, messages: map[int64]*stored{}, visible: list.New()}
}

// put adds a copy of a message, which becomes visible at the given time.
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

// hide makes a message invisible until the given time.
func (q *queue) hide(m *stored, until time.Time) {
	if m.element != nil {
		q.visible.Remove(m.element)
		m.element = nil
	}
	q.later.Remove(m.hidden)
	m.hidden = q.later.Add(m, until, m.serial) // messages that were received together come again in the same order
}

// show makes an invisible message visible.
func (q *queue) show(m *stored) {
	q.later.Remove(m.hidden)
	m.hidden, m.inFlight = nil, false
	m.element = q.visible.PushBack(m)
}

// remove deletes a message.
func (q *queue) remove(m *stored) {
	delete(q.messages, m.serial)
	if m.element != nil {
		q.visible.Remove(m.element)
		m.element = nil
	} else {
		q.later.Remove(m.hidden)
		m.hidden, m.inFlight = nil, false
	}
}

// settle brings the queue up to date: it shows the messages that are visible by now
// and removes those that have expired.
func (q *queue) settle(now time.Time) {
	for m, due := q.later.TakeDue(now); due; m, due = q.later.TakeDue(now) {
		q.show(m)
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
	for m := range q.later.Values() {
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

// Counts holds the numbers of messages in a queue.
type Counts struct {
	Visible  int // ready to be received
	InFlight int // received, but neither deleted nor visible again
	Delayed  int // not ready yet
}

// Total returns the number of all messages.
func (c Counts) Total() int { return c.Visible + c.InFlight + c.Delayed }
