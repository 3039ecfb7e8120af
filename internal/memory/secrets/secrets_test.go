package secrets_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/memory/secrets"
)

// server is the HTTP client of a client whose requests a handler answers.
type server struct{ http.Handler }

func (s server) Do(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func TestSecrets(t *testing.T) {
	s := secrets.New()
	s.Add("key", "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf", aws.String("first"))
	s.Add("generated", "arn:aws:secretsmanager:us-east-1:123456789012:secret:generated-AbCdEf", nil)
	client := secretsmanager.NewFromConfig(aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: server{s}, RetryMaxAttempts: 1})
	get := func(in secretsmanager.GetSecretValueInput) string {
		out, err := client.GetSecretValue(t.Context(), &in)
		if refused, ok := errors.AsType[smithy.APIError](err); ok {
			return refused.ErrorCode()
		}
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(out.SecretString) + string(out.SecretBinary) + " " + out.VersionStages[0]
	}
	put := func(id, value string) {
		if _, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &id, SecretString: &value}); err != nil {
			t.Fatal(err)
		}
	}
	const missing = "ResourceNotFoundException"
	for i, c := range []struct {
		do       func()
		in       secretsmanager.GetSecretValueInput
		expected string
	}{
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("key")}, "first AWSCURRENT"},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf")}, "first AWSCURRENT"},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:key")}, "first AWSCURRENT"},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("key"), VersionStage: aws.String("AWSPREVIOUS")}, missing},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("none")}, missing},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("generated")}, missing},
		{func() { put("generated", "by the test") }, secretsmanager.GetSecretValueInput{SecretId: aws.String("generated")}, "by the test AWSCURRENT"},
		{func() { put("key", "second"); put("key", "third") }, secretsmanager.GetSecretValueInput{SecretId: aws.String("key"), VersionStage: aws.String("AWSPREVIOUS")}, "second AWSPREVIOUS"},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("key"), VersionId: aws.String("00000000-0000-4000-8000-000000000003")}, "third AWSCURRENT"},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("key"), VersionId: aws.String("00000000-0000-4000-8000-000000000001")}, missing},
		{nil, secretsmanager.GetSecretValueInput{SecretId: aws.String("key"), VersionStage: aws.String("OTHER")}, missing},
		{func() {
			if _, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("new"), SecretBinary: []byte("\x01\x02")}); err != nil {
				t.Fatal(err)
			}
		}, secretsmanager.GetSecretValueInput{SecretId: aws.String("new")}, "\x01\x02 AWSCURRENT"},
	} {
		if c.do != nil {
			c.do()
		}
		if got := get(c.in); got != c.expected {
			t.Errorf("request %d: got %q, expected %q", i, got, c.expected)
		}
	}
	if _, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("key"), SecretString: aws.String("x")}); err == nil {
		t.Error("got no error of a secret that exists")
	}
	if _, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("key")}); err == nil {
		t.Error("got no error of a secret without a value")
	}
}
