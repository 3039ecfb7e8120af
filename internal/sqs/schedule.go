package sqs

// schedule is a heap of messages, ordered by the time at which they become visible.
type schedule []*stored

func (s schedule) Len() int { return len(s) }

func (s schedule) Less(i, j int) bool {
	if s[i].at.Equal(s[j].at) { // messages that were received together come again in the same order
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
