package s3object

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/pages"
	"github.com/mapjob/mapjob/internal/standin"
)

// Store is S3. Its methods may be called at the same time.
type Store struct {
	given API // nil: the store uses that of a test run, or makes one

	mutex sync.Mutex
	made  *s3.Client
}

// New returns a store that uses a client. If the client is nil, the store uses that
// of a test run, if there is one, else it makes one from the default configuration.
// It does so when a client is first needed, because a function that needs none
// starts faster without.
func New(client *s3.Client) *Store {
	if client == nil {
		return &Store{}
	}
	return &Store{given: client}
}

// Client returns the store's client. If it could not be made, the next call
// tries again, as a process outlives an invocation.
func (s *Store) Client(ctx context.Context) (API, error) {
	if s.given != nil {
		return s.given, nil
	}
	if client, ok := standin.Of[API](ctx); ok {
		return client, nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.made == nil {
		settings, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, err
		}
		s.made = s3.NewFromConfig(settings, func(o *s3.Options) {
			o.DisableLogOutputChecksumValidationSkipped = true // not every object has a checksum
		})
	}
	return s.made, nil
}

// Open opens an object, which is read with the context. An error that S3
// answers keeps its name, such as NoSuchKey.
func (s *Store) Open(ctx context.Context, bucket, key string) (*Object, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return nil, err
	}
	return open(ctx, client, bucket, key, 0)
}

// OpenAt opens an object after its first bytes, as Open does. If it has no more than these, S3
// answers InvalidRange.
func (s *Store) OpenAt(ctx context.Context, bucket, key string, bytes int64) (*Object, error) {
	client, err := s.Client(ctx)
	if err != nil {
		return nil, err
	}
	return open(ctx, client, bucket, key, bytes)
}

// Put writes an object.
func (s *Store) Put(ctx context.Context, bucket, key string, text []byte) error {
	client, err := s.Client(ctx)
	if err != nil {
		return err
	}
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(text)}); err != nil {
		return fmt.Errorf("writing s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}

// Keys yields the keys that begin with a prefix, in ascending order. It ends
// after an error.
func (s *Store) Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		client, err := s.Client(ctx)
		if err != nil {
			yield("", err)
			return
		}
		all := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
		for page, err := range pages.Of(ctx, all, func(p *s3.ListObjectsV2Output) *string { return p.NextContinuationToken }) {
			if err != nil {
				yield("", fmt.Errorf("listing s3://%s/%s: %w", bucket, prefix, err))
				return
			}
			for _, object := range page.Contents {
				if !yield(aws.ToString(object.Key), nil) {
					return
				}
			}
		}
	}
}
