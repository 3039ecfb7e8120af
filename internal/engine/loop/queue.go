package loop

// queue is a first-in first-out queue of steps.
type queue struct {
	steps []func()
	head  int
}

func (q *queue) push(step func()) { q.steps = append(q.steps, step) }

func (q *queue) pop() (func(), bool) {
	if q.head == len(q.steps) {
		return nil, false
	}
	step := q.steps[q.head]
	q.steps[q.head] = nil
	q.head++
	if q.head == len(q.steps) {
		q.steps, q.head = q.steps[:0], 0
	} else if q.head > 1024 && q.head > len(q.steps)/2 {
		n := copy(q.steps, q.steps[q.head:])
		clear(q.steps[n:])
		q.steps, q.head = q.steps[:n], 0
	}
	return step, true
}
