package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Window is how far a timestamp may be in the past or in the future.
const Window = 5 * time.Minute

const signaturePrefix = "sha256="

// Sign returns the signature of a delivery for its header. The timestamp is in
// seconds since 1970. The ID may be empty.
func Sign(secret []byte, timestamp, id string, body []byte) string {
	return signaturePrefix + hex.EncodeToString(mac(secret, signedText(timestamp, id, body)))
}

// signedText returns the signed bytes, which the package comment describes.
func signedText(timestamp, id string, body []byte) []byte {
	text := append(make([]byte, 0, len(timestamp)+len(id)+len(body)+2), timestamp...)
	if id != "" {
		text = append(append(text, '.'), id...)
	}
	return append(append(text, '.'), body...)
}

func mac(secret, text []byte) []byte {
	hash := hmac.New(sha256.New, secret)
	hash.Write(text)
	return hash.Sum(nil)
}

// authenticate checks the signature of a request and returns the signed bytes. Every
// refusal has the same answer: to say what is wrong would only help to forge a
// signature.
func (h *Handler) authenticate(ctx context.Context, request *events.LambdaFunctionURLRequest, id string, body []byte) ([]byte, *refusal) {
	refused := func(format string, args ...any) ([]byte, *refusal) {
		return nil, &refusal{status: http.StatusUnauthorized, reason: fmt.Sprintf(format, args...),
			message: fmt.Sprintf("expected a valid signature in %s and a timestamp of the last five minutes in %s",
				h.settings.SignatureHeader, h.settings.TimestampHeader)}
	}
	timestamp := header(request, h.settings.TimestampHeader)
	at, ok := parseTimestamp(timestamp)
	if !ok {
		return refused("the timestamp is missing or is not a number of seconds")
	}
	if apart := h.now().Sub(at); apart > Window || apart < -Window {
		return refused("the timestamp is %.0f s old", apart.Seconds())
	}
	signature, ok := parseSignature(header(request, h.settings.SignatureHeader))
	if !ok {
		return refused("the signature is missing or is not %s with 64 hexadecimal digits", signaturePrefix)
	}
	text := signedText(timestamp, id, body)
	matches, err := h.secret.signed(ctx, h.now(), signature, text)
	switch {
	case err != nil:
		return nil, failure("reading the secret", err)
	case !matches:
		return refused("the signature does not match")
	}
	return text, nil
}

var decimal = regexp.MustCompile(`^[0-9]{1,12}$`)

func parseTimestamp(text string) (time.Time, bool) {
	if !decimal.MatchString(text) {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}

func parseSignature(text string) ([]byte, bool) {
	signature, err := hex.DecodeString(strings.TrimPrefix(text, signaturePrefix))
	return signature, err == nil && len(signature) == sha256.Size
}
