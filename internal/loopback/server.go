package loopback

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
)

// Server serves the API of a part on 127.0.0.1.
type Server struct {
	// URL is its address.
	URL  string
	http *http.Server
}

// Serve starts to serve a part. Port 0 is any free one; flag is what users
// choose another one with.
func Serve(part, flag string, port int, handler http.Handler) (*Server, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, PortTaken(part, flag, port)
	}
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", part, err)
	}
	s := &Server{URL: "http://" + listener.Addr().String(), http: &http.Server{Handler: handler}}
	go func() { _ = s.http.Serve(listener) }() // ends with Close
	return s, nil
}

// Close ends it.
func (s *Server) Close() error { return s.http.Close() }

// PortTaken returns the error of a part whose port is taken.
func PortTaken(part, flag string, port int) error {
	return fmt.Errorf("starting %s: port %d is taken by another program: choose another one with %s, or leave the flag out to take any free one", part, port, flag)
}
