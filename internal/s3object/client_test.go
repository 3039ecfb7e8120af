package s3object

import (
	"path/filepath"
	"testing"
)

func TestAClientThatCouldNotBeMadeIsTriedAgain(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_PROFILE", "nobody")
	if _, err := Client(); err == nil {
		t.Fatal("got a client, expected the error of a profile that is not there")
	}
	t.Setenv("AWS_PROFILE", "")
	first, err := Client()
	if err != nil {
		t.Fatalf("got error %v, expected a client", err)
	}
	if second, err := Client(); second != first || err != nil {
		t.Errorf("got another client (error %v), expected the same", err)
	}
}
