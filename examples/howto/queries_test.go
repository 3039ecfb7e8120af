package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// The queries of docs/how-to/report.md ask for members that the worker's lines have.
func TestQueriesNameMembersOfLines(t *testing.T) {
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		worker := job.Work(func(ctx context.Context, o shop.Order) (shop.Receipt, error) {
			if o.ID == "slow" {
				<-ctx.Done()
			}
			return shop.Charge(ctx, o)
		}, job.LogData(), job.WithLogger(job.NewLogger(&log)))
		jobtest.Call{Timeout: time.Minute, RequestID: "r-1"}.Work(t, worker, shop.Order{ID: "free"}, shop.Order{ID: "slow"}, shop.Order{ID: "late"})
	})
	known := map[string]bool{"timestamp": true}
	for line := range strings.Lines(log.String()) {
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		known[members["message"].(string)] = true
		for name := range members {
			known[name] = true
		}
	}
	page, err := os.ReadFile("../../docs/how-to/report.md")
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq("filter and or stats count as items min example by sort desc fields") {
		known[word] = true
	}
	queries := regexp.MustCompile("(?s)<!-- output: query -->\n```text\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(queries) < 3 {
		t.Errorf("got %d queries, expected those of the page", len(queries))
	}
	for _, query := range queries {
		for _, token := range regexp.MustCompile(`"[^"]*"|[A-Za-z]+`).FindAllString(query[1], -1) {
			if name := strings.Trim(token, `"`); !known[name] && !strings.HasPrefix(name, "arn:") {
				t.Errorf("got %s in the query\n%s\nexpected a member or a message of the lines\n%s", token, query[1], log.String())
			}
		}
	}
}
