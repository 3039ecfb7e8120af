package parts

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
)

func TestAnInterruptedStartSaysSo(t *testing.T) {
	t.Chdir(t.TempDir())
	folder, err := runs.New()
	if err != nil {
		t.Fatal(err)
	}
	p := &Parts{Flags: &Flags{}, Progress: terminal.NewProgress(io.Discard), Run: folder}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.EOF) // as signal.NotifyContext does
	const expected = "interrupted while the services were being started"
	if err := p.Start(ctx, emptyStack(t), stack.Options{}); err == nil || err.Error() != expected {
		t.Errorf("got error %v, expected %s", err, expected)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// emptyStack returns a stack without resources.
func emptyStack(t *testing.T) *template.Stack {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"manifest.json": `{"artifacts": {"Empty": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "empty.json"}}}}`,
		"empty.json":    `{"Resources": {}}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	assembly, err := template.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return assembly.Stacks()[0]
}
