package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// name is the name of the delivery's execution.
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

// headerID leaves out what a body begins with, so that it is clear where one
// does in the signed text: white space, { and [.
var headerID = regexp.MustCompile(`^[!-Z\\-z|}~]+$`)

// idIn is the ID in a body.
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

// plainName is a name that Step Functions takes and CloudWatch Logs too (API
// reference, StartExecution, "name").
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

const hashPrefix = "sha256-"

// nameOfID is the ID itself, behind the webhook's name if it has one, where
// that can be a name, else a hash. No two IDs have the same name: one that
// looks like a hash is hashed.
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

// separator stands between the name of a webhook, which has none, and an ID.
const separator = "--"

// hashed is a name of 71 characters. Texts of different kinds have different
// names, and so have those of different webhooks.
func (h *Handler) hashed(kind, text string) string {
	sum := sha256.Sum256([]byte(kind + "\n" + h.settings.Name + "\n" + text))
	return hashPrefix + hex.EncodeToString(sum[:])
}
