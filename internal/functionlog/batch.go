package functionlog

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Store opens objects.
type Store interface {
	Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error)
}

// BatchFailure is the error of a batch that failed as a whole.
type BatchFailure struct {
	Error     string `json:"error"`
	Cause     string `json:"cause,omitempty"`
	Items     int    `json:"items"`
	RequestID string `json:"requestId,omitempty"` // of the last invocation; "" if the cause does not name it
}

// FailedBatch returns the failure of the batch that an item was in; nil if its worker
// has answered. It reads the child executions that failed, as the manifest of a Map Run
// lists them, one after the other.
func FailedBatch(ctx context.Context, store Store, manifest protocol.Object, item int) (found *BatchFailure, err error) {
	var files struct {
		ResultFiles struct {
			Failed []struct{ Key string } `json:"FAILED"`
		}
	}
	text, err := read(ctx, store, manifest)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &files); err != nil {
		return nil, fmt.Errorf("reading s3://%s/%s: %w", manifest.Bucket, manifest.Key, err)
	}
	for _, file := range files.ResultFiles.Failed {
		err := eachChild(ctx, store, protocol.Object{Bucket: manifest.Bucket, Key: file.Key}, func(c *failedChild) error {
			if found = c.failureOf(item); found != nil {
				return errFound
			}
			return ctx.Err()
		})
		switch {
		case errors.Is(err, errFound):
			return found, nil
		case err != nil:
			return nil, err
		}
	}
	return nil, nil
}

var errFound = errors.New("found")

func read(ctx context.Context, store Store, at protocol.Object) ([]byte, error) {
	object, err := store.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	return io.ReadAll(jsonl.Allow(object, jsonl.MaxDocument))
}

// failedChild is a child execution, as a FAILED file lists it.
type failedChild struct{ Input, Error, Cause, Status string }

// eachChild reads a FAILED file: an array, or JSON Lines.
func eachChild(ctx context.Context, store Store, at protocol.Object, do func(*failedChild) error) error {
	object, err := store.Open(ctx, at)
	if err != nil {
		return err
	}
	defer object.Close()
	from := bufio.NewReaderSize(object, 1<<16)
	invalid := func(err error) error { return fmt.Errorf("reading s3://%s/%s: %w", at.Bucket, at.Key, err) }
	if first, err := from.Peek(1); err != nil || first[0] != '[' {
		return jsonl.EachLine(from, func(line []byte) error {
			var c failedChild
			if err := json.Unmarshal(line, &c); err != nil {
				return invalid(err)
			}
			return do(&c)
		})
	}
	allowance := jsonl.Allow(from, jsonl.MaxLine)
	elements := json.NewDecoder(allowance)
	if _, err := elements.Token(); err != nil {
		return invalid(err)
	}
	for elements.More() {
		var c failedChild
		if err := elements.Decode(&c); err != nil {
			return invalid(err)
		}
		allowance.Renew()
		if err := do(&c); err != nil {
			return err
		}
	}
	return nil
}

// requestOf finds the request ID in the cause of a function's failure (Lambda
// developer guide, "Troubleshoot execution issues").
var requestOf = regexp.MustCompile(`RequestId: ([0-9a-f-]{36})`)

// failureOf returns the failure of a child execution if it had an item.
func (c *failedChild) failureOf(item int) *BatchFailure {
	var b protocol.Batch[json.RawMessage]
	if json.Unmarshal([]byte(c.Input), &b) != nil {
		return nil
	}
	count := len(b.Items)
	has := slices.ContainsFunc(b.Items, func(i protocol.Indexed[json.RawMessage]) bool { return i.Index == item })
	if b.Chunk != nil {
		count, has = b.Chunk.Count, b.Chunk.First <= item && item < b.Chunk.First+b.Chunk.Count
	}
	if !has {
		return nil
	}
	failure := &BatchFailure{Error: cmp.Or(c.Error, c.Status), Cause: protocol.CauseMessage(c.Cause), Items: count}
	if match := requestOf.FindStringSubmatch(c.Cause); match != nil {
		failure.RequestID = match[1]
	}
	return failure
}

// ManifestOf returns where a Map Run has written its manifest: in a folder with the ID
// of its ARN, and after a redrive in a folder of that (Step Functions developer guide,
// "ResultWriter", and captures of real executions). A Map that failed names none.
func ManifestOf(report *protocol.Folder, mapRun string, redrives int) protocol.Object {
	folder := path.Join(path.Dir(report.Prefix), protocol.ResultsFolder, mapRun[strings.LastIndexByte(mapRun, ':')+1:])
	if redrives > 0 {
		folder = path.Join(folder, fmt.Sprintf("Redrive-%d", redrives))
	}
	return protocol.Object{Bucket: report.Bucket, Key: path.Join(folder, protocol.ManifestFile)}
}
