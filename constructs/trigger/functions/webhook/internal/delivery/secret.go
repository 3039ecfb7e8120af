package delivery

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const (
	// secretLife is how long a secret that was read is used.
	secretLife = 5 * time.Minute
	// secretPause is how long it is used at least, even where a signature does
	// not match: forged ones must not become so many calls of Secrets Manager.
	secretPause = 10 * time.Second
)

// secret is the key of the signatures. While it is being rotated there are two,
// and either is good.
type secret struct {
	arn    string
	client func() (SecretsManager, error)

	mutex  sync.Mutex
	values [][]byte
	read   time.Time
}

// signed reports whether the signature is the text's. Where it is not, the
// secret is read again: it may have changed.
func (s *secret) signed(ctx context.Context, now time.Time, signature, text []byte) (bool, error) {
	for _, age := range []time.Duration{secretLife, secretPause} {
		values, err := s.upTo(ctx, now, age)
		if err != nil {
			return false, err
		}
		for _, value := range values {
			if hmac.Equal(signature, mac(value, text)) {
				return true, nil
			}
		}
	}
	return false, nil
}

// upTo is the values that are valid, as they were read within that time.
func (s *secret) upTo(ctx context.Context, now time.Time, age time.Duration) ([][]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.values != nil && now.Sub(s.read) < age {
		return s.values, nil
	}
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	var values [][]byte
	for _, stage := range []string{"AWSCURRENT", "AWSPREVIOUS"} {
		answer, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.arn, VersionStage: &stage})
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing && stage == "AWSPREVIOUS" {
			continue // it was never rotated
		}
		if err != nil {
			return nil, err
		}
		value := answer.SecretBinary
		if answer.SecretString != nil {
			value = []byte(*answer.SecretString)
		}
		if len(value) == 0 { // anybody could sign with it
			return nil, fmt.Errorf("got an empty value for %s of %s, expected the key of the signatures", stage, s.arn)
		}
		values = append(values, value)
	}
	s.values, s.read = values, now
	return values, nil
}
