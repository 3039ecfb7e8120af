// Package delivery is what a webhook does with a request: it finds out whether
// it may be trusted, and starts an execution of a state machine whose input is
// the request's body.
//
// # Who may deliver
//
// Under AWS_IAM, Lambda has checked the caller before the request gets here.
// Under HMAC the sender signs with a secret that both sides know. Three headers
// go along with the body:
//
//	X-Timestamp:     seconds since 1970, in decimal digits
//	X-Delivery-Id:   what the sender calls the delivery; may be left out
//	X-Signature-256: sha256=HEX, or HEX alone
//
// The signature is the HMAC-SHA256 of these bytes, the body as it was sent:
//
//	TIMESTAMP "." BODY           without X-Delivery-Id
//	TIMESTAMP "." ID "." BODY    with it
//
// The ID is signed because it decides whether an execution starts: with an ID
// that anybody could change, a request that was overheard could be sent again
// under another one for as long as its timestamp is good. Neither form can be
// taken for the other. A timestamp has no dot, a body is a JSON object or
// array, so that it begins with {, [ or white space, and none of these is
// allowed in an ID: where the body begins can be told from the bytes alone.
//
// A sender with an ID of its own in the body needs no X-Delivery-Id: the
// webhook can be told to take a member of the body, which is signed anyway.
//
// The secret's current value is good, and the one before it, so that a sender
// may go on with that while the secret is rotated. To be rid of a value that
// has become known, rotate twice.
//
// A timestamp that is more than [Window] away, in the past or in the future, is
// refused, and within it a request that is sent again is the same delivery.
//
// # One delivery, one execution
//
// The webhook's name and the delivery's ID, NAME--ID, are the name of its
// execution, and Step Functions starts a name once in 90 days. A delivery that comes again is answered like the first
// time, whether its execution still runs or has ended. That is also so where
// the body has changed: an ID names one delivery, and the first one counts.
// Without an ID the name is a hash of the signed bytes, so that a copy of the
// request starts nothing, and the same body at another time is another
// delivery; under AWS_IAM every request without an ID is a delivery of its own.
package delivery

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// Ways to find out who sends a request.
const (
	AWSIAM = "AWS_IAM" // Lambda does, before the request gets here
	HMAC   = "HMAC"    // by its signature
)

// Settings of a webhook.
type Settings struct {
	// Name tells the deliveries of this webhook from those of others that start
	// the same state machine: letters, digits, _ and single -. It may be empty:
	// there are no others.
	Name string
	// StateMachineARN is the state machine that is started.
	StateMachineARN string
	// Authorization is AWSIAM or HMAC.
	Authorization string
	// SecretARN is the secret in Secrets Manager whose value is the key of the
	// HMAC.
	SecretARN string
	// SignatureHeader, TimestampHeader and DeliveryIDHeader are the headers'
	// names.
	SignatureHeader, TimestampHeader, DeliveryIDHeader string
	// DeliveryIDMember is the member of the body's object that is the
	// delivery's ID, a string or a whole number. It may be empty: the ID is in
	// a header.
	DeliveryIDMember string
	// MaxBodyBytes is how long a body may be.
	MaxBodyBytes int
}

// maxInputBytes is what StartExecution takes ("Step Functions service quotas").
const maxInputBytes = 262_144

// webhookName has no separator in it, and none begins at its end.
var webhookName = regexp.MustCompile(`^[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*$`)

func (s *Settings) validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if parts := strings.Split(s.StateMachineARN, ":"); len(parts) < 7 || parts[5] != "stateMachine" {
		problem("StateMachineARN: got %q, expected the ARN of a state machine", s.StateMachineARN)
	}
	if s.Name != "" && !webhookName.MatchString(s.Name) {
		problem("Name: got %q, expected letters, digits, _ and single -", s.Name)
	}
	switch s.Authorization {
	case AWSIAM:
	case HMAC:
		if s.SecretARN == "" {
			problem("SecretARN: got none, expected the secret of the signatures")
		}
		if s.SignatureHeader == "" || s.TimestampHeader == "" {
			problem("SignatureHeader, TimestampHeader: got %q and %q, expected both", s.SignatureHeader, s.TimestampHeader)
		}
	default:
		problem("Authorization: got %q, expected %s or %s", s.Authorization, AWSIAM, HMAC)
	}
	if s.DeliveryIDHeader == "" && s.DeliveryIDMember == "" {
		problem("DeliveryIDHeader: got none, expected where the delivery's id is")
	}
	if s.MaxBodyBytes < 1 || s.MaxBodyBytes > maxInputBytes {
		problem("MaxBodyBytes: got %d, expected 1 to %d", s.MaxBodyBytes, maxInputBytes)
	}
	return errors.Join(problems...)
}

