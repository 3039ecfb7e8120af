package simulation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// clientConfig returns the configuration of clients. They do not sign, because that
// takes a third of the time, and their retries are after fixed times.
func (s *Simulation) clientConfig() aws.Config {
	return aws.Config{
		Region:                     s.region(),
		Credentials:                aws.AnonymousCredentials{},
		HTTPClient:                 client{s},
		Retryer:                    func() aws.Retryer { return s.retryer },
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
}

func newRetryer() *retry.Standard {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			return 50 * time.Millisecond << attempt, nil
		})
	})
}

// client is the HTTP client of the SDK's clients: it calls the services in memory. A
// connection would not be part of the bubble.
type client struct{ simulation *Simulation }

// Do implements [aws.HTTPClient].
func (c client) Do(r *http.Request) (*http.Response, error) {
	service := serviceName(awsmiddleware.GetServiceID(r.Context()))
	face := c.simulation.faces[service]
	if face == nil {
		return nil, fmt.Errorf("%s: got a request to a service that is not simulated", r.URL.Host)
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	made := call{name: service + ":" + awsmiddleware.GetOperationName(r.Context()), what: func() string { return canonical(r.URL, body) }}
	var response *http.Response
	err = c.simulation.pass(r.Context(), made, func() {
		answer := httptest.NewRecorder()
		face.ServeHTTP(answer, served(r, service, body))
		response = answer.Result()
	})
	if refused, ok := errors.AsType[refusal](err); ok {
		answer := httptest.NewRecorder()
		refused.Write(answer, service)
		response, err = answer.Result(), nil
	}
	if err != nil {
		return nil, err
	}
	response.Request = r
	return response, nil
}

// serviceName returns the name in calls, such as s3 in s3:PutObject, of a service that
// the SDK calls by an ID.
func serviceName(id string) string {
	switch id {
	case "EventBridge":
		return "events"
	case "SFN":
		return "states"
	}
	return strings.ToLower(strings.ReplaceAll(id, " ", ""))
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
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

// canonical tells requests apart that a function makes at the same time. The text is
// the same however the SDK orders what it sends.
func canonical(at *url.URL, body []byte) string {
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
