package callback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/job"
)

// Limits of Step Functions (AWS Step Functions API reference, SendTaskSuccess and
// SendTaskFailure).
const (
	maxOutput = 262_144 - 1_024 // bytes of a payload, less room for what the state machine adds
	maxCause  = 32_768          // characters
)

// Errors of a token that was not accepted, for errors.Is.
var (
	// ErrTaskTimedOut is returned if nothing waits for the answer any more: the
	// time of the task or of its heartbeat is up, its execution has ended, or the
	// task was answered before. That may have been the same answer, if the reply
	// to it was lost and the SDK sent it again.
	ErrTaskTimedOut = errors.New("the task has timed out or was answered before")

	// ErrInvalidToken is returned if no task has ever had the token.
	ErrInvalidToken = errors.New("the task token is not valid")
)

// Token is the task token of an item. Anyone who has it and the permission can
// answer, so keep it out of logs.
type Token string

// API is the part of the Step Functions API that answers tokens. An *sfn.Client
// has it.
type API interface {
	SendTaskSuccess(context.Context, *sfn.SendTaskSuccessInput, ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error)
	SendTaskFailure(context.Context, *sfn.SendTaskFailureInput, ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error)
	SendTaskHeartbeat(context.Context, *sfn.SendTaskHeartbeatInput, ...func(*sfn.Options)) (*sfn.SendTaskHeartbeatOutput, error)
}

// Client answers tokens. Its methods may be called at the same time.
type Client struct {
	API API // required
}

// Succeed ends the item with a result, which becomes JSON. It does not send a
// result larger than 261,120 bytes: it returns an error with the name
// [job.ErrorResultTooLarge], and the item still waits.
func (c Client) Succeed(ctx context.Context, token Token, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("answering a task: %w", err)
	}
	if len(text) > maxOutput {
		return job.Errorf(job.ErrorResultTooLarge, "answering a task: got a result of %d bytes, expected up to %d: return less, such as the address of an object in S3", len(text), maxOutput)
	}
	output := string(text)
	return send(token, func(token *string) error {
		_, err := c.API.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: token, Output: &output})
		return err
	})
}

// Fail ends the item with an error, by the name that [job.NameOf] returns: give
// it one with [job.Errorf]. A cause longer than 32,768 characters is cut, and says
// so.
func (c Client) Fail(ctx context.Context, token Token, err error) error {
	if err == nil {
		return errors.New("failing a task: got no error, expected one to fail it with")
	}
	name, cause := job.NameOf(err), cut(fmt.Sprint(err), maxCause) // Sprint tolerates a panic in Error
	return send(token, func(token *string) error {
		_, err := c.API.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: token, Error: &name, Cause: &cause})
		return err
	})
}

// Heartbeat reports that work on the item goes on, for a job that expects
// heartbeats.
func (c Client) Heartbeat(ctx context.Context, token Token) error {
	return send(token, func(token *string) error {
		_, err := c.API.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: token})
		return err
	})
}

func send(token Token, call func(token *string) error) error {
	if token == "" {
		return fmt.Errorf("answering a task: %w: got an empty one", ErrInvalidToken)
	}
	text := string(token)
	err := call(&text)
	if err == nil {
		return nil
	}
	var timedOut *types.TaskTimedOut
	var unknown *types.TaskDoesNotExist
	var invalid *types.InvalidToken
	switch {
	case errors.As(err, &timedOut):
		return fmt.Errorf("answering a task: %w: %w", ErrTaskTimedOut, err)
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return fmt.Errorf("answering a task: %w: %w", ErrInvalidToken, err)
	}
	return fmt.Errorf("answering a task: %w", err)
}

// cut shortens a text to a number of characters, and writes how many it had.
func cut(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	length := utf8.RuneCountInString(s)
	if length <= most {
		return s
	}
	end := fmt.Sprintf("… (%d characters)", length)
	return string([]rune(s)[:most-utf8.RuneCountInString(end)]) + end
}