// Handler handles the requests of a function URL.
type Handler struct {
	settings Settings
	machine  machine
	secret   secret
	now      func() time.Time
}

// New is a handler that uses these clients. The error says which settings are
// no good.
func New(settings Settings, clients Clients) (*Handler, error) {
	if err := settings.validate(); err != nil {
		return nil, fmt.Errorf("settings of the webhook: %w", err)
	}
	return &Handler{
		settings: settings,
		machine:  machine{settings.StateMachineARN, clients.StepFunctions},
		secret:   secret{arn: settings.SecretARN, client: clients.SecretsManager},
		now:      time.Now,
	}, nil
}

// timeToAnswer is how long before the end of the invocation a call to AWS is
// given up, so that the sender still gets an answer.
const timeToAnswer = 500 * time.Millisecond

// Handle answers a request. What goes wrong is an answer too: an error of the
// function would tell the sender nothing.
func (h *Handler) Handle(ctx context.Context, request events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-timeToAnswer))
		defer cancel()
	}
	started, refused := h.deliver(ctx, &request)
	if refused != nil {
		slog.LogAttrs(ctx, refused.level(), "delivery refused", slog.Int("status", refused.status),
			slog.String("reason", cmp.Or(refused.reason, refused.message)))
		return refused.response(), nil
	}
	slog.LogAttrs(ctx, slog.LevelInfo, "delivery accepted", slog.String("execution", started.Name), slog.Bool("repeated", started.repeated))
	return respond(http.StatusAccepted, started, nil), nil
}

func (h *Handler) deliver(ctx context.Context, request *events.LambdaFunctionURLRequest) (*execution, *refusal) {
	if method := request.RequestContext.HTTP.Method; method != http.MethodPost {
		return nil, &refusal{status: http.StatusMethodNotAllowed, message: "got method " + method + ", expected POST",
			headers: map[string]string{"Allow": http.MethodPost}}
	}
	body, refused := h.body(request)
	if refused != nil {
		return nil, refused
	}
	id := ""
	if h.settings.DeliveryIDMember == "" {
		id = header(request, h.settings.DeliveryIDHeader)
	}
	var signed []byte
	switch h.settings.Authorization {
	case HMAC:
		signed, refused = h.authenticate(ctx, request, id, body)
	default:
		if request.RequestContext.Authorizer == nil || request.RequestContext.Authorizer.IAM == nil {
			refused = &refusal{status: http.StatusForbidden, message: "expected a request that Lambda has authorized",
				reason: "the function URL does not authorize by AWS_IAM"}
		}
	}
	if refused != nil {
		return nil, refused
	}
	if err := checkJSON(body); err != nil {
		return nil, &refusal{status: http.StatusBadRequest, message: err.Error()}
	}
	name, err := h.name(id, body, signed, request.RequestContext.RequestID)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, message: err.Error()}
	}
	return h.machine.start(ctx, name, body)
}

// body is the body as it was sent: Lambda hands over in base64 what it does not
// take for text.
func (h *Handler) body(request *events.LambdaFunctionURLRequest) ([]byte, *refusal) {
	body := []byte(request.Body)
	if request.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(request.Body); err != nil {
			return nil, &refusal{status: http.StatusBadRequest, message: "got a body that is not the base64 it is said to be"}
		}
	}
	if len(body) > h.settings.MaxBodyBytes {
		return nil, &refusal{status: http.StatusRequestEntityTooLarge,
			message: fmt.Sprintf("got a body of %d bytes, expected at most %d", len(body), h.settings.MaxBodyBytes)}
	}
	return body, nil
}

// checkJSON takes an object or an array: see the package comment for why not
// any JSON value.
func checkJSON(body []byte) error {
	text := bytes.TrimLeft(body, " \t\r\n")
	if !json.Valid(body) || !utf8.Valid(body) || text[0] != '{' && text[0] != '[' {
		return errors.New("got a body that is not JSON in UTF-8, expected a JSON object or array")
	}
	return nil
}

// header is a header's value, or "". Lambda hands over names in lower case, and
// the values of a repeated one with commas in between.
func header(request *events.LambdaFunctionURLRequest, name string) string {
	return request.Headers[strings.ToLower(name)]
}
