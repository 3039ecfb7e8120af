package simulate

// event is something that happens to a slot. Its kind is in the two lowest bits of
// what.
type event struct {
	at    int64  // nanoseconds since the start
	what  uint32 // slot<<2 | kind
	order uint32 // of events at the same time
}

func (e event) before(other event) bool {
	return e.at < other.at || e.at == other.at && e.order < other.order
}

// heap holds events, the first one at its front. It is a heap of four children a
// node, of values: container/heap would allocate each event.
type heap struct {
	events []event
	order  uint32
}

// add adds an event. Of events at the same time the one that was added first is first.
func (h *heap) add(at int64, what uint32) {
	e := event{at, what, h.order}
	h.order++
	h.events = append(h.events, e)
	i := len(h.events) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(h.events[parent]) {
			break
		}
		h.events[i] = h.events[parent]
		i = parent
	}
	h.events[i] = e
}

// take removes the first event. It reports false if there is none.
func (h *heap) take() (event, bool) {
	n := len(h.events) - 1
	if n < 0 {
		return event{}, false
	}
	first, e := h.events[0], h.events[n]
	h.events = h.events[:n]
	i := 0
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		for other := child + 1; other < min(child+4, n); other++ {
			if h.events[other].before(h.events[least]) {
				least = other
			}
		}
		if !h.events[least].before(e) {
			break
		}
		h.events[i] = h.events[least]
		i = least
	}
	if n > 0 {
		h.events[i] = e
	}
	return first, true
}
