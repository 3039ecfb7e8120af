package simulation

import (
	"bytes"
	"context"
	"io"
	"iter"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/s3object"
)

// Small services, until those of internal/memory are there.

type memory struct {
	s3object.API
	mutex   sync.Mutex
	objects map[string][]byte
}

func (m *memory) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	b, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.objects[*in.Bucket+"/"+*in.Key] = b
	return &s3.PutObjectOutput{}, nil
}

func (m *memory) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	b, ok := m.objects[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, &types.NoSuchKey{}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(b)), ContentLength: aws.Int64(int64(len(b))), ETag: aws.String("x")}, nil
}

func (m *memory) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return &s3.ListObjectsV2Output{}, nil
}

func (m *memory) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	b, ok := m.objects[bucket+"/"+key]
	if !ok {
		return nil, objects.ErrNoObject
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (m *memory) List(context.Context, string, string) iter.Seq2[objects.Info, error] {
	return func(func(objects.Info, error) bool) {}
}

func (m *memory) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	return &written{m: m, name: bucket + "/" + key}, nil
}

type written struct {
	bytes.Buffer
	m    *memory
	name string
}

func (p *written) Close() error {
	p.m.mutex.Lock()
	defer p.m.mutex.Unlock()
	p.m.objects[p.name] = p.Bytes()
	return nil
}
