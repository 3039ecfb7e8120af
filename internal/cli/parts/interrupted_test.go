package parts

import (
	"context"
	"io"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template/templatetest"
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
	empty, _ := templatetest.Stack(t, nil, nil)
	p.Stack = stack.New(empty)
	const expected = "interrupted while the services were being started"
	if err := p.Start(ctx, stack.Options{}); err == nil || err.Error() != expected {
		t.Errorf("got error %v, expected %s", err, expected)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
