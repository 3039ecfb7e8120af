package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/loopback"
)

// policy lets the page load its own files only, and nothing in line. No other page may
// show it in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// newSecret returns a token or a code, which can't be guessed.
func newSecret() string {
	var random [24]byte
	_, _ = rand.Read(random[:])
	return hex.EncodeToString(random[:])
}

// guard passes on the requests of the console's own page. The files have no secret, so
// that a browser can load them. The API needs a token in a header: a page of another
// address can't set it without a preflight, which is refused. Only the exchange of a code
// for a token needs none.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if err := loopback.CheckPage(r, s.host); err != nil {
			h.Set("Connection", "close")
			s.refuse(w, http.StatusForbidden, err.Error())
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != codePath {
			token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			isPrinted := subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1
			revoked, known := s.codes.of(token)
			if !isBearer || !isPrinted && !known {
				h.Set("Connection", "close")
				s.refuse(w, http.StatusUnauthorized, "the token of this console is missing or is that of another one: open the address that the console has printed")
				return
			}
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			r = r.WithContext(ctx)
			if known { // what the page still reads ends with its token
				go func() {
					select {
					case <-revoked:
						cancel()
					case <-ctx.Done():
					}
				}()
			}
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPost:
			if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
				s.refuse(w, http.StatusUnsupportedMediaType, "Content-Type: got "+r.Header.Get("Content-Type")+", expected application/json")
				return
			}
			// What goes on after the request was read may take longer.
			connection := http.NewResponseController(w)
			_ = connection.SetReadDeadline(time.Now().Add(bodyTime))
			text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err == nil {
				_ = connection.SetReadDeadline(time.Time{})
			}
			if long, ok := errors.AsType[*http.MaxBytesError](err); ok {
				s.refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body of the request: got more, expected at most %d bytes", long.Limit))
				return
			}
			if err != nil {
				h.Set("Connection", "close")
				s.refuse(w, http.StatusRequestTimeout, "the body of the request: "+err.Error())
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(text))
		default:
			s.refuse(w, http.StatusMethodNotAllowed, "got "+r.Method+", expected GET or POST")
			return
		}
		next.ServeHTTP(w, r)
	})
}

const (
	maxBody  = 1 << 20          // bytes of a request's body
	bodyTime = 10 * time.Second // until it is read
)
