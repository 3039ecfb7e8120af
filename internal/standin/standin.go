// Package standin lets a test run stand in for what a function otherwise makes
// itself: clients of AWS and random numbers. They are in the context of the
// invocation, so that runs share nothing and can go on at the same time.
package standin

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

type key[T any] struct{}

// With returns a context in which [Of] finds v by its type T.
func With[T any](ctx context.Context, v T) context.Context {
	return context.WithValue(ctx, key[T]{}, v)
}

// Of returns the value of type T that a test run has put into the context. On
// AWS there is none.
func Of[T any](ctx context.Context) (v T, ok bool) {
	v, ok = ctx.Value(key[T]{}).(T)
	return v, ok
}

type seed [sha256.Size]byte

// source is what random numbers are made from.
type source struct {
	from   uint64
	labels []string
}

// WithRandom returns a context in which [Random] makes its numbers from a seed
// and labels, such as the number of an invocation.
func WithRandom(ctx context.Context, from uint64, labels ...string) context.Context {
	return With(ctx, source{from, labels})
}

// Random returns a generator of random numbers that repeat in each run with the
// same seed. Labels say what the numbers are for: numbers for different labels
// are different, and do not depend on the order in which goroutines ask for them.
// ok is false if the numbers need not repeat, as on AWS.
func Random(ctx context.Context, labels ...string) (numbers *rand.Rand, ok bool) {
	s, ok := Of[source](ctx)
	if !ok {
		return nil, false
	}
	var first seed
	binary.BigEndian.PutUint64(first[:], s.from)
	return rand.New(rand.NewChaCha8(first.with(s.labels).with(labels))), true
}

func (s seed) with(labels []string) seed {
	hash := sha256.New()
	hash.Write(s[:])
	for _, label := range labels {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(label)))
		hash.Write(length[:])
		hash.Write([]byte(label))
	}
	return seed(hash.Sum(nil))
}
