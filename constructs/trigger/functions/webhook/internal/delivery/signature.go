package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Window is how far a timestamp may be in the past or in the future.
const Window = 5 * time.Minute

// scheme is a way to sign a request.
type scheme interface {
	// key returns the key that a secret's value stands for.
	key(value []byte) ([]byte, error)

	// signed reports whether one of the signatures of a request is made with a key.
	signed(key []byte, r *signedRequest) bool
}

// signedRequest is what the signature of a request depends on.
type signedRequest struct {
	timestamp, id, signatures string
	body                      []byte
}

// version is the version of mapjob's own scheme. It begins the signed bytes and each
// signature, so that a later version can't be taken for this one.
const version = "v1"

// ownScheme is the scheme of mapjob, which the package comment describes.
type ownScheme struct{ webhook string }

func (ownScheme) key(value []byte) ([]byte, error) { return value, nil }

func (s ownScheme) signed(key []byte, r *signedRequest) bool {
	expected := mac(key, s.text(r))
	for signature := range strings.SplitSeq(r.signatures, ",") {
		digits, ours := strings.CutPrefix(strings.TrimSpace(signature), version+"=")
		if got, err := hex.DecodeString(digits); ours && err == nil && hmac.Equal(got, expected) {
			return true
		}
	}
	return false
}

// text returns the signed bytes. There is one way to read them: no part but the last
// has a line feed.
func (s ownScheme) text(r *signedRequest) []byte {
	return fmt.Appendf(nil, "mapjob-%s\n%s\n%s\n%s\n%s", version, s.webhook, r.timestamp, r.id, r.body)
}

func mac(key, text []byte) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write(text)
	return hash.Sum(nil)
}

// Sign returns the signature of a delivery to a webhook of that name, for its header.
// The timestamp is in seconds since 1970. The ID may be empty.
func Sign(secret []byte, webhook, timestamp, id string, body []byte) string {
	text := ownScheme{webhook}.text(&signedRequest{timestamp: timestamp, id: id, body: body})
	return version + "=" + hex.EncodeToString(mac(secret, text))
}

// standardScheme is the scheme of the Standard Webhooks specification.
type standardScheme struct{}

// minStandardKey is the shortest key of the specification, in bytes.
const minStandardKey = 24

func (standardScheme) key(value []byte) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(value)), "whsec_"))
	if err != nil {
		return nil, errors.New("got a value that is not base64 in the standard alphabet with padding, expected whsec_ and base64")
	}
	if len(key) < minStandardKey {
		return nil, fmt.Errorf("got a key of %d bytes, expected %d or more", len(key), minStandardKey)
	}
	return key, nil
}

// signed leaves the timestamp to authenticate: the library can't be given a clock.
func (standardScheme) signed(key []byte, r *signedRequest) bool {
	verifier, err := standardwebhooks.NewWebhookRaw(key)
	return err == nil && verifier.VerifyIgnoringTimestamp(r.body, http.Header{
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookID):        {r.id},
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookTimestamp): {r.timestamp},
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookSignature): {r.signatures},
	}) == nil
}

// authenticate checks the signature of a request. Every refusal has the same answer,
// because a reason would help to forge a signature. The log has the reason.
func (h *Handler) authenticate(ctx context.Context, request *events.LambdaFunctionURLRequest, id string, body []byte) (*signedRequest, *refusal) {
	refused := func(format string, args ...any) (*signedRequest, *refusal) {
		return nil, &refusal{status: http.StatusUnauthorized, reason: fmt.Sprintf(format, args...),
			message: fmt.Sprintf("expected a valid signature in %s and a timestamp of the last five minutes in %s",
				h.settings.SignatureHeader, h.settings.TimestampHeader)}
	}
	r := &signedRequest{timestamp: header(request, h.settings.TimestampHeader), id: id,
		signatures: header(request, h.settings.SignatureHeader), body: body}
	at, ok := parseTimestamp(r.timestamp)
	if !ok {
		return refused("the timestamp is missing or is not a number of seconds")
	}
	switch age := h.now().Sub(at); {
	case age > Window:
		return refused("the timestamp is %.0f s old", age.Seconds())
	case age < -Window:
		return refused("the timestamp is %.0f s in the future", -age.Seconds())
	}
	if !strings.Contains(r.signatures, version) { // both schemes have a version of this name
		return refused("the signature is missing or has another version than %s", version)
	}
	matches, err := h.secret.matches(ctx, func(key []byte) bool { return h.scheme.signed(key, r) })
	switch {
	case err != nil:
		return nil, failure("reading the secret", err)
	case !matches:
		return refused("the signature does not match")
	}
	return r, nil
}

var decimal = regexp.MustCompile(`^[1-9][0-9]{0,11}$`)

func parseTimestamp(text string) (time.Time, bool) {
	if !decimal.MatchString(text) {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}
