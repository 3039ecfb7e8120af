package chunk

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job/internal/answer"
)

// storeEvery is how much work is lost, at most, if a worker crashes.
const storeEvery = time.Second

// Outcomes stores the outcomes of one try of a chunk in parts, because S3 can't
// append to an object.
type Outcomes struct {
	store *s3object.Store
	try   string // distinguishes the parts of this try from those of others

	mutex  sync.Mutex
	lines  []byte // not stored yet
	parts  int    // stored by this try
	answer protocol.StoredOutcomes
}

// NewOutcomes returns the outcomes of a try.
func NewOutcomes(store *s3object.Store, c *protocol.Chunk, to protocol.Folder, try string) *Outcomes {
	return &Outcomes{store: store, try: try, answer: protocol.StoredOutcomes{Chunk: c, Outcomes: to.ChunkOutcomes(c.First)}}
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
}

// AddNotStarted counts an item that was not started. Nothing is stored of it.
func (s *Outcomes) AddNotStarted(o *protocol.Outcome) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	answer.Count(&s.answer, o)
	s.answer.NotBegun++
}

// Follow stores a part every second, until stop is closed. Store must not be
// called at the same time.
func (s *Outcomes) Follow(ctx context.Context, stop <-chan struct{}) {
	ticker := time.NewTicker(storeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			_ = s.Store(ctx) // the next time tries again, and the last one returns its error
		}
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
