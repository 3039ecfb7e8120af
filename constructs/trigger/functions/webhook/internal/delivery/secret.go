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
	// secretLife is how long the values of a secret are used.
	secretLife = 5 * time.Minute
	// secretPause is how long they are used at least, even if a signature does not
	// match: forged signatures must not cause as many calls of Secrets Manager.
	secretPause = 10 * time.Second
)

// secret is the key of the signatures. During a rotation it has two valid values.
type secret struct {
	arn    string
	client func() (SecretsManager, error)

	mutex  sync.Mutex
	values [][]byte
	read   time.Time
}

// signed reports whether the signature is that of the text. If it is not, signed
// reads the secret again, which may have changed.
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

// upTo returns the valid values, if they are not older than age without a call.
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
			continue // the secret was never rotated
		}
		if err != nil {
			return nil, err
		}
		value := answer.SecretBinary
		if answer.SecretString != nil {
			value = []byte(*answer.SecretString)
		}
		if len(value) == 0 { // everybody could sign with it
			return nil, fmt.Errorf("got an empty value for %s of %s, expected the key of the signatures", stage, s.arn)
		}
		values = append(values, value)
	}
	s.values, s.read = values, now
	return values, nil
}
