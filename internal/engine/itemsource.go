package engine

import (
	"context"
	"errors"
	"io"

	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/items"
)

// itemSource returns the items of a Distributed Map one after the other. It is
// used only on the goroutine of the run.
type itemSource interface {
	// next stores the next item.
	next(*mapItem) sourceState
	// whenReady calls the step once, when next no longer waits.
	whenReady(func())
	failure() *failure
	// known returns the number of items, -1 while that is not known.
	known() int
	close()
}

type sourceState int

const (
	sourceItem sourceState = iota
	sourceWaits
	sourceEnds
	sourceFailed
)

// listSource are items that are in memory.
type listSource struct {
	items []any
	keys  []string
	at    int
}

func (s *listSource) next(item *mapItem) sourceState {
	if s.at == len(s.items) {
		return sourceEnds
	}
	*item = newItem(s.items, s.keys, s.at)
	item.source = "STATE_DATA"
	s.at++
	return sourceItem
}

func (s *listSource) whenReady(step func()) { step() }
func (s *listSource) failure() *failure     { return nil }
func (s *listSource) known() int            { return len(s.items) }
func (s *listSource) close()                {}

// openObjects notes which object a source reads.
type openObjects struct {
	Objects
	source *streamSource
}

// Open is that of [Objects].
func (o openObjects) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	o.source.opened = "s3://" + bucket + "/" + key
	return o.Objects.Open(ctx, bucket, key)
}

// blockItems is how many items are read before they are handed to the loop.
const blockItems = 256

// streamSource reads items beside the loop, one block ahead of it.
type streamSource struct {
	ctx  context.Context // of the run
	loop *loop.Loop
	// reader is used by one goroutine at a time, which is not the loop's.
	reader *items.Reader
	opened string // address of the object that reader reads
	// uri is the Source of the items, unless they are loaded from several
	// objects.
	uri    string
	loaded bool
	limit  int64 // MaxItems, -1 without

	block   block
	at      int
	ahead   block
	given   int64
	total   int64
	reading bool
	ended   bool
	closed  bool
	err     error
	ready   func()
}

func (s *streamSource) next(item *mapItem) sourceState {
	for {
		if s.limit >= 0 && s.given == s.limit {
			s.close()
			return sourceEnds
		}
		if s.at < len(s.block.values) {
			*item = mapItem{value: s.block.values[s.at], source: s.uri}
			if s.loaded {
				item.source = s.block.sources[s.at]
			}
			s.block.values[s.at] = nil
			s.at++
			s.given++
			return sourceItem
		}
		switch {
		case s.ahead.values != nil:
			s.block, s.at, s.ahead = s.ahead, 0, block{}
			s.readAhead()
		case s.reading:
			return sourceWaits
		case s.err != nil:
			return sourceFailed
		case s.ended:
			return sourceEnds
		default:
			s.readAhead()
		}
	}
}

// readAhead reads the next block unless one is being read or waits.
func (s *streamSource) readAhead() {
	if s.reading || s.ended || s.err != nil || s.closed {
		return
	}
	s.reading = true
	s.loop.Block(func() func() {
		ahead, err := s.readBlock()
		if s.ctx.Err() != nil { // the loop does not read on
			s.reader.Close()
		}
		return func() {
			s.reading = false
			if s.closed {
				s.closeReader()
				return
			}
			s.ahead = ahead
			s.total += int64(len(ahead.values))
			switch {
			case errors.Is(err, io.EOF):
				s.closeReader()
			case err != nil:
				s.err = err
				s.closeReader()
			}
			if ready := s.ready; ready != nil {
				s.ready = nil
				ready()
			}
		}
	})
}

// block holds items that were read together, and of each loaded one the address
// of its object.
type block struct {
	values  []any
	sources []string
}

func (s *streamSource) readBlock() (b block, err error) {
	for len(b.values) < blockItems {
		x, err := s.reader.Value()
		if err != nil {
			return b, err
		}
		b.values = append(b.values, x)
		if s.loaded {
			b.sources = append(b.sources, s.opened)
		}
	}
	return b, nil
}

func (s *streamSource) whenReady(step func()) {
	if !s.reading {
		step()
		return
	}
	s.ready = step
}

func (s *streamSource) failure() *failure {
	return &failure{name: errItemReader, cause: readCause(s.err)}
}

func (s *streamSource) known() int {
	if s.ended {
		if s.limit >= 0 && s.total > s.limit {
			return int(s.limit)
		}
		return int(s.total)
	}
	return -1
}

func (s *streamSource) close() {
	s.closed = true
	if !s.reading {
		s.closeReader()
	}
}

func (s *streamSource) closeReader() {
	s.ended = true
	s.reader.Close()
}
