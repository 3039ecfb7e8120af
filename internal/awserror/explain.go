// Package awserror says what to do about the errors of AWS.
package awserror

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/mapjob/mapjob/internal/silence"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/typed"
)

// problem is an error of AWS that says what to do.
type problem struct {
	text string
	then string // what to do, if the text does not say it
	wait bool   // the same request may succeed later
	err  error
}

func (p *problem) Error() string { return p.text + p.then }
func (p *problem) Unwrap() error { return p.err }

// Passing returns why AWS has not done what an explained error is about, if the same
// request may succeed later.
func Passing(err error) (reason string, ok bool) {
	p, ok := errors.AsType[*problem](err)
	if !ok || !p.wait {
		return "", false
	}
	return p.text, true
}

// Explain says what to do about an error of a client of AWS, from a request in a region.
// The subject is the ARN that the request is about.
func Explain(err error, region, subject string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	request := failedRequest{err, region, subject}
	api, ok := errors.AsType[smithy.APIError](err)
	response, responded := errors.AsType[*smithyhttp.ResponseError](err)
	switch {
	case responded && response.HTTPStatusCode() >= http.StatusInternalServerError && !IsThrottling(err):
		return request.fails()
	case ok:
		return request.answered(api)
	}
	return request.unanswered()
}

// failedRequest is a request that failed, about a subject.
type failedRequest struct {
	err             error
	region, subject string
}

func (r *failedRequest) say(format string, args ...any) error {
	return &problem{text: fmt.Sprintf(format, args...), err: r.err}
}

// sayWait is for a request that may succeed later.
func (r *failedRequest) sayWait(then, format string, args ...any) error {
	return &problem{text: fmt.Sprintf(format, args...), then: then, wait: true, err: r.err}
}

// answered says what to do about an error that AWS has answered with.
func (r *failedRequest) answered(api smithy.APIError) error {
	message := strings.TrimSuffix(api.ErrorMessage(), ".")
	if message == "" {
		message = api.ErrorCode()
	}
	if IsThrottling(r.err) {
		return r.sayWait(": try again in a minute", "%s throttles %s, which is asked too often in this account (%s)", r.service(), r.action(), message)
	}
	switch code := api.ErrorCode(); code {
	case "AccessDeniedException", "AccessDenied", "Forbidden", "UnauthorizedOperation", "KmsAccessDeniedException", "KMS.AccessDeniedException":
		if other := r.otherRegion(); other != "" {
			return r.say("%s is in region %s, and was asked for in %s: give --region %s (%s)", r.subject, other, r.region, other, message)
		}
		return r.denied(code, message)
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return r.say("the credentials have expired: get new ones, such as with aws sso login (%s)", message)
	case "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture":
		if strings.Contains(message, "Signature expired") || strings.Contains(message, "not yet current") || strings.HasPrefix(code, "Request") {
			return r.say("the clock of this machine is wrong, so that AWS refuses its requests: set it (%s)", message)
		}
		return r.notAccepted(message)
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
		"IncompleteSignature", "InvalidToken", "AuthFailure", "OptInRequired":
		return r.notAccepted(message)
	case "StateMachineDoesNotExist", "ExecutionDoesNotExist", "InvalidArn", "ResourceNotFound", "ResourceNotFoundException":
		return r.missing(code, message)
	case "NoSuchBucket":
		return r.say("%s: the bucket does not exist: was it deleted with its stack?", r.subject)
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently":
		return r.bucketElsewhere(message)
	case "InvalidObjectState":
		return r.say("%s is archived: restore it first, such as with aws s3api restore-object (%s)", r.subject, message)
	case "KmsInvalidStateException", "KMS.KMSInvalidStateException", "KMS.DisabledException", "KMS.NotFoundException", "KMS.InvalidStateException":
		return r.say("the KMS key of %s can't be used: enable it, or cancel its deletion (%s)", r.subject, message)
	case "StateMachineTypeNotSupported":
		return r.say("state machine %s is an Express one, of which Step Functions lists no executions: name a job's own state machine", r.subject)
	case "StateMachineDeleting":
		return r.say("state machine %s is being deleted, so nothing can be started", r.subject)
	case "ExecutionLimitExceeded":
		return r.say("%s can't be started: too many executions run in this account and region. Wait until some have ended (%s)", r.subject, message)
	case "ExecutionNotRedrivable":
		return r.say("execution %s can't be redriven: %s", r.subject, message)
	default:
		return r.say("%s refuses %s on %s: %s: %s", r.service(), r.action(), r.subject, code, message)
	}
}

