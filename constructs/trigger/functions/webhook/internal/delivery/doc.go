// Package delivery handles the requests of a webhook: it checks who sent a request,
// and starts an execution of a state machine whose input is the request's body.
//
// # Who may deliver
//
// Under Standard Webhooks the sender signs as the specification of that name says
// (https://www.standardwebhooks.com), with libraries in most languages, and sends
// webhook-id, webhook-timestamp and webhook-signature. The secret is base64, with or
// without whsec_ before it, of 24 bytes or more. The specification fixes the signed
// bytes, ID "." TIMESTAMP "." BODY, which do not say for which webhook they are: one
// secret is for one webhook.
//
// Under HMAC the sender signs with a secret that both sides know, and sends three
// headers:
//
//	X-Timestamp:     seconds since 1970, in decimal digits
//	X-Delivery-Id:   the sender's ID of the delivery; optional
//	X-Signature-256: v1= and 64 hexadecimal digits; several with commas between them
//
// The signature is the HMAC-SHA256 of these five lines, with the whole secret as its
// key. The last line is the body as it was sent, without a line feed after it, and the
// fourth is empty without X-Delivery-Id:
//
//	mapjob-v1
//	NAME
//	TIMESTAMP
//	ID
//	BODY
//
// NAME is the webhook's name, so that a request to one webhook can't be sent to
// another one that has the same secret. The version is signed too, so that a later
// version can't be taken for this one.
//
// Both schemes sign the ID because it decides whether an execution starts. If it could
// be changed, a captured request could be sent again under another ID until its
// timestamp expires. The signed bytes can be read in one way only: a timestamp has
// digits, an ID has visible characters without { and [, and a body is a JSON object or
// array and therefore begins with {, [ or white space.
//
// A sender with an ID in the body needs no X-Delivery-Id: the webhook can be
// configured to take a member of the body, which is signed anyway.
//
// A timestamp more than [Window] away, in the past or in the future, is refused.
// Within the window, a request that is sent again is the same delivery.
//
// Under AWS_IAM, Lambda has authorized the caller.
//
// # The secret
//
// The secret's current value and the value before it are accepted, so that a sender
// can use the old one while the secret is rotated. To get rid of a value that has
// leaked, rotate twice.
//
// The secret is read from Secrets Manager once in five minutes, and again before a
// signature is refused, because it may have been rotated. Requests at the same time
// share a read. A flood of forged signatures causes a few reads: six at once, then one
// in ten seconds. While none is left, a signature that does not match is answered with
// 503 in place of 401, so that the sender of a valid one tries again. A read that
// failed is remembered for five seconds. While Secrets Manager fails, the known secret
// is used on, and a signature that does not match it is answered with 503. If Secrets
// Manager refuses the secret, it is used for five minutes at most.
//
// # One delivery, one execution
//
// The execution is named for the webhook and the delivery's ID, NAME--ID, or NAME-- and
// a hash if the ID can't be part of a name. Step Functions gives a name once in 90
// days. A delivery that comes again gets the same answer as the first time, whether
// its execution is running or has ended. If its body has changed, in more than white
// space between its tokens, the answer is 409: an ID names one delivery.
//
// IDs are compared as they are: the number 7 is not the string "7", and no character
// is changed. An ID that could be read in two ways is refused: a member that occurs
// twice, half of a character that takes two in JSON, a control character.
//
// Without an ID, the name is a hash of the signed bytes: a copy of the request starts
// nothing, and the same body at another time is another delivery. Under AWS_IAM every
// request without an ID is a delivery of its own.
package delivery
