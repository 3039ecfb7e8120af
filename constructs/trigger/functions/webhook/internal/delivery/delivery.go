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
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/statesarn"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Settings are the settings of a webhook.
type Settings struct {
	// Name distinguishes the deliveries of this webhook from those of others: letters,
	// digits, _ and single -, protocol.MaxWebhookName at most.
	Name string
	// StateMachineARN is the state machine to start.
	StateMachineARN string
	// Authorization is protocol.AuthorizationStandardWebhooks, AuthorizationHMAC or
	// AuthorizationIAM.
	Authorization string
	// SecretARN is the secret in Secrets Manager whose value is the signatures' key.
	SecretARN string
	// SignatureHeader, TimestampHeader and DeliveryIDHeader are names of headers. The
	// Standard Webhooks specification has its own.
	SignatureHeader, TimestampHeader, DeliveryIDHeader string
	// DeliveryIDMember is the member of the body that is the delivery's ID, a
	// string or a whole number. If it is empty, the ID is in a header.
	DeliveryIDMember string
	// MaxBodyBytes is the longest body.
	MaxBodyBytes int
	// AllowControl allows bodies with members that steer the job.
	AllowControl bool
}

// maxInputBytes is the longest input of StartExecution ("Step Functions service
// quotas").
const maxInputBytes = 262_144

// webhookName does not contain the separator, and does not end with a part of it.
var webhookName = regexp.MustCompile(`^[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*$`)

func (s *Settings) validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if statesarn.Name(s.StateMachineARN) == "" {
		problem("StateMachineARN: got %q, expected the ARN of a state machine", s.StateMachineARN)
	}
	if !webhookName.MatchString(s.Name) || len(s.Name) > protocol.MaxWebhookName {
		problem("Name: got %q, expected 1 to %d letters, digits, _ and single -", s.Name, protocol.MaxWebhookName)
	}
	switch s.Authorization {
	case protocol.AuthorizationIAM:
	case protocol.AuthorizationHMAC, protocol.AuthorizationStandardWebhooks:
		if s.SecretARN == "" {
			problem("SecretARN: got none, expected the secret of the signatures")
		}
		if s.SignatureHeader == "" || s.TimestampHeader == "" {
			problem("SignatureHeader, TimestampHeader: got %q and %q, expected both", s.SignatureHeader, s.TimestampHeader)
		}
	default:
		problem("Authorization: got %q, expected %s, %s or %s", s.Authorization,
			protocol.AuthorizationStandardWebhooks, protocol.AuthorizationHMAC, protocol.AuthorizationIAM)
	}
	if s.DeliveryIDHeader == "" && s.DeliveryIDMember == "" {
		problem("DeliveryIDHeader: got none, expected where the delivery's ID is")
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
	scheme   scheme // nil under AWS_IAM
	secret   secret
	now      func() time.Time
}

// New returns a handler. The error says which settings are wrong.
func New(settings Settings, clients Clients) (*Handler, error) {
	var signed scheme
	switch settings.Authorization {
	case protocol.AuthorizationStandardWebhooks:
		signed = standardScheme{}
		settings.SignatureHeader, settings.TimestampHeader = standardwebhooks.HeaderWebhookSignature, standardwebhooks.HeaderWebhookTimestamp
		settings.DeliveryIDHeader, settings.DeliveryIDMember = standardwebhooks.HeaderWebhookID, ""
	case protocol.AuthorizationHMAC:
		signed = ownScheme{settings.Name}
	}
	if err := settings.validate(); err != nil {
		return nil, fmt.Errorf("settings of the webhook: %w", err)
	}
	h := &Handler{settings: settings, scheme: signed, now: wallClock}
	h.machine.arn, h.machine.client = settings.StateMachineARN, clients.StepFunctions
	if signed != nil {
		h.secret.arn, h.secret.client, h.secret.key = settings.SecretARN, clients.SecretsManager, signed.key
		h.secret.now = func() time.Time { return h.now() }
	}
	return h, nil
}

