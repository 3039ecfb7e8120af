package once_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/once"
)

// busy is a DynamoDB that refuses every request for being one too many.
type busy struct{ requests int }

func (b *busy) RoundTrip(r *http.Request) (*http.Response, error) {
	b.requests++
	const answer = `{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "slow down"}`
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(answer)), ContentLength: int64(len(answer))}, nil
}

func TestAThrottledRequestIsTriedTenTimesWithinSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &busy{}
		table := once.NewTable("Table", time.Hour, dynamodb.New(dynamodb.Options{
			Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), HTTPClient: &http.Client{Transport: b},
		}, once.Retry))
		began := time.Now()
		_, err := table.Do(context.Background(), once.Delivery{Scope: "arn:x", Key: "a", Owner: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now,
			Work: func() (protocol.Outcome, bool) {
				t.Error("got the work done, expected an error before")
				return protocol.Outcome{}, false
			}})
		if err == nil || !strings.Contains(err.Error(), `claiming the key "arn:x#a" in the table Table`) || b.requests != 10 {
			t.Errorf("got error %v after %d requests, expected one that names the key after ten", err, b.requests)
		}
		if took := time.Since(began); took < time.Millisecond || took > 30*time.Second {
			t.Errorf("got pauses of %s, expected some, of at most five seconds each", took)
		}
	})
}
