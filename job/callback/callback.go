// Package callback answers task tokens: an item of a job whose worker is a
// [job.Callback] ends when whoever was handed its token says so. All that the
// other system needs is the token and the permission for
// states:SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat on the job's
// state machine:
//
//	token := callback.Token(message.Token)
//	if declined {
//		return token.Fail(ctx, job.Fail("CardDeclined", "the bank says: %s", reason))
//	}
//	return token.Succeed(ctx, Receipt{Number: 7})
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
	"github.com/mapjob/mapjob/job/internal/taskapi"
)

// What Step Functions takes (AWS Step Functions API reference, SendTaskSuccess
// and SendTaskFailure).
const (
	maxOutput = 262_144 - 1_024 // bytes of a payload, less room for what the state machine wraps around it
	maxError  = 256             // characters
	maxCause  = 32_768          // characters
)

// Why a token was not taken. The errors of a Token's methods are told apart
// with errors.Is.
var (
	// ErrTaskTimedOut says that nobody waits for the answer any more: the task's
	// time or that of its heartbeat is up, its execution has ended, or it was
	// answered before. It may have been by this very call, if its first answer
	// was lost on the way and it was sent again: who is told so of an answer
	// that was given need not do anything.
	ErrTaskTimedOut = errors.New("the task has timed out or was answered before")

	// ErrInvalidToken says that there never was such a task.
	ErrInvalidToken = errors.New("the task token is not valid")
)

// Token is the task token of an item that waits to be answered. Whoever knows
// it and has the permission can answer, so it is not for logs.
type Token string

// Succeed ends the item with a result, which becomes JSON. A result that is
// larger than a payload, 262,144 bytes less 1,024, is not sent: the error has
// the name [job.ErrorResultTooLarge], and the item still waits.
func (t Token) Succeed(ctx context.Context, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("answering a task: %w", err)
	}
	if len(text) > maxOutput {
		return job.Fail(job.ErrorResultTooLarge, "answering a task: got a result of %d bytes, expected up to %d: return less, such as the address of an object in S3", len(text), maxOutput)
	}
	output := string(text)
	return t.send(func(api taskapi.API, token *string) error {
		_, err := api.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: token, Output: &output})
		return err
	})
}

// Fail ends the item with an error, by the name that [job.NameOf] says: give
// it one with [job.Fail]. Of a name longer than 256 characters and of a cause
// longer than 32,768 the end is cut off, which shows.
func (t Token) Fail(ctx context.Context, err error) error {
	if err == nil {
		return errors.New("failing a task: got no error, expected one to fail it with")
	}
	name, cause := cut(job.NameOf(err), maxError), cut(err.Error(), maxCause)
	return t.send(func(api taskapi.API, token *string) error {
		_, err := api.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: token, Error: &name, Cause: &cause})
		return err
	})
}

// Heartbeat says that the item is being worked at, where the job expects to
// hear so every now and then.
func (t Token) Heartbeat(ctx context.Context) error {
	return t.send(func(api taskapi.API, token *string) error {
		_, err := api.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: token})
		return err
	})
}

func (t Token) send(call func(api taskapi.API, token *string) error) error {
	token := string(t)
	if token == "" {
		return fmt.Errorf("answering a task: %w: got an empty one", ErrInvalidToken)
	}
	api, err := taskapi.For(token)
	if err == nil {
		err = call(api, &token)
	}
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

// cut is a text of so many characters at most, which says how long it was.
func cut(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	length := utf8.RuneCountInString(s)
	if length <= most {
		return s
	}
	end := fmt.Sprintf("… (%d characters)", length)
	return string([]rune(s)[:most-utf8.RuneCountInString(end)]) + end
}
