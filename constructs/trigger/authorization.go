package trigger

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Authorization is how a webhook identifies the sender of a request. For a sender
// outside AWS it is [StandardWebhooks], whose libraries exist in most languages, or
// [HMAC] if several webhooks have to share a secret or the sender can't follow that
// specification. For a sender with AWS credentials it is [AWSIAM].
type Authorization interface {
	resolve() authorization
	validate(found *refusal.Problems)
}

// StandardWebhooks takes requests that are signed as the Standard Webhooks
// specification says (https://www.standardwebhooks.com), with v1 signatures in the
// headers webhook-id, webhook-timestamp and webhook-signature. The delivery's ID is
// webhook-id. A request is refused if its timestamp is more than five minutes away.
//
// The signed bytes do not say for which webhook they are. One secret is therefore for
// one webhook: a second webhook of an app with the same secret is refused.
type StandardWebhooks struct {
	// Secret has the shared secret as its whole value: base64 of 24 bytes or more,
	// with or without whsec_ before it. During a rotation the value before the
	// current one is accepted too.
	// Default: the webhook creates a secret, base64 of 48 random bytes without whsec_.
	Secret awssecretsmanager.ISecret
}

// HMAC takes requests with an HMAC-SHA256 of the webhook's name and the request's
// timestamp, delivery ID and body, computed with a secret that sender and webhook
// share. The signed bytes are five lines, the last of which is the body and has no
// line feed after it:
//
//	mapjob-v1
//	NAME
//	TIMESTAMP
//	ID
//	BODY
//
// NAME is Webhook.Name, so that webhooks may share a secret. The timestamp is in
// seconds since 1970. ID is empty if there is no ID in a header. A request is refused
// if its timestamp is more than five minutes away.
type HMAC struct {
	// Secret has the shared secret as its whole value. During a rotation the
	// value before the current one is accepted too.
	// Default: the webhook creates a secret with 64 random characters.
	Secret awssecretsmanager.ISecret

	// SignatureHeader is the header with the signature, v1= and 64 hexadecimal
	// digits, or several of them with commas between them.
	// Default: X-Signature-256.
	SignatureHeader *string

	// TimestampHeader is the header with the timestamp.
	// Default: X-Timestamp.
	TimestampHeader *string

	// DeliveryID is where a request has its delivery's ID, InHeader or InBody.
	// Default: InHeader("X-Delivery-Id"). Without that header, a request is a
	// repeat of another one if both have the same signed bytes.
	DeliveryID DeliveryID
}

// AWSIAM takes requests that a principal of AWS has signed and that Lambda has
// authorized: see Webhook.GrantInvoke.
type AWSIAM struct {
	// DeliveryID is where a request has its delivery's ID, InHeader or InBody.
	// Default: InHeader("X-Delivery-Id"). Without that header, every request is a
	// delivery of its own.
	DeliveryID DeliveryID
}

// DeliveryID is where a request has the ID of its delivery: [InHeader] or
// [InBody]. The ID is part of the name of the execution, so that a delivery starts
// one execution, however often it comes. Another body under the same ID is refused
// with 409. IDs are compared as they are: the number 7 is not the string "7".
type DeliveryID interface {
	place() (header, member string)
}

// InHeader is the name of the header that has the delivery's ID.
type InHeader string

// InBody is the name of the member of the body that has the delivery's ID, a
// string without control characters or a whole number.
type InBody string

func (h InHeader) place() (header, member string) { return string(h), "" }
func (b InBody) place() (header, member string)   { return "", string(b) }

// authorization is what the webhook's function needs to know of an Authorization.
type authorization struct {
	name     string
	signed   bool // by a secret
	secret   awssecretsmanager.ISecret
	nameless bool // the signed bytes do not say for which webhook they are

	signatureHeader, timestampHeader   string
	deliveryIDHeader, deliveryIDMember string
}

func (s *StandardWebhooks) resolve() authorization {
	return authorization{name: protocol.AuthorizationStandardWebhooks, signed: true, secret: s.Secret, nameless: true}
}

func (a *AWSIAM) resolve() authorization {
	resolved := authorization{name: protocol.AuthorizationIAM}
	resolved.deliveryIDHeader, resolved.deliveryIDMember = placeOf(a.DeliveryID)
	return resolved
}

func (h *HMAC) resolve() authorization {
	resolved := authorization{name: protocol.AuthorizationHMAC, signed: true, secret: h.Secret,
		signatureHeader: "X-Signature-256", timestampHeader: "X-Timestamp"}
	if h.SignatureHeader != nil {
		resolved.signatureHeader = *h.SignatureHeader
	}
	if h.TimestampHeader != nil {
		resolved.timestampHeader = *h.TimestampHeader
	}
	resolved.deliveryIDHeader, resolved.deliveryIDMember = placeOf(h.DeliveryID)
	return resolved
}

func placeOf(id DeliveryID) (header, member string) {
	if id == nil {
		id = InHeader("X-Delivery-Id")
	}
	return id.place()
}

func (s *StandardWebhooks) validate(*refusal.Problems) {}

func (a *AWSIAM) validate(found *refusal.Problems) {
	validateDeliveryID(a.DeliveryID, found)
}

func (h *HMAC) validate(found *refusal.Problems) {
	resolved := h.resolve()
	validateHeader("Authorization.SignatureHeader", resolved.signatureHeader, found)
	validateHeader("Authorization.TimestampHeader", resolved.timestampHeader, found)
	validateDeliveryID(h.DeliveryID, found)
	names := map[string]bool{} // case does not matter in a header's name
	for _, name := range []string{resolved.signatureHeader, resolved.timestampHeader, resolved.deliveryIDHeader} {
		if lower := strings.ToLower(name); lower != "" && names[lower] {
			found.Add("Authorization: got the header %q twice, expected different headers for signature, timestamp and delivery ID", name)
		} else {
			names[lower] = true
		}
	}
}

func validateDeliveryID(id DeliveryID, found *refusal.Problems) {
	switch id := id.(type) {
	case InHeader:
		validateHeader("Authorization.DeliveryID", string(id), found)
	case InBody:
		if id == "" {
			found.Add("Authorization.DeliveryID: got an empty name, expected a member of the body")
		}
		if !utf8.ValidString(string(id)) || strings.ContainsRune(string(id), utf8.RuneError) { // in a body, it is what decoding makes of bad names
			found.Add("Authorization.DeliveryID: got %q, expected a member of the body in valid UTF-8", string(id))
		}
	}
}

// headerName is a token (RFC 9110, "Tokens").
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func validateHeader(prop, name string, found *refusal.Problems) {
	if !headerName.MatchString(name) {
		found.Add("%s: got %q, expected the name of a header", prop, name)
	}
}
