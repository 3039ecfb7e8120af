package tool

import (
	"strings"
	"testing"
)

func TestAToolThatCanNotBeHad(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	_, err := Install(t.Context(), t.TempDir(), "example.com/tool/cmd/tool", "v1.0.0")
	if err == nil || !strings.Contains(err.Error(), "go install example.com/tool/cmd/tool@v1.0.0") || !strings.Contains(err.Error(), "without a network") {
		t.Errorf("got error %v, expected the command, and that it needs a network", err)
	}
}

func TestATool(t *testing.T) {
	out, problems, err := Tool{"/bin/sh"}.Run(t.Context(), t.TempDir(), []string{"GREETING=hello"}, "-c", "echo $GREETING; echo oh >&2")
	if err != nil || out != "hello\n" || problems != "oh\n" {
		t.Errorf("got %q, %q and error %v, expected hello and oh", out, problems, err)
	}
	if _, _, err := (Tool{"/bin/sh"}).Run(t.Context(), t.TempDir(), nil, "-c", "echo why; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3\nwhy") {
		t.Errorf("got error %v, expected the status and the output", err)
	}
}
