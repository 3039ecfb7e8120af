package objects_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/mapjob/mapjob/internal/objects"
)

// Readers of results know an object that is missing by fs.ErrNotExist.
func TestAMissingObjectDoesNotExist(t *testing.T) {
	for _, err := range []error{objects.ErrNoObject, fmt.Errorf("s3://b/k: %w", objects.ErrNoObject)} {
		if !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, objects.ErrNoObject) {
			t.Errorf("got %v, expected that it is fs.ErrNotExist and ErrNoObject", err)
		}
	}
	if errors.Is(objects.ErrNoBucket, fs.ErrNotExist) {
		t.Error("got a missing bucket that is fs.ErrNotExist, expected that only objects are")
	}
}
