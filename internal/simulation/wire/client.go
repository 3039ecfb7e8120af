package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// Client is the HTTP client of the SDK's clients: it calls the services in memory. A
// connection would not be part of the bubble.
type Client struct {
	Services map[string]http.Handler // by their names in calls
	Pass     Pass
}

// Do implements [aws.HTTPClient].
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	service := serviceOf(awsmiddleware.GetServiceID(r.Context()))
	face := c.Services[service]
	if face == nil {
		return nil, fmt.Errorf("%s: got a request to a service that is not simulated", r.URL.Host)
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	call := service + ":" + awsmiddleware.GetOperationName(r.Context())
	var response *http.Response
	err = c.Pass(r.Context(), call, func() string { return requestText(r.URL, body) }, func() {
		answer := httptest.NewRecorder()
		face.ServeHTTP(answer, served(r, service, body))
		response = answer.Result()
	})
	if refused, ok := errors.AsType[Refusal](err); ok {
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

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}
