// Package loopbacktest sends a part what a page in a browser could send it.
package loopbacktest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Request is a request for a part.
type Request struct {
	Method, Path string
	Header       map[string]string
	Body         string
}

// JSON returns requests of an API of AWS, one for each operation and its
// parameters, with the media type that a form can have, too.
func JSON(target string, operations map[string]string) []Request {
	var list []Request
	for operation, parameters := range operations {
		list = append(list, Request{http.MethodPost, "/", map[string]string{"X-Amz-Target": target + operation, "Content-Type": "text/plain"}, parameters})
	}
	return list
}

// Pages returns the forms in which pages in browsers send requests. Each changes
// a request.
func Pages() map[string]func(*http.Request) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	return map[string]func(*http.Request){
		"a script of another site":   header("Origin", "https://evil.example"),
		"a sandboxed form":           header("Origin", "null"),
		"a page of another port":     header("Origin", "http://127.0.0.1:3000"),
		"an image":                   header("Sec-Fetch-Site", "cross-site"),
		"an image in an old browser": header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/88.0"),
		"a host name that was bound": func(r *http.Request) { r.Host = "evil.example:4566" },
		"a preflight": func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Access-Control-Request-Method", r.Method)
			r.Method = http.MethodOptions
		},
	}
}

// Refused sends every request in every form of [Pages]. Each has to be refused
// with an answer that no page can read. There have to be ten requests or more.
func Refused(t *testing.T, url string, requests []Request) {
	t.Helper()
	if len(requests) < 10 {
		t.Errorf("got %d requests, expected 10 or more", len(requests))
	}
	for name, change := range Pages() {
		for _, request := range requests {
			status, header := send(t, url, request, change)
			if status != http.StatusForbidden {
				t.Errorf("%s: got status %d for %+v, expected 403", name, status, request)
			}
			for member := range header {
				if strings.HasPrefix(member, "Access-Control-") {
					t.Errorf("%s: got header %s for %+v, expected none that lets a page read the answer", name, member, request)
				}
			}
		}
	}
}

// Served sends a request as a program does, and returns the status of the answer.
func Served(t *testing.T, url string, request Request) int {
	t.Helper()
	status, _ := send(t, url, request, func(*http.Request) {})
	return status
}

func send(t *testing.T, url string, request Request, change func(*http.Request)) (status int, header http.Header) {
	t.Helper()
	// The Runtime API leaves a program without an answer until there is an event.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, request.Method, url+request.Path, strings.NewReader(request.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range request.Header {
		r.Header.Set(name, value)
	}
	change(r)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header
}