// wallClock returns the time without the monotonic clock, which may stand still while
// Lambda has frozen the function between two requests.
func wallClock() time.Time { return time.Now().Round(0) }

// timeToAnswer is how long before the end of the invocation calls to AWS are
// canceled, so that the sender still gets an answer.
const timeToAnswer = 500 * time.Millisecond

// Handle answers a request. It never returns an error, because the error of a
// function tells the sender nothing.
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
	var signed *signedRequest
	if h.scheme != nil {
		signed, refused = h.authenticate(ctx, request, id, body)
	} else if request.RequestContext.Authorizer == nil || request.RequestContext.Authorizer.IAM == nil {
		refused = &refusal{status: http.StatusForbidden, message: "expected a request that Lambda has authorized",
			reason: "the function URL does not authorize by AWS_IAM"}
	}
	if refused != nil {
		return nil, refused
	}
	if err := checkJSON(body); err != nil {
		return nil, &refusal{status: http.StatusBadRequest, message: err.Error()}
	}
	if member := protocol.ControlMember(body); member != "" && !h.settings.AllowControl {
		return nil, &refusal{status: http.StatusBadRequest, reason: "got a body with a member that steers the job",
			message: fmt.Sprintf("got the member %.100q in the body, expected none whose name begins with %s: they steer the job", member, protocol.ControlPrefix)}
	}
	of, err := h.identify(request, id, body, signed)
	if err != nil { // the log has no data of a body
		return nil, &refusal{status: http.StatusBadRequest, message: err.Error(), reason: "got a delivery's ID that is not valid"}
	}
	return h.machine.start(ctx, executionName(h.settings.Name, of), body)
}

// identify returns what makes a request the repeat of another one.
func (h *Handler) identify(request *events.LambdaFunctionURLRequest, id string, body []byte, signed *signedRequest) (identity, error) {
	switch {
	case h.settings.DeliveryIDMember != "":
		return inBody(body, h.settings.DeliveryIDMember)
	case id == "" && signed != nil: // by mapjob's scheme: the other one requires an ID
		return identity{signedBytes, string(ownScheme{h.settings.Name}.text(signed))}, nil
	case id == "":
		return identity{requestID, request.RequestContext.RequestID}, nil
	case !headerID.MatchString(id):
		return identity{}, fmt.Errorf("got %s %.100q, expected visible ASCII characters without { and [", h.settings.DeliveryIDHeader, id)
	}
	return identity{stringID, id}, nil
}

// body returns the body as it was sent: Lambda encodes bodies that are not text in
// base64.
func (h *Handler) body(request *events.LambdaFunctionURLRequest) ([]byte, *refusal) {
	body := []byte(request.Body)
	if request.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(request.Body); err != nil {
			return nil, &refusal{status: http.StatusBadRequest, message: "got a body that is not valid base64, expected base64 as the event says"}
		}
	}
	if len(body) > h.settings.MaxBodyBytes {
		return nil, &refusal{status: http.StatusRequestEntityTooLarge,
			message: fmt.Sprintf("got a body of %d bytes, expected at most %d", len(body), h.settings.MaxBodyBytes)}
	}
	return body, nil
}

// checkJSON accepts an object or an array. The package comment says why it does not
// accept every JSON value.
func checkJSON(body []byte) error {
	text := bytes.TrimLeft(body, " \t\r\n")
	if !json.Valid(body) || !utf8.Valid(body) || text[0] != '{' && text[0] != '[' {
		return errors.New("got a body that is not JSON in UTF-8, expected a JSON object or array")
	}
	return nil
}

// header returns the value of a header, or "". Lambda passes names in lower case and
// joins the values of a repeated header with commas.
func header(request *events.LambdaFunctionURLRequest, name string) string {
	return request.Headers[strings.ToLower(name)]
}
