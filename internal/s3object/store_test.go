package s3object_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/internal/standin"
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

func TestTheClientOfATestRunStandsInForTheDefault(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_REGION", "us-east-1")
	ours, given := s3fake.Client(http.NotFoundHandler()), s3fake.Client(http.NotFoundHandler())
	inTestRun := standin.With[s3object.API](t.Context(), ours)
	s := s3object.New(nil)
	made, err := s.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := s.Client(inTestRun); got != ours || err != nil {
			t.Errorf("got %p and error %v in a test run, expected its client", got, err)
		}
		if got, err := s.Client(t.Context()); got != made || err != nil {
			t.Errorf("got %p and error %v outside of a test run, expected the default client", got, err)
		}
	}
	if got, err := s3object.New(given).Client(inTestRun); got != given || err != nil {
		t.Errorf("got %p and error %v, expected the client that the store was made with", got, err)
	}
}
