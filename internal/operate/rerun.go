package operate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// Plan is a rerun that was not started.
type Plan struct {
	*failed.Items
	BatchSize int `json:"batchSize,omitempty"` // 0: as in any execution

	of *Execution
}

// CannotRerunError is returned if the items of an execution, or those that were chosen, can't
// be run again.
type CannotRerunError struct{ text string }

func (e *CannotRerunError) Error() string { return e.text }

func cannotRerun(format string, args ...any) error {
	return &CannotRerunError{fmt.Sprintf(format, args...)}
}

// PlanRerun counts the items of a rerun: those of an execution that did not succeed,
// or of them those that the filter chooses.
func (s *Service) PlanRerun(ctx context.Context, x *Execution, filter failed.Filter, batchSize int) (*Plan, error) {
	if err := s.CanRerun(ctx, x); err != nil {
		return nil, err
	}
	f, err := s.Failures(ctx, x, filter)
	if err != nil {
		return nil, err
	}
	if f.Count == 0 && f.Unknown > 0 {
		return nil, cannotRerun("execution %s: none of the %d items that did not succeed is stored, so they can't be rerun: start the job again", x.Name, f.Unknown)
	}
	plan := &Plan{Items: f, BatchSize: batchSize, of: x}
	_, err = plan.input(protocol.Rerun{})
	return plan, err
}

// input returns the input of the earlier execution, with a rerun.
func (p *Plan) input(rerun protocol.Rerun) (string, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(p.of.input), &members); err != nil || members == nil {
		return "", cannotRerun("the input of execution %s is no JSON object, so it can't name a rerun: got %s", p.of.Name, protocol.Excerpt([]byte(p.of.input)))
	}
	text, err := json.Marshal(rerun)
	if err != nil {
		return "", err
	}
	members[protocol.MemberRerun] = text
	input, err := encode(members)
	if err == nil && len(input) > protocol.MaxInput {
		delete(members, "items") // a rerun does not read them
		input, err = encode(members)
	}
	return string(input), err
}

func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(text.Bytes()), err
}

// Start stores the items of the plan in the folder of the earlier execution, starts an
// execution that runs them, and returns its ARN. The items are a copy: a redrive of
// the earlier execution replaces its failures.jsonl.
func (s *Service) Start(ctx context.Context, p *Plan) (arn string, err error) {
	if p.Count == 0 {
		return "", cannotRerun("execution %s has no failed items to rerun", p.of.Name)
	}
	var random [3]byte
	_, _ = rand.Read(random[:])
	name := "rerun-" + time.Now().UTC().Format("20060102-150405-") + hex.EncodeToString(random[:])
	at := protocol.Object{Bucket: p.At().Bucket,
		Key: statesarn.StateMachine(p.of.ARN) + "/" + p.of.Name + "/" + protocol.RerunsFolder + "/" + name + ".jsonl"}
	rerun := protocol.Rerun{Execution: p.of.ARN, Bucket: at.Bucket, Key: at.Key, Count: p.Count, BatchSize: p.BatchSize}
	input, err := p.input(rerun)
	if err != nil {
		return "", err
	}
	// The errors are first: items without errors could be rerun, but not compared.
	if err := s.copy(ctx, p, protocol.ErrorsOf(at), nil, func(w io.Writer, item failed.Item) error {
		line, err := encode(protocol.FailedItem{Index: item.Index, Error: item.Error})
		if err == nil {
			_, err = w.Write(append(line, '\n'))
		}
		return err
	}); err != nil {
		return "", err
	}
	if err := s.copy(ctx, p, at, map[string]string{protocol.MetadataCount: strconv.Itoa(p.Count)}, func(w io.Writer, item failed.Item) error {
		_, err := w.Write(item.Item)
		if err == nil {
			_, err = io.WriteString(w, "\n")
		}
		return err
	}); err != nil {
		return "", err
	}
	started, err := s.API.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &p.of.stateMachine, Name: &name, Input: &input})
	if err != nil {
		return "", s.explain(err, p.of.stateMachine)
	}
	return aws.ToString(started.ExecutionArn), nil
}

// copy writes something about each item of a plan to an object.
func (s *Service) copy(ctx context.Context, p *Plan, to protocol.Object, metadata map[string]string, write func(io.Writer, failed.Item) error) error {
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		buffered, n := bufio.NewWriterSize(writer, 1<<16), 0
		var err error
		for item, failure := range p.All(ctx) {
			if err = failure; err == nil {
				err = write(buffered, item)
			}
			if err != nil {
				break
			}
			n++
		}
		if err == nil && n != p.Count {
			err = fmt.Errorf("s3://%s/%s: got %d items, expected the %d that were counted: another process writes it; try the rerun again", p.At().Bucket, p.At().Key, n, p.Count)
		}
		if err == nil {
			err = buffered.Flush()
		}
		writer.CloseWithError(err) // nil is the end
		done <- err
	}()
	err := s.Store.Create(ctx, to, metadata, reader)
	reader.CloseWithError(errors.Join(errNotRead, err))
	if unread := <-done; unread != nil && !errors.Is(unread, errNotRead) {
		return unread
	}
	return err
}

var errNotRead = errors.New("the object is not written any more")
