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
	slog.SetDefault(slog.New(&infoHandler{Handler: slog.NewJSONHandler(out, nil)}))
	defer slog.SetDefault(was)

	h := Work(func(ctx context.Context, n int) (int, error) {
		slog.InfoContext(ctx, "with a context", "n", n)
		slog.With("also", true).Info("without")
		slog.Default().WithGroup("").WithGroup("db").With("table", "orders").WithGroup("query").InfoContext(ctx, "in groups", "n", n)
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
	if len(lines) != 7 {
		t.Fatalf("got %d lines, expected seven", len(lines))
	}
	for i, index := range []any{7.0, 7.0, 7.0, 8.0, 8.0, 8.0} {
		got := fmt.Sprint(lines[i]["job"], lines[i]["execution"], lines[i]["requestId"], lines[i]["index"])
		if expected := fmt.Sprint("nightly", "arn:x", "req-1", index); got != expected {
			t.Errorf("got %s in line %d, expected %s", got, i, expected)
		}
	}
	if got := fmt.Sprint(lines[2]["db"]); got != "map[query:map[n:1] table:orders]" {
		t.Errorf("got %s in the group, expected what was logged in it", got)
	}
	if _, there := lines[6]["job"]; there {
		t.Errorf("got %v, expected a line outside an invocation to be about none", lines[6])
	}
}

func TestThePanicOfAnItemSaysWhichItIs(t *testing.T) {
	out := &bytes.Buffer{}
	was := slog.Default()
	slog.SetDefault(slog.New(&infoHandler{Handler: slog.NewJSONHandler(out, nil)}))
	defer slog.SetDefault(was)
	h := Work(func(context.Context, int) (int, error) { panic("boom") }, Concurrency(2))
	if _, err := h.Invoke(context.Background(), []byte(`{"BatchInput": {}, "Items": [{"index": 7, "item": 1}]}`)); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["index"] != 7.0 {
		t.Errorf("got %s and error %v, expected one line about item 7", out, err)
	}
}
