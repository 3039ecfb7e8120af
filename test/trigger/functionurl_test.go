package trigger

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// functionURL returns a URL whose requests become events of a function, through the
// Invoke API of this machine (AWS Lambda developer guide, "Invoking
// Lambda function URLs").
func functionURL(t *testing.T, r *world, function string) string {
	t.Helper()
	invoke := r.Endpoint(t, "LAMBDA") + "/2015-03-31/functions/" + function + "/invocations"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return // the client is gone
		}
		event := events.LambdaFunctionURLRequest{Version: "2.0", RawPath: request.URL.Path, Headers: map[string]string{}, Body: string(body),
			RequestContext: events.LambdaFunctionURLRequestContext{RequestID: "0b1c6f4e-6d0f-4f0e-9a52-6f3b1f1f7f10",
				HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{Method: request.Method, Path: request.URL.Path}}}
		for name, values := range request.Header {
			event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
		if !strings.HasPrefix(request.Header.Get("Content-Type"), "application/json") || !utf8.Valid(body) {
			event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		}
		payload, err := json.Marshal(event)
		if err != nil {
			t.Error(err)
			return
		}
		answer, err := http.Post(invoke, "application/json", bytes.NewReader(payload))
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		var response events.LambdaFunctionURLResponse
		switch {
		case answer.StatusCode == http.StatusTooManyRequests:
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case answer.StatusCode != http.StatusOK || answer.Header.Get("X-Amz-Function-Error") != "" || json.NewDecoder(answer.Body).Decode(&response) != nil:
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		for name, value := range response.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(response.StatusCode)
		_, _ = io.WriteString(w, response.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
