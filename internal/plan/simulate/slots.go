package simulate

// slots holds values by number. A number is used again when its value is gone.
type slots[T any] struct {
	values []T
	free   []uint32
}

func (s *slots[T]) add(v T) uint32 {
	if n := len(s.free) - 1; n >= 0 {
		id := s.free[n]
		s.free = s.free[:n]
		s.values[id] = v
		return id
	}
	s.values = append(s.values, v)
	return uint32(len(s.values) - 1)
}

// at returns a value, until the next add.
func (s *slots[T]) at(id uint32) *T { return &s.values[id] }

func (s *slots[T]) remove(id uint32) { s.free = append(s.free, id) }
