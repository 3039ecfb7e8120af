package account

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestOfRefusesAnotherAccount(t *testing.T) {
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}))
	defer sts.Close()
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_ENDPOINT_URL", sts.URL)
	for _, c := range []struct{ id, region, expected string }{
		{"123456789012", "eu-central-1", ""},
		{"210987654321", "eu-central-1", "got credentials of account 123456789012 (arn:aws:iam::123456789012:user/me), expected those of 210987654321"},
		{"12345678901", "eu-central-1", "expected the 12 digits of an account"},
		{"12345678901x", "eu-central-1", "expected the 12 digits of an account"},
		{"123456789012", "", "set AWS_REGION"},
	} {
		t.Setenv("AWS_REGION", c.region)
		a, err := Of(t.Context(), c.id)
		if c.expected != "" {
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("account %s in %q: got error %v, expected %q", c.id, c.region, err, c.expected)
			}
			continue
		}
		if err != nil || a.Environment() != "aws://123456789012/eu-central-1" || !slices.Contains(a.Env, "AWS_REGION=eu-central-1") {
			t.Errorf("account %s: got %+v and error %v", c.id, a, err)
		}
	}
}
