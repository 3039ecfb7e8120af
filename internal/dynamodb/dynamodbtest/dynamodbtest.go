// Package dynamodbtest lets tests use DynamoDB on this machine.
package dynamodbtest

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/mapjob/mapjob/internal/dynamodb"
)

// Start starts a database until the test ends.
func Start(t testing.TB) *dynamodb.Database {
	t.Helper()
	d, err := dynamodb.Start(context.Background(), ".", 0)
	SkipWithout(t, err)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// SkipWithout skips a test whose database did not start because dynalite is not
// installed. In CI, where it has to be, it does nothing.
func SkipWithout(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, dynamodb.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
}