// notAuthorized finds the action and the resource in a message of AWS.
var notAuthorized = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)(?: on resource: "?([^" ]+))?`)

// denied says which permission is missing. AWS names it in most messages: it need not
// be that of the request, such as kms:Decrypt for an object that is encrypted.
func (r *failedRequest) denied(code, message string) error {
	action, on := r.action(), r.subject
	if strings.HasPrefix(strings.ToUpper(code), "KMS") {
		action, on = "kms:Decrypt", "the KMS key of "+r.subject
	}
	if found := notAuthorized.FindStringSubmatch(message); found != nil {
		action = found[1]
		if found[2] != "" {
			on = found[2]
		}
	}
	if strings.Contains(message, "explicit deny") {
		return r.say("permission is denied: a policy denies %s on %s, and no other can allow it (%s)", action, on, message)
	}
	hint := ""
	if action == "s3:GetObject" {
		hint = "; without s3:ListBucket on the bucket, an object that does not exist is denied, too"
	}
	return r.say("permission is missing: allow %s on %s%s (%s)", action, on, hint, message)
}

func (r *failedRequest) notAccepted(message string) error {
	return r.say("AWS does not accept the credentials: check --profile and the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and that the account uses region %s (%s)", r.region, message)
}

// missing says why a thing with an ARN may not be found.
func (r *failedRequest) missing(code, message string) error {
	if other := r.otherRegion(); other != "" {
		return r.say("%s is in region %s, and was asked for in %s: give --region %s", r.subject, other, r.region, other)
	}
	switch code {
	case "StateMachineDoesNotExist":
		if r.region == "local" {
			return r.say("no run of this folder has an execution of state machine %s: %s lists those of the last one", r.subject, typed.Command("list", "--local"))
		}
		return r.say("state machine %s does not exist in region %s of this account: check --region, --profile and --job", r.subject, r.region)
	case "ExecutionDoesNotExist":
		machine := statesarn.StateMachineARN(r.subject)
		if r.region == "local" {
			return r.say("no run of this folder has execution %s: %s shows those that exist", r.subject, typed.Command("list", "--local", "--job", machine))
		}
		return r.say("execution %s does not exist, or has been over for 90 days: %s shows those that exist", r.subject, typed.Command("list", "--job", machine))
	case "ResourceNotFound":
		return r.say("%s does not exist any more (%s)", r.subject, message)
	case "ResourceNotFoundException": // of CloudWatch Logs and Lambda
		return r.say("%s does not exist in region %s of this account, or not any more: --log-group names the log group of the worker (%s)", r.subject, r.region, message)
	default:
		return r.say("%s is no ARN of an execution or a state machine of a job (%s)", r.subject, message)
	}
}

// otherRegion returns the region of an ARN if it is not the one that was asked.
func (r *failedRequest) otherRegion() string {
	parts := strings.SplitN(r.subject, ":", 5)
	if len(parts) < 5 || parts[0] != "arn" || parts[3] == r.region || r.region == "local" {
		return ""
	}
	return parts[3]
}

// bucketElsewhere says in which region a bucket is, if S3 has said it.
func (r *failedRequest) bucketElsewhere(message string) error {
	region := ""
	if response, ok := errors.AsType[*smithyhttp.ResponseError](r.err); ok {
		region = response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	if found := expectedRegion.FindStringSubmatch(message); region == "" && found != nil {
		region = found[1]
	}
	if region == "" {
		return r.say("%s is in another region than %s: give --region (%s)", r.subject, r.region, message)
	}
	return r.say("%s is in region %s, and was asked for in %s: give --region %s", r.subject, region, r.region, region)
}

// expectedRegion finds the region of a bucket in a message of S3.
var expectedRegion = regexp.MustCompile(`expecting '([a-z0-9-]+)'`)

// fails is the error of a service that fails.
func (r *failedRequest) fails() error {
	return r.sayWait(": try again in a minute; health.aws.amazon.com shows whether it is AWS", "%s failed to answer %s (%v)", r.service(), r.action(), r.err)
}

// unanswered says what to do about a request that AWS has not answered.
func (r *failedRequest) unanswered() error {
	if name, ok := errors.AsType[*net.DNSError](r.err); ok {
		return r.sayWait("", "%s can't be found: check that region %s is spelt right, and the network (%v)", name.Name, r.region, name)
	}
	if isUntrusted(r.err) {
		return r.say("the certificate of AWS is not trusted: a proxy on the way has one of its own? Name the file of its certificates in AWS_CA_BUNDLE (%v)", r.err)
	}
	if silent, ok := errors.AsType[*silence.Error](r.err); ok {
		return r.sayWait("", "%s does not answer %s: check the network, and HTTPS_PROXY and AWS_ENDPOINT_URL if they are set (%v)", r.service(), r.action(), silent)
	}
	if dial, ok := errors.AsType[*net.OpError](r.err); ok {
		return r.sayWait("", "%s can't be reached: check the network, and HTTPS_PROXY and AWS_ENDPOINT_URL if they are set (%v)", r.service(), dial)
	}
	if strings.Contains(r.err.Error(), "get credentials") || strings.Contains(r.err.Error(), "refresh cached credentials") {
		return Configuration(r.err, "")
	}
	if _, ok := errors.AsType[*smithy.DeserializationError](r.err); ok {
		return r.say("the answer to %s is not from AWS: check HTTPS_PROXY and AWS_ENDPOINT_URL (%v)", r.action(), r.err)
	}
	return r.err
}

func isUntrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.UnknownAuthorityError)) || errors.As(err, new(x509.HostnameError))
}

// IsThrottling reports whether AWS has refused a request because there were too many.
func IsThrottling(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled", "RequestThrottledException", "RequestLimitExceeded",
		"TooManyRequestsException", "SlowDown", "KmsThrottlingException", "KMS.ThrottlingException", "BandwidthLimitExceeded":
		return true
	}
	return false
}

// service returns the name of the service that was asked.
func (r *failedRequest) service() string {
	operation, ok := errors.AsType[*smithy.OperationError](r.err)
	switch {
	case !ok:
		return "AWS"
	case operation.Service() == "SFN":
		return "Step Functions"
	default:
		return operation.Service()
	}
}

// action returns the IAM action of the operation that failed.
func (r *failedRequest) action() string {
	operation, ok := errors.AsType[*smithy.OperationError](r.err)
	if !ok {
		return "the action"
	}
	switch name := operation.Operation(); operation.Service() {
	case "SFN":
		return "states:" + name
	case "S3":
		switch name { // operations whose permission has another name
		case "HeadObject":
			name = "GetObject"
		case "ListObjectsV2":
			name = "ListBucket"
		case "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload":
			name = "PutObject"
		}
		return "s3:" + name
	case "CloudWatch Logs":
		return "logs:" + name
	default:
		return strings.ToLower(operation.Service()) + ":" + name
	}
}
