// Package s3fake gives tests an S3 in their own process. There is no network in
// between, so it works in the virtual time of testing/synctest, and tests need
// no environment.
package s3fake

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Client returns a client that calls a server. If the server panics with
// [http.ErrAbortHandler], the connection breaks after what it has written. The
// answer to a request is in memory as a whole.
func Client(server http.Handler) *s3.Client {
	return At("http://s3.test", &http.Client{Transport: transport{server}})
}

// At returns a client of an S3 at an address.
func At(url string, client *http.Client) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		BaseEndpoint: &url, UsePathStyle: true, HTTPClient: client,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		DisableLogOutputChecksumValidationSkipped: true,
	})
}

type transport struct{ server http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	request := r.Clone(r.Context())
	request.RequestURI = r.URL.RequestURI()
	if request.Body == nil {
		request.Body = http.NoBody
	}
	request.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10)) // as it comes over a network
	recorder := httptest.NewRecorder()
	broken := t.serve(recorder, request)
	response := recorder.Result()
	response.Request = r
	if response.Header.Get("Content-Length") == "" {
		response.Header.Del("Content-Length")
		response.ContentLength = -1
	}
	if broken {
		response.Body = io.NopCloser(io.MultiReader(response.Body, brokenConnection{}))
	}
	return response, nil
}

// serve calls the server and reports whether it has broken the connection.
func (t transport) serve(w http.ResponseWriter, r *http.Request) (broken bool) {
	defer func() {
		p := recover()
		if err, _ := p.(error); errors.Is(err, http.ErrAbortHandler) {
			broken = true
		} else if p != nil {
			panic(p)
		}
	}()
	t.server.ServeHTTP(w, r)
	return false
}

type brokenConnection struct{}

func (brokenConnection) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
