// Package wire passes requests of the SDK's clients on to services in memory.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/mapjob/mapjob/internal/awscall"
)

// Pass makes a call, such as s3:PutObject, when it may go on. What tells calls of one
// name apart. The error is a [Refusal], or says why there is no answer.
type Pass func(ctx context.Context, call string, what func() string, do func()) error

// Refusal is the error of a call that a fault refuses in place of the service.
type Refusal struct{ awscall.Refusal }

func (r Refusal) Error() string { return r.Code + ": " + r.Message }

// Retryer returns what tries requests again: three times, after fixed pauses.
func Retryer() *retry.Standard {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			return 50 * time.Millisecond << attempt, nil
		})
	})
}

// serviceOf returns the name in calls, such as s3 in s3:PutObject, of a service that
// the SDK calls by an ID.
func serviceOf(id string) string {
	switch id {
	case "EventBridge":
		return "events"
	case "SFN":
		return "states"
	}
	return strings.ToLower(strings.ReplaceAll(id, " ", ""))
}

// served returns a client's request as a server gets it. S3's bucket is in the path.
func served(r *http.Request, service string, body []byte) *http.Request {
	r = r.Clone(r.Context())
	if bucket, isBucket := strings.CutSuffix(r.URL.Host, "."+s3Host(r.URL.Host)); service == "s3" && isBucket {
		r.URL.Path, r.URL.RawPath = "/"+bucket+r.URL.Path, ""
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.RequestURI = r.URL.RequestURI()
	r.Host = "localhost" // SQS answers no other
	return r
}

// s3Host returns the host of an endpoint of S3 without the bucket.
func s3Host(host string) string {
	if at := strings.LastIndex(host, ".s3."); at >= 0 {
		return host[at+1:]
	}
	return host
}

// requestText tells requests apart that a function makes at the same time. The text is
// the same however the SDK orders what it sends.
func requestText(at *url.URL, body []byte) string {
	where := at.Host + at.EscapedPath() + "?" + at.Query().Encode()
	var content any
	if json.Unmarshal(body, &content) == nil {
		if object, ok := content.(map[string]any); ok {
			delete(object, "ClientRequestToken") // it is random
		}
		body, _ = json.Marshal(content)
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		body = []byte(form.Encode())
	}
	return where + "\n" + string(body)
}
