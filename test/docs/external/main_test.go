package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mapjob/mapjob/test/docs/page"
)

func TestExternalLinksAreFound(t *testing.T) {
	all, err := page.Tree("../../..")
	if err != nil {
		t.Fatal(err)
	}
	from := external(all)
	if from["https://states-language.net/spec.html"] == "" || len(from) < 15 {
		t.Errorf("got the external links %v, expected those of all pages", from)
	}
	for address := range from {
		if strings.Contains(address, "#") {
			t.Errorf("got %s, expected no fragment", address)
		}
	}
}

// servers answer as the hosts of external links do.
func servers(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var flaky atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here", "/there":
		case "/moved":
			http.Redirect(w, r, "/here", http.StatusMovedPermanently)
		case "/moved-away":
			http.Redirect(w, r, "/gone", http.StatusFound)
		case "/refused":
			w.WriteHeader(http.StatusForbidden)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/flaky":
			if flaky.Add(1) < tries {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server, &flaky
}

func TestCheck(t *testing.T) {
	server, flaky := servers(t)
	for _, c := range []struct {
		paths  string // from /
		failed bool
		said   string
	}{
		{"here there moved", false, "links: 3 of 3 external links lead to a page\n"},
		{"here flaky", false, "links: 2 of 2 external links lead to a page\n"},
		{"here never", true, "page.md:1: URL/never: got 404 Not Found, expected a page\n"},
		{"gone", true, "page.md:1: URL/gone: got 410 Gone, expected a page\n"},
		{"moved-away", true, "page.md:1: URL/moved-away: got 410 Gone, expected a page\n"},
		{"here refused", false, "NOT TESTED: 1 of 2 external links: URL/refused: got 403 Forbidden\nlinks: 1 of 2 external links lead to a page\n"},
		{"broken here", false, "NOT TESTED: 1 of 2 external links: URL/broken: got 500 Internal Server Error\nlinks: 1 of 2 external links lead to a page\n"},
		{"", true, ""},
	} {
		from := map[string]string{}
		for path := range strings.FieldsSeq(c.paths) {
			from[server.URL+"/"+path] = "page.md:1"
		}
		var out bytes.Buffer
		err := checker{client: server.Client()}.check(t.Context(), &out, from)
		if said := strings.ReplaceAll(out.String(), server.URL, "URL"); (err != nil) != c.failed || said != c.said {
			t.Errorf("%s: got error %v and\n%s\nexpected an error: %t, and\n%s", c.paths, err, said, c.failed, c.said)
		}
	}
	if n := flaky.Load(); n != tries {
		t.Errorf("got %d requests of a server that is up at the third, expected %d", n, tries)
	}
}

// Without a network nothing is tested, which is said in one line and is no fault on the
// machine of a user.
func TestNoNetwork(t *testing.T) {
	server, _ := servers(t)
	server.Close()
	for _, strict := range []bool{false, true} {
		var out bytes.Buffer
		err := checker{client: server.Client(), strict: strict}.check(t.Context(), &out, map[string]string{server.URL + "/here": "page.md:1", server.URL + "/there": "page.md:2"})
		if (err != nil) != strict {
			t.Errorf("strict %t: got error %v", strict, err)
		}
		line, _, _ := strings.Cut(out.String(), "\n")
		if !strings.HasPrefix(line, "NOT TESTED: 2 of 2 external links: "+server.URL+"/here: dial tcp ") {
			t.Errorf("got %q, expected that nothing is tested, and why", out.String())
		}
	}
}

// The project's own pages are there when it is published.
func TestUnpublished(t *testing.T) {
	ours, shown := own[0], own[1]
	for _, c := range []struct{ there, expected string }{
		{"", "map[A:unknown A/issues:unknown P/job:unknown other:missing]"},
		{ours, "map[A:found A/issues:missing P/job:unknown other:missing]"},
		{shown + "/job", "map[A:unknown A/issues:unknown P/job:found other:missing]"},
	} {
		answers := map[string]answer{}
		for _, address := range []string{ours, ours + "/issues", shown + "/job", "other"} {
			answers[address] = answer{missing: "404 Not Found"}
			if address == c.there {
				answers[address] = answer{found: true}
			}
		}
		unpublished(answers)
		got := map[string]string{}
		for address, a := range answers {
			name := strings.NewReplacer(ours, "A", shown, "P").Replace(address)
			if strings.HasPrefix(address, shown) {
				name = strings.Replace(address, shown, "P", 1)
			}
			switch {
			case a.found:
				got[name] = "found"
			case a.missing != "":
				got[name] = "missing"
			default:
				got[name] = "unknown"
			}
		}
		if fmt.Sprint(got) != c.expected {
			t.Errorf("with %q there: got %v, expected %s", c.there, got, c.expected)
		}
	}
}
