package sqs

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// Faults make rare events frequent. Whom they strike follows from the seed and
// from what a message says, not from the order in which things happen: two runs
// with the same messages duplicate the same ones, whatever else differs.
type Faults struct {
	Seed uint64
	// Duplicate is the share of messages, from 0 to 1, that are delivered once
	// more: half of them although they were deleted, when their visibility
	// timeout is over, half of them at once, to whoever receives next (developer
	// guide, "Amazon SQS at-least-once delivery": a server that stores a copy
	// missed the delete, or the receive).
	Duplicate float64
	// LostAnswer is the share of a consumer's batches, from 0 to 1, of which the
	// answer is lost after the work was done, so that their messages come again.
	// A batch that comes again has another chance of it. The first message of a
	// batch decides.
	LostAnswer float64
}

// Duplicate is a message that was delivered once more by a fault.
type Duplicate struct {
	Message Message
	Deleted bool // it was deleted before; else another receiver had it at the same time
}

type faults struct {
	Faults
	bodies     map[uint64]int // how often a queue was sent a body, by their hash
	duplicated []Duplicate
	lost       [][]Message
}

// fate is what a fault has in store for a message.
type fate uint8

const (
	delivered  fate = iota
	undeleted       // its delete will be missed
	unreceived      // its receive will be missed
)

// key tells a message by what it says, and by how often that was said before.
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

// LoseAnswer reports whether the answer to a batch is to be lost, and notes that
// it is: the consumer must not delete the messages then.
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

// Duplicates are the messages that were delivered once more by a fault.
func (s *Service) Duplicates() []Duplicate {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.faults.duplicated)
}

// LostAnswers are the batches of which a fault has lost the answer.
func (s *Service) LostAnswers() [][]Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.faults.lost)
}

// mix is a hash. The last steps are there because FNV alone leaves the upper
// bits of similar texts similar.
func mix(seed uint64, text string, number uint64) uint64 {
	h := fnv.New64a()
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], seed)
	binary.LittleEndian.PutUint64(b[8:], number)
	_, _ = h.Write(b[:]) // a hash takes everything
	_, _ = h.Write([]byte(text))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// share is a hash as a number from 0 to less than 1.
func share(hash uint64) float64 { return float64(hash>>11) / (1 << 53) }
