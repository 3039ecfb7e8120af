package engine

import "sync"

// tokens are the tasks that wait for an answer, by their tokens. It is safe for
// concurrent use: answers come from any goroutine.
type tokens struct {
	mutex     sync.Mutex
	callbacks map[string]*Callback
}

func (s *tokens) add(c *Callback) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.callbacks == nil {
		s.callbacks = map[string]*Callback{}
	}
	s.callbacks[c.Token] = c
}

// find returns the callback of a token; nil if there is none.
func (s *tokens) find(token string) *Callback {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.callbacks[token]
}

// take does what find does, and the token is not valid any more.
func (s *tokens) take(token string) *Callback {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	c := s.callbacks[token]
	delete(s.callbacks, token)
	return c
}
