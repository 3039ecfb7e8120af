package account

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOfAWSRefusesAnotherAccount(t *testing.T) {
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
		a, err := OfAWS(t.Context(), c.id)
		if c.expected != "" {
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("account %s in %q: got error %v, expected %q", c.id, c.region, err, c.expected)
			}
			continue
		}
		if err != nil || a.Environment() != "aws://123456789012/eu-central-1" || a.Moto || !slices.Contains(a.Env, "AWS_REGION=eu-central-1") {
			t.Errorf("account %s: got %+v and error %v", c.id, a, err)
		}
	}
}

// Nothing of the user's own leads a deployment to moto astray, to AWS.
func TestTheEnvironmentOfMoto(t *testing.T) {
	for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_CLOUDFORMATION"} {
		t.Setenv(name, "mine")
	}
	env := motoEnv("http://127.0.0.1:1", "1")
	for _, variable := range env {
		if strings.HasPrefix(variable, "AWS_") && strings.HasSuffix(variable, "=mine") {
			t.Errorf("got %s, expected no variable of the user's", variable)
		}
	}
	for _, expected := range []string{"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull} {
		if !slices.Contains(env, expected) {
			t.Errorf("got %q, expected %s among them", env, expected)
		}
	}
}

func TestAMotoThatDoesNotStart(t *testing.T) {
	if _, err := StartMoto(t.Context(), filepath.Join(t.TempDir(), "moto_server"), t.TempDir()); err == nil || !strings.Contains(err.Error(), "run make moto-server") {
		t.Errorf("got error %v, expected how to get moto", err)
	}
	// One that ends at once, as when another program has its port.
	program := filepath.Join(t.TempDir(), "moto_server")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho Address already in use\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := StartMoto(t.Context(), program, t.TempDir())
	if err == nil || strings.Count(err.Error(), "Address already in use") != 3 {
		t.Errorf("got error %v, expected three attempts with what the program printed", err)
	}
}
