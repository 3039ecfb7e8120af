// Package objectstest keeps objects in memory, for tests.
package objectstest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/objects"
)

// Memory keeps objects in memory. Every bucket exists.
type Memory struct {
	Objects map[string]string // by BUCKET/KEY; nil is an empty store
	Aborted []string          // objects whose writers were aborted
	Refused map[string]error  // by KEY: why an object can't be created

	mutex sync.Mutex
}

// Open implements [objects.Store].
func (m *Memory) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	body, ok := m.Objects[bucket+"/"+key]
	if !ok {
		return nil, fmt.Errorf("%s/%s: %w", bucket, key, objects.ErrNoObject)
	}
	return io.NopCloser(strings.NewReader(body)), nil
}

// List implements [objects.Store].
func (m *Memory) List(_ context.Context, bucket, prefix string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		for _, info := range m.list(bucket, prefix) {
			if !yield(info, nil) {
				return
			}
		}
	}
}

func (m *Memory) list(bucket, prefix string) (list []objects.Info) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.Objects)) {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(key, prefix) {
			list = append(list, objects.Info{Key: key, Size: int64(len(m.Objects[name])), ETag: `"e"`, StorageClass: "STANDARD", LastModified: time.Unix(1700000000, 0)})
		}
	}
	return list
}

// Create implements [objects.Store].
func (m *Memory) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	if err := m.Refused[key]; err != nil {
		return nil, err
	}
	return &object{memory: m, name: bucket + "/" + key}, nil
}

type object struct {
	bytes.Buffer
	memory *Memory
	name   string
}

func (o *object) Close() error {
	o.memory.mutex.Lock()
	defer o.memory.mutex.Unlock()
	if o.memory.Objects == nil {
		o.memory.Objects = map[string]string{}
	}
	o.memory.Objects[o.name] = o.String()
	return nil
}

func (o *object) Abort() error {
	o.memory.mutex.Lock()
	defer o.memory.mutex.Unlock()
	o.memory.Aborted = append(o.memory.Aborted, o.name)
	return nil
}
