package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// name returns the name of the delivery's execution.
func (h *Handler) name(id string, body, signed []byte, requestID string) (string, error) {
	if member := h.settings.DeliveryIDMember; member != "" {
		id, err := idIn(body, member)
		return h.nameOfID(id), err
	}
	switch {
	case id != "" && !headerID.MatchString(id):
		return "", fmt.Errorf("got %s %.100q, expected visible ASCII characters without { and [", h.settings.DeliveryIDHeader, id)
	case id != "":
		return h.nameOfID(id), nil
	case signed != nil:
		return h.hashed("signed", string(signed)), nil
	}
	return h.nameOfID(requestID), nil
}

// headerID matches IDs without white space, { and [, with which a body begins, so
// that the signed bytes show where the body begins.
var headerID = regexp.MustCompile(`^[!-Z\\-z|}~]+$`)

// idIn returns the ID in a body.
func idIn(body []byte, member string) (string, error) {
	expected := func(got string) error {
		return fmt.Errorf("got %s for the delivery's id, expected the member %q of the body, a string or a whole number", got, member)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return "", expected("an array")
	}
	value := string(object[member])
	if wholeNumber.MatchString(value) {
		return value, nil
	}
	var text string
	if err := json.Unmarshal(object[member], &text); err != nil || text == "" {
		return "", expected(fmt.Sprintf("%.100q", value))
	}
	return text, nil
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

// plainName matches names that Step Functions and CloudWatch Logs accept (API
// reference, StartExecution, "name").
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

const hashPrefix = "sha256-"

// nameOfID returns the webhook's name, if it has one, and the ID, or a hash if that
// can't be a name. No two IDs have the same name: an ID that looks like a hash is
// hashed.
func (h *Handler) nameOfID(id string) string {
	name := id
	if h.settings.Name != "" {
		name = h.settings.Name + separator + id
	}
	if plainName.MatchString(name) && !strings.HasPrefix(name, hashPrefix) {
		return name
	}
	return h.hashed("id", id)
}

// separator is between the name of a webhook, which can't contain it, and an ID.
const separator = "--"

// hashed returns a name of 71 characters. Texts of different kinds and different
// webhooks have different names.
func (h *Handler) hashed(kind, text string) string {
	sum := sha256.Sum256([]byte(kind + "\n" + h.settings.Name + "\n" + text))
	return hashPrefix + hex.EncodeToString(sum[:])
}
