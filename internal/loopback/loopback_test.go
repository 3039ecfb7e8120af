package loopback_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/loopback"
)

func TestHosts(t *testing.T) {
	for host, allowed := range map[string]bool{
		"127.0.0.1":               true,
		"127.0.0.1:4566":          true,
		"127.8.9.1:80":            true,
		"localhost":               true,
		"localhost:4566":          true,
		"LocalHost:4566":          true,
		"localhost.:4566":         true,
		"[::1]":                   true,
		"[::1]:4566":              true,
		"[::ffff:127.0.0.1]:4566": true,

		"":                         false,
		":4566":                    false,
		"evil.example":             false,
		"evil.example:4566":        false,
		"127.0.0.1.evil.example":   false,
		"localhost.evil.example":   false,
		"evil.localhost:4566":      false,
		"localhost..":              false,
		"127.0.0.1.":               false,
		"0.0.0.0:4566":             false,
		"[::]:4566":                false,
		"[::1%25lo]:4566":          false,
		"[::1":                     false,
		"::1":                      true, // an address, if not a valid header
		"10.0.0.1:4566":            false,
		"0x7f.1:4566":              false,
		"2130706433":               false,
		"127.0.0.1:evil":           false,
		"127.0.0.1@evil.example":   false,
		"evil.example#127.0.0.1":   false,
		"127.0.0.1:80:80":          false,
		"169.254.169.254":          false,
		"[fe80::1]:4566":           false,
		"rebind.network:4566":      false,
		"127.0.0.1.nip.io:4566":    false,
		"\u2460\u2461\u2466.0.0.1": false,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Host = host
		if err := loopback.Check(r); (err == nil) != allowed {
			t.Errorf("%q: got %v, expected it to be allowed: %v", host, err, allowed)
		}
	}
}

func TestRefusalsNeitherReachTheHandlerNorLetAPageRead(t *testing.T) {
	reached := 0
	handler := loopback.Only(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	for name, change := range map[string]func(*http.Request){
		"another origin":                  func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"the part's own origin":           func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:4566") },
		"a sandboxed page":                func(r *http.Request) { r.Header.Set("Origin", "null") },
		"an empty origin":                 func(r *http.Request) { r.Header.Set("Origin", "") },
		"an image of another site":        func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a page of another port":          func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"a page of a name that was bound": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin"); r.Host = "evil.example" },
		"an extension":                    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") },
		"an old browser":                  func(r *http.Request) { r.Header.Set("User-Agent", "Mozilla/5.0 (Macintosh) Safari/605.1.15") },
		"a name that was bound":           func(r *http.Request) { r.Host = "evil.example" },
		"a proxy that forwards":           func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("X-Forwarded-Host", "127.0.0.1") },
	} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:4566/", strings.NewReader("{}"))
		change(r)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code != http.StatusForbidden || reached > 0 {
			t.Errorf("%s: got status %d and %d requests at the handler, expected 403 and none", name, answer.Code, reached)
		}
		for header := range answer.Header() {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s: got header %s, expected none that lets a page read the answer", name, header)
			}
		}
	}
	for name, change := range map[string]func(*http.Request){
		"an SDK":                  func(r *http.Request) { r.Header.Set("User-Agent", "aws-sdk-go-v2/1.41.0 os/linux lang/go") },
		"a client behind a proxy": func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.example") },
		"curl, with a referring page": func(r *http.Request) {
			r.Header.Set("Referer", "https://evil.example/")
			r.Header.Set("User-Agent", "curl/8.5")
		},
		"a client with another port":   func(r *http.Request) { r.Host = "localhost:1" },
		"a client without a port":      func(r *http.Request) { r.Host = "localhost" },
		"a client that speaks of IPv6": func(r *http.Request) { r.Host = "[::1]:4566" },
	} {
		before := reached
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:4566/", strings.NewReader("{}"))
		change(r)
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if reached != before+1 {
			t.Errorf("%s: got no request at the handler, expected it to be passed on", name)
		}
	}
}

func TestAPageAtThePortOfHTTPHasNoPortInItsHost(t *testing.T) {
	for _, c := range []struct {
		page, host string
		allowed    bool
	}{
		{"127.0.0.1:80", "127.0.0.1", true},
		{"127.0.0.1:80", "localhost", true},
		{"127.0.0.1:80", "127.0.0.1:80", true},
		{"127.0.0.1:80", "evil.example", false},
		{"127.0.0.1:8080", "127.0.0.1", false},
		{"127.0.0.1:8080", "localhost", false},
		{"127.0.0.1:8080", "localhost:8080", true},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		r.Header.Set("Origin", "http://"+c.host)
		if err := loopback.CheckPage(r, c.page); (err == nil) != c.allowed {
			t.Errorf("host %q of the page at %s: got %v, expected it to be allowed: %v", c.host, c.page, err, c.allowed)
		}
	}
}
