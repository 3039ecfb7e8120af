// Package delivery handles the requests of a webhook: it checks who sent a request,
// and starts an execution of a state machine whose input is the request's body.
//
// # Who may deliver
//
// Under AWS_IAM, Lambda has authorized the caller. Under HMAC the sender signs with
// a secret that both sides know, and sends three headers:
//
//	X-Timestamp:     seconds since 1970, in decimal digits
//	X-Delivery-Id:   the sender's ID of the delivery; optional
//	X-Signature-256: sha256=HEX, or HEX only
//
// The signature is the HMAC-SHA256 of these bytes, with the body as it was sent:
//
//	TIMESTAMP "." BODY           without X-Delivery-Id
//	TIMESTAMP "." ID "." BODY    with it
//
// The ID is signed because it decides whether an execution starts. If it could be
// changed, a captured request could be sent again under another ID until its
// timestamp expires. The two forms can't be confused: a timestamp has no dot, a body
// is a JSON object or array and therefore begins with {, [ or white space, and an ID
// can't have any of these characters.
//
// A sender with an ID in the body needs no X-Delivery-Id: the webhook can be
// configured to take a member of the body, which is signed anyway.
//
// The secret's current value and the value before it are accepted, so that a sender
// can use the old one while the secret is rotated. To get rid of a value that has
// leaked, rotate twice.
//
// A timestamp more than [Window] away, in the past or in the future, is refused.
// Within the window, a request that is sent again is the same delivery.
//
// # One delivery, one execution
//
// The execution is named for the webhook and the delivery's ID, NAME--ID. Step
// Functions starts an execution of one name once in 90 days. A delivery that comes
// again gets the same answer as the first time, whether its execution is running or
// has ended, and even if its body has changed: an ID names one delivery, and the
// first one counts.
//
// Without an ID, the name is a hash of the signed bytes: a copy of the request starts
// nothing, and the same body at another time is another delivery. Under AWS_IAM every
// request without an ID is a delivery of its own.
package delivery
