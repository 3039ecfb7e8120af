package consumer

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/test/moduleproxy"
)

const modulePath = moduleproxy.Module

func publish(t *testing.T) moduleproxy.Published {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return moduleproxy.Publish(t, root, "test")
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &problem)
	}
	return string(out)
}
