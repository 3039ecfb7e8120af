package silence_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/silence"
)

const limit = 300 * time.Millisecond

func get(t *testing.T, do http.HandlerFunc, body io.Reader) (string, error) {
	t.Helper()
	server := httptest.NewServer(do)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	transport := &http.Transport{DialContext: silence.Ending((&net.Dialer{}).DialContext, limit)}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 20*limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestAnAnswerThatDoesNotComeOrStops(t *testing.T) {
	for name, do := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"no body": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"half a body": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, do, nil)
			silent, ok := errors.AsType[*silence.Error](err)
			if !ok || silent.After != limit || !strings.Contains(err.Error(), "was silent for 300ms, expected an answer") {
				t.Errorf("got %v, expected a silence of %s", err, limit)
			}
			var timeout net.Error
			if !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("got %v, expected a timeout", err)
			}
		})
	}
}

func TestWhatMovesMayTakeLong(t *testing.T) {
	slowly := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		for range 4 {
			time.Sleep(limit / 2)
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
		}
	}
	if got, err := get(t, slowly, nil); got != "xxxx" || err != nil {
		t.Errorf("got %q and %v from a slow download, expected xxxx", got, err)
	}
	if got, err := get(t, slowly, &trickle{left: 4}); got != "xxxx" || err != nil {
		t.Errorf("got %q and %v after a slow upload, expected xxxx", got, err)
	}
}

// trickle is a body that comes slowly.
type trickle struct{ left int }

func (s *trickle) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	s.left--
	time.Sleep(limit / 2)
	return copy(p, bytes.Repeat([]byte("y"), 5000)), nil
}
