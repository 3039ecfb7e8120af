package sqs

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// Faults makes rare failures frequent. Which messages they hit depends on the seed
// and on the message bodies, not on the order of events: two runs with the same
// messages duplicate the same ones.
type Faults struct {
	Seed uint64
	// Duplicate is the share of messages, from 0 to 1, that are delivered once more.
	// Half of them come again after their visibility timeout although they were
	// deleted; the other half go to the next receiver at once. In AWS this happens
	// if a server that stores a copy missed the delete or the receive (developer
	// guide, "Amazon SQS at-least-once delivery").
	Duplicate float64
	// LostAnswer is the share of a consumer's batches, from 0 to 1, whose answer is
	// lost after the work was done, so that their messages come again. The answer to
	// the repeated batch may be lost, too. The first message of a batch decides.
	LostAnswer float64
}

// Duplicate describes a message that a fault delivered once more.
type Duplicate struct {
	Message Message
	// Deleted is true if the message was deleted before. Otherwise another receiver
	// held it at the same time.
	Deleted bool
}

type faults struct {
	Faults
	bodies     map[uint64]int // how often each body was sent, by hash of queue and body
	duplicated []Duplicate
	lost       [][]Message
}

// fate is the fault that will hit a message.
type fate uint8

const (
	delivered  fate = iota // no fault
	undeleted              // its delete will be missed
	unreceived             // its receive will be missed
)

// key identifies a message by its body and by how often that body was sent
// before.
func (f *faults) key(queue, body string) uint64 {
	if f.Duplicate == 0 && f.LostAnswer == 0 {
		return 0
	}
	key := mix(f.Seed, queue+"\x00"+body, 0)
	f.bodies[key]++
	return mix(f.Seed, queue+"\x00"+body, uint64(f.bodies[key]))
}

func (f *faults) fateOf(key uint64) fate {
	switch {
	case f.Duplicate == 0 || share(mix(key, "duplicate", 0)) >= f.Duplicate:
		return delivered
	case mix(key, "kind", 0)%2 == 0:
		return undeleted
	}
	return unreceived
}

// LoseAnswer reports whether a fault loses the answer to a batch, and records it.
// The consumer must not delete the messages of a lost answer.
func (s *Service) LoseAnswer(batch []Message) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	f := &s.faults
	if f.LostAnswer == 0 || len(batch) == 0 {
		return false
	}
	first := batch[0]
	delivery := uint64(first.Receives) << 1
	if first.duplicate {
		delivery |= 1
	}
	if share(mix(first.key, "answer", delivery)) >= f.LostAnswer {
		return false
	}
	f.lost = append(f.lost, slices.Clone(batch))
	return true
}

// Duplicates returns the messages that a fault delivered once more.
func (s *Service) Duplicates() []Duplicate {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.faults.duplicated)
}

// LostAnswers returns the batches whose answer a fault lost.
func (s *Service) LostAnswers() [][]Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.faults.lost)
}

// mix returns a hash. The final steps spread the bits, because FNV alone gives
// similar texts similar upper bits.
func mix(seed uint64, text string, number uint64) uint64 {
	h := fnv.New64a()
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], seed)
	binary.LittleEndian.PutUint64(b[8:], number)
	_, _ = h.Write(b[:]) // a hash never fails
	_, _ = h.Write([]byte(text))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// share maps a hash to a number in [0, 1).
func share(hash uint64) float64 { return float64(hash>>11) / (1 << 53) }
