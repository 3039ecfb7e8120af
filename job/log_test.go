package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

func TestEveryLineSaysWhomItIsAbout(t *testing.T) {
	out := &bytes.Buffer{}
	was := slog.Default()
	slog.SetDefault(slog.New(&infoHandler{slog.NewJSONHandler(out, nil)}))
	defer slog.SetDefault(was)

	h := Work(func(ctx context.Context, n int) (int, error) {
		slog.InfoContext(ctx, "with a context", "n", n)
		slog.With("also", true).Info("without")
		return n, nil
	})
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "req-1"})
	payload := `{"BatchInput": {"job": {"name": "nightly"}, "execution": "arn:x"}, "Items": [{"index": 7, "item": 1}, {"index": 8, "item": 2}]}`
	if _, err := h.Invoke(ctx, []byte(payload)); err != nil {
		t.Fatal(err)
	}
	slog.Info("outside")

	var lines []map[string]any
	for d := json.NewDecoder(out); d.More(); {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if len(lines) != 5 {
		t.Fatalf("got %d lines, expected five", len(lines))
	}
	for i, index := range []any{7.0, 7.0, 8.0, 8.0} {
		got := fmt.Sprint(lines[i]["job"], lines[i]["execution"], lines[i]["requestId"], lines[i]["index"])
		if expected := fmt.Sprint("nightly", "arn:x", "req-1", index); got != expected {
			t.Errorf("got %s in line %d, expected %s", got, i, expected)
		}
	}
	if _, there := lines[4]["job"]; there {
		t.Errorf("got %v, expected a line outside an invocation to be about none", lines[4])
	}
}
