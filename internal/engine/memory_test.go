package engine_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// memory is an object store in memory: key is "bucket/key".
type memory struct {
	mutex   sync.Mutex
	objects map[string]string
}

func (m *memory) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	body, ok := m.objects[bucket+"/"+key]
	if !ok {
		return nil, engine.ErrNoObject
	}
	return io.NopCloser(strings.NewReader(body)), nil
}

func (m *memory) List(_ context.Context, bucket, prefix string) iter.Seq2[engine.ObjectInfo, error] {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var list []engine.ObjectInfo
	for name, body := range m.objects {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(key, prefix) {
			list = append(list, engine.ObjectInfo{Key: key, Size: int64(len(body)), ETag: `"e"`, StorageClass: "STANDARD", LastModified: time.Unix(1700000000, 0)})
		}
	}
	slices.SortFunc(list, func(a, b engine.ObjectInfo) int { return strings.Compare(a.Key, b.Key) })
	return func(yield func(engine.ObjectInfo, error) bool) {
		for _, info := range list {
			if !yield(info, nil) {
				return
			}
		}
	}
}

func (m *memory) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	return &object{memory: m, name: bucket + "/" + key}, nil
}

type object struct {
	bytes.Buffer
	memory *memory
	name   string
}

func (o *object) Close() error {
	o.memory.mutex.Lock()
	defer o.memory.mutex.Unlock()
	o.memory.objects[o.name] = o.String()
	return nil
}
