package stack

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
)

// server serves the API of a part on 127.0.0.1.
type server struct {
	url  string
	http *http.Server
}

// serve starts to serve a part. Port 0 is any free one; flag is what users
// choose another one with.
func serve(part, flag string, port int, handler http.Handler) (*server, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, portTaken(part, flag, port)
	}
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", part, err)
	}
	s := &server{url: "http://" + listener.Addr().String(), http: &http.Server{Handler: handler}}
	go func() { _ = s.http.Serve(listener) }() // ends with close
	return s, nil
}

func (s *server) close() error { return s.http.Close() }

func portTaken(part, flag string, port int) error {
	return fmt.Errorf("starting %s: port %d is taken by another program: choose another one with %s, or leave the flag out to take any free one", part, port, flag)
}
