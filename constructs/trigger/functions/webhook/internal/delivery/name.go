package delivery

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
)

// kind is what names a delivery. Deliveries of different kinds never share a name.
type kind string

const (
	stringID    kind = "string"  // an ID, as a header or a JSON string
	numberID    kind = "number"  // an ID, as a JSON number: 7 is not "7"
	requestID   kind = "request" // the ID that Lambda gave to a request without one
	signedBytes kind = "signed"  // the signed bytes of a request without an ID
)

// identity is what makes a request the repeat of another one.
type identity struct {
	kind kind
	text string
}

// plainID matches what can be part of a name as it is. Step Functions and CloudWatch
// Logs accept such names (API reference, StartExecution, "name").
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// maxName is the longest name of an execution.
const maxName = 80

// executionName returns the name of the execution of a delivery: the webhook's name,
// which does not contain the separator, the separator and a part of the delivery's
// own. That is the ID of a string, the kind and the ID of others, or a hash where
// these can't be part of a name. No two deliveries have the same name: a string that
// looks like one of the other forms is hashed.
func executionName(webhook string, of identity) string {
	start := webhook + protocol.WebhookSeparator
	id, plain := of.text, plainID.MatchString(of.text)
	switch of.kind {
	case stringID:
		for _, other := range []kind{numberID, requestID, hashed} {
			plain = plain && !strings.HasPrefix(id, string(other)+"-")
		}
	case numberID, requestID:
		id = string(of.kind) + "-" + id
	default:
		plain = false
	}
	if name := start + id; plain && len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(string(of.kind) + "\n" + of.text))
	return start + string(hashed) + "-" + lowerBase32.EncodeToString(sum[:hashBytes])
}

// hashed takes the place of a kind in a name.
const hashed kind = "sha256"

// hashBytes of a SHA-256 fit into a name, as 28 characters: enough to make it
// infeasible to find two deliveries with the same ones.
const hashBytes = 17

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
