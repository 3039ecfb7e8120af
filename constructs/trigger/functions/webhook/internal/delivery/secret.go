package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const (
	// secretLife is how long a secret is used before it is read again.
	secretLife = 5 * time.Minute
	// secretRest is how long a secret that was read is not read again for a signature
	// that does not match.
	secretRest = time.Second
	// failureLife is how long a failed read is remembered, in place of another one.
	failureLife = 5 * time.Second
	// readTimeout is the longest that a read may take.
	readTimeout = 4 * time.Second

	// A signature that does not match is a reason to read the secret, which may have
	// been rotated, this many times at once and once per rereadInterval on average.
	// Without a budget, forged signatures would cause as many calls of Secrets Manager.
	rereads        = 5
	rereadInterval = 10 * time.Second
)

// secret has the keys of the signatures. During a rotation it has two.
type secret struct {
	arn    string
	client func() (SecretsManager, error)
	key    func(value []byte) ([]byte, error)

	mutex   sync.Mutex
	keys    [][]byte
	read    time.Time // when keys were read
	err     error     // of the last read
	failed  time.Time // when err was returned
	budget  bucket    // of reads because of signatures that do not match
	reading chan struct{}
}

// matches reports whether one of the keys matches. If none does, matches reads the
// secret again, which may have been rotated. An error means that this is not known.
func (s *secret) matches(ctx context.Context, now time.Time, match func(key []byte) bool) (bool, error) {
	keys, err := s.current(ctx, now)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(keys, match) {
		return true, nil
	}
	keys, err = s.again(ctx, now)
	return slices.ContainsFunc(keys, match), err
}

// current returns the keys, and reads them if they are unknown or old. Known keys are
// used on while Secrets Manager fails, and not if it refuses the secret.
func (s *secret) current(ctx context.Context, now time.Time) ([][]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.keys != nil && now.Sub(s.read) < secretLife {
		return s.keys, nil
	}
	if !s.failedAt(now) {
		if err := s.share(ctx, now); err != nil {
			return nil, err
		}
	}
	if s.err != nil && (s.keys == nil || !passes(s.err)) {
		return nil, s.err
	}
	return s.keys, nil
}

// again returns the keys if they have been read since the last request, or may be
// read once more, and none otherwise.
func (s *secret) again(ctx context.Context, now time.Time) ([][]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch {
	case s.failedAt(now):
		return nil, s.err
	case s.reading == nil && now.Sub(s.read) < secretRest:
		return s.keys, nil // another request may have read them a moment ago
	case s.reading == nil && !s.budget.take(now):
		return nil, s.err
	}
	if err := s.share(ctx, now); err != nil {
		return nil, err
	}
	return s.keys, s.err
}

// failedAt reports whether the last read has failed a short while before now.
func (s *secret) failedAt(now time.Time) bool {
	return s.err != nil && now.Sub(s.failed) < failureLife
}

// share waits for the read that is under way, or for one that it starts: requests at
// the same time share a read. It unlocks the mutex while it waits. The error is that
// of a request whose time is up; s.err is the read's.
func (s *secret) share(ctx context.Context, now time.Time) error {
	done := s.reading
	if done == nil {
		done = make(chan struct{})
		s.reading = done
		// The end of one request must not fail the others.
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		go func() {
			defer cancel()
			keys, err := s.fetch(shared)
			s.mutex.Lock()
			defer s.mutex.Unlock()
			if s.err = err; err != nil {
				s.failed = now
				slog.LogAttrs(shared, slog.LevelWarn, "secret not read", slog.String("reason", err.Error()), slog.Bool("known", s.keys != nil))
			} else {
				s.keys, s.read = keys, now
			}
			s.reading = nil
			close(done)
		}()
	}
	s.mutex.Unlock()
	defer s.mutex.Lock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the secret: %w", ctx.Err())
	}
}

// fetch reads the keys. A value that is no key is an error for the current stage. The
// one before it is then left out: it may be from before the scheme was changed.
func (s *secret) fetch(ctx context.Context) ([][]byte, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for _, stage := range []string{"AWSCURRENT", "AWSPREVIOUS"} {
		answer, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.arn, VersionStage: &stage})
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing && stage == "AWSPREVIOUS" {
			continue // the secret was never rotated
		}
		if err != nil {
			return nil, err
		}
		value := answer.SecretBinary
		if answer.SecretString != nil {
			value = []byte(*answer.SecretString)
		}
		key, err := s.key(value)
		if err == nil && len(key) == 0 { // everybody could sign with it
			err = errors.New("got an empty value, expected the key of the signatures")
		}
		switch {
		case err == nil:
			keys = append(keys, key)
		case stage == "AWSCURRENT":
			return nil, &unusable{fmt.Errorf("%s of %s: %w", stage, s.arn, err)}
		default:
			slog.LogAttrs(ctx, slog.LevelWarn, "secret not used", slog.String("stage", stage), slog.String("reason", err.Error()))
		}
	}
	return keys, nil
}

// unusable is the error of a secret whose value has to be changed.
type unusable struct{ error }

// bucket is a budget of events: so many at once, and then one per interval.
type bucket struct {
	used    int       // of rereads
	refills time.Time // when the next one is given back
}

// take reports whether there is an event left, and takes it.
func (b *bucket) take(now time.Time) bool {
	for b.used > 0 && !now.Before(b.refills) {
		b.used--
		b.refills = b.refills.Add(rereadInterval)
	}
	if b.used == 0 {
		b.refills = now.Add(rereadInterval)
	}
	if b.used == rereads {
		return false
	}
	b.used++
	return true
}
