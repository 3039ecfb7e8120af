package target

import (
	"strings"
	"testing"
)

const monday = "arn:aws:states:eu-west-1:123456789012:execution:Nightly-AbC:monday"

// unreachable sets credentials of an AWS that is not asked.
func unreachable(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"} {
		t.Setenv(name, value)
	}
}

func TestAnARNOfAnotherJobIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		target   Target
		expected string
	}{
		"its ARN":                {Target{Job: "arn:aws:states:eu-west-1:123456789012:stateMachine:Nightly-AbC"}, ""},
		"its name":               {Target{Job: "Nightly-AbC"}, ""},
		"how its name begins":    {Target{Job: "Nightly"}, ""},
		"no job":                 {Target{}, ""},
		"another":                {Target{Job: "Weekly"}, "which is of state machine Nightly-AbC, expected one of --job Weekly"},
		"another that is longer": {Target{Job: "Nightly-AbCd"}, "which is of state machine Nightly-AbC, expected one of --job Nightly-AbCd"},
		"another ARN":            {Target{Job: "arn:aws:states:eu-west-1:123456789012:stateMachine:Nightly"}, "which is of state machine Nightly-AbC"},
	} {
		t.Run(name, func(t *testing.T) {
			unreachable(t)
			_, err := c.target.Open(t.Context(), monday)
			if c.expected == "" && err != nil || c.expected != "" && (err == nil || !strings.Contains(err.Error(), "EXECUTION: got "+monday+", "+c.expected)) {
				t.Errorf("got %v, expected %q", err, c.expected)
			}
		})
	}
}
