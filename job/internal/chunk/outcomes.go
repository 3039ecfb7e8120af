package chunk

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/answer"
)

const (
	// soonest is the shortest time between two parts.
	soonest = time.Second

	// lossGBSeconds is the work that a crash may repeat: $0.001 of Lambda. Storing a
	// part costs half a percent of that.
	lossGBSeconds = 75

	// partBytes closes a part, because a worker holds it in memory.
	partBytes = 4 << 20
)

// Interval returns how long a worker may work until it stores a part, by the
// memory of its function in MB as Lambda has it in the environment. Without that
// it is a second.
func Interval(memory string) time.Duration {
	mb, err := strconv.Atoi(memory)
	if err != nil || mb <= 0 {
		return soonest
	}
	return max(soonest, lossGBSeconds*1024*time.Second/time.Duration(mb))
}

// Outcomes stores the outcomes of one try of a chunk in parts, because S3 can't
// append to an object.
type Outcomes struct {
	store *s3object.Store
	try   string // distinguishes the parts of this try from those of others

	full chan struct{} // has an element if there are lines for a part

	mutex  sync.Mutex
	lines  []byte // not stored yet
	parts  int    // stored by this try
	answer protocol.StoredOutcomes
}

// NewOutcomes returns the outcomes of a try.
func NewOutcomes(store *s3object.Store, c *protocol.Chunk, to protocol.Folder, try string) *Outcomes {
	return &Outcomes{store: store, try: try, full: make(chan struct{}, 1), answer: protocol.StoredOutcomes{Chunk: c, Outcomes: to.ChunkOutcomes(c.First)}}
}

// AddStored counts an outcome that an earlier try has stored, and that is
// final, or else notes only the part that has it.
func (s *Outcomes) AddStored(part string, o *protocol.Outcome) {
	if o.IsFinal() {
		answer.Count(&s.answer, o)
	}
	if !slices.Contains(s.answer.Outcomes.Parts, part) {
		s.answer.Outcomes.Parts = append(s.answer.Outcomes.Parts, part)
	}
}

// Add adds an outcome to the next part.
func (s *Outcomes) Add(o protocol.Outcome) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lines = append(answer.Append(s.lines, &o), '\n')
	answer.Count(&s.answer, &o)
	if len(s.lines) >= partBytes {
		select {
		case s.full <- struct{}{}:
		default:
		}
	}
}

// AddNotStarted counts an item that was not started. Nothing is stored of it.
func (s *Outcomes) AddNotStarted(o *protocol.Outcome) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	answer.Count(&s.answer, o)
	s.answer.NotBegun++
}

// Follow stores a part at every interval, until stop is closed. If an earlier try
// did not end, because this is a retry or because it has stored parts, the first part
// comes after a second, and each wait is twice as long as the one before, up to the
// interval, so that a worker that keeps crashing loses no more than half of what it
// did. Store must not be called at the same time.
func (s *Outcomes) Follow(ctx context.Context, stop <-chan struct{}, interval time.Duration, retry bool) {
	wait := interval
	if retry || len(s.answer.Outcomes.Parts) > 0 {
		wait = soonest
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-timer.C:
		case <-s.full:
		}
		if s.Store(ctx) == nil {
			wait = min(2*wait, interval)
		} else {
			wait = soonest // the last one returns its error
		}
		timer.Reset(wait)
	}
}

// Store stores what is not stored yet as a part.
func (s *Outcomes) Store(ctx context.Context) error {
	s.mutex.Lock()
	lines := s.lines
	s.lines = nil
	s.mutex.Unlock()
	if len(lines) == 0 {
		return nil
	}
	part := protocol.Part(s.try, s.parts)
	err := s.store.Put(ctx, s.answer.Outcomes.Bucket, s.answer.Outcomes.Prefix+part, lines)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err != nil {
		s.lines = append(lines, s.lines...)
		return err
	}
	s.parts++
	s.answer.Outcomes.Parts = append(s.answer.Outcomes.Parts, part)
	return nil
}

// Answer returns the element of the worker's answer that stands for the chunk.
func (s *Outcomes) Answer() protocol.StoredOutcomes {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.answer
}
