// Package loopback protects the local services from pages in a browser. The services
// are for programs of this machine and listen on 127.0.0.1, but every page in a
// browser of this machine can send requests to that address.
package loopback

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Only passes on the requests that [Check] allows. The others are answered with
// status 403 before their body is read, without a header that lets a page read
// the answer.
func Only(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := Check(r)
		if err == nil {
			handler.ServeHTTP(w, r)
			return
		}
		// The rest of the body is not read: it may be long.
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": "AccessDeniedException", "message": err.Error()})
	})
}

// Check returns an error for a request that a page in a browser may have sent:
//
//   - one with any Origin: scripts of other pages, WebSockets and every form that is
//     posted have one, and a sandboxed form has "null";
//   - one with Sec-Fetch-Site: browsers add it to every request to this machine,
//     also for images, links and forms, which have no Origin when they GET;
//   - one from a User-Agent that begins with "Mozilla/": browsers that are older
//     than Sec-Fetch-Site say so, and no page can change it without an Origin;
//   - one whose Host does not name this machine: a page's own host name can be
//     made to resolve to 127.0.0.1, and then the page and the service have the same
//     origin.
//
// Other headers, such as X-Forwarded-Host, do not matter.
func Check(r *http.Request) error {
	for _, name := range []string{"Origin", "Sec-Fetch-Site"} {
		if values, ok := r.Header[name]; ok {
			return fmt.Errorf("%s: got %q, expected none: pages in a browser have no access", name, strings.Join(values, ", "))
		}
	}
	if agent := r.UserAgent(); strings.HasPrefix(agent, "Mozilla/") {
		return fmt.Errorf("User-Agent: got %q, expected no browser", agent)
	}
	if !isLoopback(r.Host) {
		return fmt.Errorf("host: got %q, expected localhost or an address such as 127.0.0.1", r.Host)
	}
	return nil
}

// isLoopback reports whether a Host header names this machine.
func isLoopback(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = name
	} else if inner, ok := strings.CutPrefix(host, "["); ok { // IPv6 without a port
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return false
		}
	}
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Zone() == "" && address.Unmap().IsLoopback()
}

// CheckPage returns an error for a request that does not come from the page at an
// address: it allows what [Check] does not allow a page, but only to that page.
//
//   - The Host has to be that of the address, so a name that was made to resolve to
//     127.0.0.1 is refused.
//   - Origin, if there is one, has to be that of the address.
//   - Sec-Fetch-Site, if there is one, has to be same-origin, or none, which is a user who
//     has opened the address.
//
// A page of another port of this machine passes neither of them. It does not tell
// programs of this machine apart: they need a secret of the page's own.
func CheckPage(r *http.Request, host string) error {
	name, port, _ := net.SplitHostPort(host)
	hosts := []string{host, "localhost:" + port}
	if port == "80" { // which a browser does not send
		hosts = append(hosts, name, "localhost")
	}
	if !slices.Contains(hosts, r.Host) {
		return fmt.Errorf("host: got %q, expected %q", r.Host, host)
	}
	for _, c := range []struct {
		name     string
		expected []string
	}{{"Origin", []string{"http://" + r.Host}}, {"Sec-Fetch-Site", []string{"same-origin", "none"}}} {
		for _, value := range r.Header[c.name] {
			if !slices.Contains(c.expected, value) {
				return fmt.Errorf("%s: got %q, expected %s: pages of other addresses have no access", c.name, value, strings.Join(c.expected, " or "))
			}
		}
	}
	return nil
}
