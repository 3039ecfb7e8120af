package operate

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/smithy-go"
)

// explain says what to do about an error of AWS. The subject is the ARN that the
// request is about.
func (s *Service) explain(err error, subject string) error {
	return explained(err, s.Region, subject)
}

// Explain says what to do about an error of AWS, from a request about an object or
// another thing with an ARN.
func Explain(err error, region, subject string) error { return explained(err, region, subject) }

func explained(err error, region, subject string) error {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		if _, ok := errors.AsType[*net.DNSError](err); ok {
			return fmt.Errorf("AWS can't be reached in region %q: check the network and --region: %w", region, err)
		}
		if strings.Contains(err.Error(), "get credentials") {
			return NoCredentials(err)
		}
		return err
	}
	switch code := api.ErrorCode(); code {
	case "AccessDeniedException", "AccessDenied", "Forbidden", "UnauthorizedOperation":
		return &missingPermission{action: action(err), subject: subject, err: api}
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return fmt.Errorf("the credentials have expired: get new ones, such as with aws sso login (%w)", err)
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "InvalidAccessKeyId", "MissingAuthenticationTokenException":
		return fmt.Errorf("AWS does not accept the credentials: check --profile and the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (%w)", err)
	case "StateMachineDoesNotExist":
		return fmt.Errorf("state machine %s does not exist in region %s of this account: check --region, --profile and --job", subject, region)
	case "ExecutionDoesNotExist":
		return fmt.Errorf("execution %s does not exist, or has been over for 90 days: mapjob list shows those that exist", subject)
	case "NoSuchBucket":
		return fmt.Errorf("%s: the bucket does not exist", subject)
	case "PermanentRedirect", "AuthorizationHeaderMalformed":
		return fmt.Errorf("%s is in another region than %s: give --region (%w)", subject, region, err)
	case "StateMachineTypeNotSupported":
		return fmt.Errorf("state machine %s is an Express one, of which Step Functions lists no executions: name a job's own state machine", subject)
	}
	return err
}

// missingPermission is the error of a request that AWS has denied.
type missingPermission struct {
	action, subject string
	err             smithy.APIError
}

func (e *missingPermission) Error() string {
	return fmt.Sprintf("permission is missing: allow %s on %s (%s)", e.action, e.subject, e.err.ErrorMessage())
}

func (e *missingPermission) Unwrap() error { return e.err }

// NoCredentials is the error of a configuration without credentials.
func NoCredentials(err error) error {
	return fmt.Errorf("no AWS credentials: give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login (%w)", err)
}

// action returns the IAM action of the operation that failed.
func action(err error) string {
	operation, ok := errors.AsType[*smithy.OperationError](err)
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
	default:
		return operation.Service() + ":" + name
	}
}
