package integration

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// MessageFile is [Messages] that are lines of a file.
type MessageFile struct {
	path  string
	mutex sync.Mutex
	file  *os.File // nil until Open
}

// NewMessageFile keeps messages in a file. It is created when a state machine has a
// task that sends one.
func NewMessageFile(path string) *MessageFile { return &MessageFile{path: path} }

// Open creates the file, unless it is open.
func (f *MessageFile) Open() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.file != nil {
		return nil
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keeping messages: %w", err)
	}
	f.file = file
	return nil
}

// Keep writes a message to the file.
func (f *MessageFile) Keep(request *engine.Request, answer *value.Object) error {
	line := value.Append(nil, value.NewObject(
		"time", request.Now.UTC().Format(time.RFC3339Nano),
		"resource", request.Resource.ARN,
		"state", request.StateName,
		"parameters", request.Parameters,
		"answer", answer,
	))
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if _, err := f.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keeping a message: %w", err)
	}
	return nil
}

// Close closes the file.
func (f *MessageFile) Close() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
