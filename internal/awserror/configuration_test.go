package awserror

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

func TestAConfigurationThatGivesNoCredentialsSaysWhatToDo(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("config", `[profile prod]
region = eu-west-1
[profile run]
credential_process = false
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Operator
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
[profile empty]
`)
	for name, c := range map[string]struct{ file, profile, expected string }{
		"a profile that is spelt wrong": {good, "prdo", "profile prdo does not exist in the AWS configuration of this user: check --profile, AWS_PROFILE and AWS_CONFIG_FILE; aws configure list-profiles lists those that exist"},
		"no file":                       {filepath.Join(folder, "none"), "prod", "profile prod does not exist in the AWS configuration of this user: "},
		"a broken file":                 {file("broken", "[profile prod\nregion"), "prod", "profile prod does not exist in the AWS configuration of this user: "},
		"nothing":                       {good, "", "no AWS credentials: give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login ("},
		"a profile without any":         {good, "empty", "no AWS credentials: give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login --profile empty ("},
		"a process that fails":          {good, "run", "the credential_process of profile run gives no credentials: "},
		"an SSO session that has ended": {good, "sso", "the SSO session has ended: sign in with aws sso login --profile sso ("},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL"} {
				t.Setenv(variable, "")
			}
			t.Setenv("HOME", folder)
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			t.Setenv("AWS_CONFIG_FILE", c.file)
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(folder, "credentials"))
			var options []func(*config.LoadOptions) error
			if c.profile != "" {
				options = append(options, config.WithSharedConfigProfile(c.profile))
			}
			settings, err := config.LoadDefaultConfig(t.Context(), options...)
			if err == nil {
				_, err = settings.Credentials.Retrieve(t.Context())
			}
			err = Configuration(err, c.profile)
			if err == nil || !strings.HasPrefix(err.Error(), c.expected) {
				t.Fatalf("got %v, expected %s", err, c.expected)
			}
			t.Log(err)
		})
	}
}
