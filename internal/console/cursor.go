package console

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"

	"github.com/mapjob/mapjob/internal/operate/failed"
)

// A cursor is a place in the failed items of an execution. The page takes it from an answer and
// sends it with the next request. It is signed for this console and this execution, because one
// that was changed would show items with the errors of others.
const (
	placeBytes  = 3 * 8
	signedBytes = 16
)

// cursor writes a place.
func (s *Server) cursor(execution string, at failed.Place) string {
	var place [placeBytes]byte
	for i, n := range []int64{int64(at.Lines), at.Items, at.Errors} {
		binary.BigEndian.PutUint64(place[8*i:], uint64(n))
	}
	return base64.RawURLEncoding.EncodeToString(append(place[:], s.sign(execution, place[:])...))
}

func (s *Server) sign(execution string, place []byte) []byte {
	mac := hmac.New(sha256.New, []byte(s.token))
	mac.Write(place)
	mac.Write([]byte(execution))
	return mac.Sum(nil)[:signedBytes]
}

// place reads a cursor; "" is the beginning.
func (s *Server) place(execution, cursor string) (at failed.Place, err error) {
	if cursor == "" {
		return at, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(text) != placeBytes+signedBytes || !hmac.Equal(text[placeBytes:], s.sign(execution, text[:placeBytes])) {
		return at, refusef(http.StatusBadRequest, "after: got %q, which is no cursor of this console and this execution, expected the one of an earlier answer, or none for the first items", cut([]byte(cursor), 100))
	}
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(text[8*i:])) }
	return failed.Place{Lines: int(n(0)), Items: n(1), Errors: n(2)}, nil
}
