package s3object_test

import (
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/s3object"
)

func TestAClientThatCouldNotBeMadeIsTriedAgain(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_PROFILE", "missing")
	s := s3object.New(nil)
	if _, err := s.Client(t.Context()); err == nil {
		t.Fatal("got a client, expected the error of a profile that does not exist")
	}
	t.Setenv("AWS_PROFILE", "")
	first, err := s.Client(t.Context())
	if err != nil {
		t.Fatalf("got error %v, expected a client", err)
	}
	if second, err := s.Client(t.Context()); second != first || err != nil {
		t.Errorf("got another client (error %v), expected the same", err)
	}
}
