package awserror

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
)

// Configuration says what to do if the configuration of AWS can't be read, or gives no
// credentials. The profile is the one that a flag has named, if any.
func Configuration(err error, profile string) error {
	if err == nil {
		return nil
	}
	if missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return &problem{text: fmt.Sprintf("profile %s does not exist in the AWS configuration of this user: check --profile, AWS_PROFILE and AWS_CONFIG_FILE; aws configure list-profiles lists those that exist",
			missing.Profile), err: err}
	}
	if broken, ok := errors.AsType[config.SharedConfigLoadError](err); ok {
		return &problem{text: fmt.Sprintf("the AWS configuration %s can't be read: %v", broken.Filename, broken.Err), err: err}
	}
	of := ""
	if profile != "" {
		of = " --profile " + profile
	}
	operation, _ := errors.AsType[*smithy.OperationError](err)
	switch {
	case errors.As(err, new(*ssocreds.InvalidTokenError)), strings.Contains(err.Error(), "SSO token"), strings.Contains(err.Error(), "SSO session"):
		return &problem{text: fmt.Sprintf("the SSO session has ended: sign in with aws sso login%s (%v)", of, err), err: err}
	case errors.As(err, new(*processcreds.ProviderError)):
		return &problem{text: fmt.Sprintf("the credential_process of profile %s gives no credentials: %v", cmp.Or(profile, "default"), err), err: err}
	case operation != nil && operation.Service() == "STS":
		return Explain(err, "", "the role_arn of the profile")
	}
	return &problem{text: fmt.Sprintf("no AWS credentials: give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login%s (%v)", of, err), err: err}
}
