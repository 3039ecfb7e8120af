package moto

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing of the user's own leads a deployment to moto astray, to AWS.
func TestEnv(t *testing.T) {
	for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_CLOUDFORMATION"} {
		t.Setenv(name, "mine")
	}
	for name, value := range Env("http://127.0.0.1:1") {
		t.Setenv(name, value)
	}
	for name, expected := range map[string]string{
		"AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "AWS_ACCESS_KEY_ID": "test", "AWS_ENDPOINT_URL_CLOUDFORMATION": "",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION": "http://localhost:1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		if got := os.Getenv(name); got != expected {
			t.Errorf("%s: got %q, expected %q", name, got, expected)
		}
	}
}

func TestAServerThatDoesNotStart(t *testing.T) {
	if _, err := Start(t.Context(), Options{Program: filepath.Join(t.TempDir(), "moto_server"), Folder: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "run make moto-server") {
		t.Errorf("got error %v, expected how to get moto", err)
	}
	// One that ends at once, as when another program has its port.
	program := filepath.Join(t.TempDir(), "moto_server")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho Address already in use\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Program: program, Folder: t.TempDir()})
	if err == nil || strings.Count(err.Error(), "Address already in use") != 3 {
		t.Errorf("got error %v, expected three attempts with what the program printed", err)
	}
}
