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

// errRereads is returned if a signature does not match, and the budget of reads is
// used up.
var errRereads = errors.New("the signature does not match, and the secret was read again too often to be read again now")

// secret has the keys of the signatures. During a rotation it has two.
type secret struct {
	arn    string
	client func() (SecretsManager, error)
	key    func(value []byte) ([]byte, error)
	now    func() time.Time

	mutex   sync.Mutex
	keys    [][]byte
	read    time.Time   // when the read that returned keys began
	number  int         // of that read
	refused bool        // Secrets Manager has refused the secret since then
	err     error       // of the last read
	failed  time.Time   // when err was returned
	begun   int         // how many reads have begun
	budget  tokenBucket // of reads because of signatures that do not match
	reading chan struct{}
}

// matches reports whether one of the keys matches. It reports that none does only
// of keys that were read after the call began, because the secret may have been
// rotated. It returns an error if it can't read the secret.
func (s *secret) matches(ctx context.Context, match func(key []byte) bool) (bool, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before := s.begun
	if err := s.refresh(ctx); err != nil {
		return false, err
	}
	for !slices.ContainsFunc(s.keys, match) {
		switch {
		case s.number > before:
			return false, nil
		case s.hasFailed():
			return false, s.err
		case s.reading == nil && !s.budget.take(s.now()):
			return false, errRereads
		}
		if err := s.share(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// refresh reads the keys if they are unknown or old. Known keys are used on while
// Secrets Manager fails, and not if it refuses the secret.
func (s *secret) refresh(ctx context.Context) error {
	if s.keys != nil && isWithin(s.now(), s.read, secretLife) {
		return nil
	}
	if !s.hasFailed() {
		if err := s.share(ctx); err != nil {
			return err
		}
	}
	if s.err != nil && (s.keys == nil || s.refused) {
		return s.err
	}
	return nil
}

// hasFailed reports whether the last read failed a short while ago.
func (s *secret) hasFailed() bool {
	return s.err != nil && isWithin(s.now(), s.failed, failureLife)
}

// isWithin reports whether now is less than life after a time. It is not before the
// time, unless the clock was set back.
func isWithin(now, since time.Time, life time.Duration) bool {
	age := now.Sub(since)
	return age >= 0 && age < life
}

// share waits for the read that is under way, or for one that it starts: requests at
// the same time share a read. It unlocks the mutex while it waits. It returns an error
// if the caller's time is up; s.err is the read's.
func (s *secret) share(ctx context.Context) error {
	done := s.reading
	if done == nil {
		done = make(chan struct{})
		s.reading = done
		s.begun++
		// The end of one request must not fail the others.
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		go func() {
			defer cancel()
			began := s.now()
			keys, err := s.fetch(shared)
			s.mutex.Lock()
			defer s.mutex.Unlock()
			if s.err = err; err != nil {
				s.failed = s.now()
				s.refused = s.refused || !isTemporary(err)
				slog.LogAttrs(shared, slog.LevelWarn, "secret not read", slog.String("reason", err.Error()), slog.Bool("known", s.keys != nil))
			} else {
				s.keys, s.read, s.number, s.refused = keys, began, s.begun, false
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

// tokenBucket is a budget of rereads: so many at once, and then one per
// rereadInterval.
type tokenBucket struct {
	used    int       // of rereads
	refills time.Time // when the next one is given back
}

// take reports whether a token is left, and takes it.
func (b *tokenBucket) take(now time.Time) bool {
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
