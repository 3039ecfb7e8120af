package simulation

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/mapjob/mapjob/internal/simulation/wire"
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

// client is the HTTP client of the SDK's clients: it calls the services in memory. A
// connection would not be part of the bubble.
type client struct{ simulation *Simulation }

// Do implements [aws.HTTPClient].
func (c client) Do(r *http.Request) (*http.Response, error) {
	service := wire.Service(awsmiddleware.GetServiceID(r.Context()))
	face := c.simulation.faces[service]
	if face == nil {
		return nil, fmt.Errorf("%s: got a request to a service that is not simulated", r.URL.Host)
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	made := call{name: service + ":" + awsmiddleware.GetOperationName(r.Context()), what: func() string { return wire.Text(r.URL, body) }}
	var response *http.Response
	err = c.simulation.pass(r.Context(), made, func() {
		answer := httptest.NewRecorder()
		face.ServeHTTP(answer, wire.Served(r, service, body))
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

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}
