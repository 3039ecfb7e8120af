// Package dynamodbtest lets tests use DynamoDB on this machine.
package dynamodbtest

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/mapjob/mapjob/internal/dynamodb"
)

// Start starts a database in memory until the test ends.
func Start(t testing.TB) *dynamodb.Database { return StartIn(t, "") }

// StartIn starts a database in a folder until the test ends.
func StartIn(t testing.TB, data string) *dynamodb.Database {
	t.Helper()
	d, err := dynamodb.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	err = d.Start(context.Background(), ".", data)
	SkipWithout(t, err)
	if err != nil {
		t.Fatal(err)
	}
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
