package upload

import (
	"errors"
	"testing"
)

func TestS3CopiesNoLargerObject(t *testing.T) {
	to := Target{Metadata: func() map[string]string { return map[string]string{"n": "1"} }}
	if err := to.describe(t.Context(), nil, maxCopy+1); !errors.Is(err, ErrNoMetadata) {
		t.Errorf("got %v, expected %v", err, ErrNoMetadata)
	}
	to.Expected = to.Metadata()
	if err := to.describe(t.Context(), nil, maxCopy+1); err != nil {
		t.Errorf("got %v for metadata that the object has, expected none", err)
	}
}
