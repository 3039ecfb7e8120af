//go:build linux || darwin

package lambdahost_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/loopback/loopbacktest"
)

func TestNoPageInvokesAFunction(t *testing.T) {
	h := newHost(t)
	add(t, h, nil)
	file := filepath.Join(t.TempDir(), "touched")
	const path = "/2015-03-31/functions/worker/invocations"
	touch := `{"do":"sleep then touch","file":"` + file + `"}`
	request := func(header, value string) loopbacktest.Request {
		return loopbacktest.Request{Method: http.MethodPost, Path: path, Header: map[string]string{header: value}, Body: touch}
	}
	loopbacktest.Refused(t, h.URL(), []loopbacktest.Request{
		request("Content-Type", "text/plain"),
		request("Content-Type", "application/json"),
		request("Content-Type", "application/x-www-form-urlencoded"),
		request("Content-Type", "multipart/form-data; boundary=x"),
		request("X-Amz-Invocation-Type", "Event"),
		request("X-Amz-Invocation-Type", "DryRun"),
		request("X-Amz-Log-Type", "Tail"),
		request("Authorization", "AWS4-HMAC-SHA256 Credential=local"),
		{Method: http.MethodPost, Path: path + "?Qualifier=live", Body: touch},
		{Method: http.MethodGet, Path: path},
		{Method: http.MethodPut, Path: path, Body: touch},
		{Method: http.MethodGet, Path: "/"},
	})
	if _, err := os.Stat(file); err == nil || h.Stats("worker") != (lambdahost.Stats{}) {
		t.Errorf("got %+v, expected no invocation", h.Stats("worker"))
	}
	if status := loopbacktest.Served(t, h.URL(), request("Content-Type", "text/plain")); status != http.StatusOK {
		t.Errorf("got status %d for a program of this machine, expected 200", status)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestNoPageTakesAnEventOrAnswersIt(t *testing.T) {
	h := newHost(t)
	add(t, h, nil)
	address := ""
	for _, variable := range succeed[[]string](t, h, `{"do":"environment"}`) {
		if found, ok := strings.CutPrefix(variable, "AWS_LAMBDA_RUNTIME_API="); ok {
			address = found
		}
	}
	const path, id = "/2018-06-01/runtime/", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
	var requests []loopbacktest.Request
	for _, action := range []string{"invocation/" + id + "/response", "invocation/" + id + "/error", "init/error", "invocation//response", "invocation/next"} {
		requests = append(requests,
			loopbacktest.Request{Method: http.MethodPost, Path: path + action, Header: map[string]string{"Content-Type": "text/plain"}, Body: `"from a page"`},
			loopbacktest.Request{Method: http.MethodGet, Path: path + action})
	}
	loopbacktest.Refused(t, "http://"+address, requests)
	first := succeed[int](t, h, `{"do":"pid"}`)
	if second := succeed[int](t, h, `{"do":"pid"}`); first != second || h.Stats("worker").Started != 1 {
		t.Errorf("got processes %d and %d, expected the one that pages could not disturb", first, second)
	}
	if status := loopbacktest.Served(t, "http://"+address, requests[0]); status != http.StatusBadRequest {
		t.Errorf("got status %d for a program of this machine, expected 400 for another request's ID", status)
	}
}
