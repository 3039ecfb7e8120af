package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/value"
)

// functionProperties are those of AWS::Lambda::Function that matter here.
type functionProperties struct {
	Code                         struct{ S3Key string }
	Environment                  struct{ Variables map[string]string }
	Handler                      string
	MemorySize                   int
	ReservedConcurrentExecutions int
	Runtime                      string
	Timeout                      int // seconds
}

// addFunction hosts a function of the template.
func (c *Stack) addFunction(id string) error {
	var p functionProperties
	if err := c.template.Decode(id, &p); err != nil {
		return err
	}
	if !strings.HasPrefix(p.Runtime, "provided") {
		c.absent = append(c.absent, fmt.Sprintf("function %s (runtime %s; only Go functions on provided.al2023 run here)", id, p.Runtime))
		return nil
	}
	folder, ok := c.template.Asset(p.Code.S3Key)
	if !ok {
		return fmt.Errorf("function %s: got code %q, expected an asset of the assembly", id, p.Code.S3Key)
	}
	name := c.template.PhysicalName(id)
	environment := map[string]string{
		"AWS_ENDPOINT_URL_S3":       c.s3.url,
		"AWS_ENDPOINT_URL_DYNAMODB": c.database.URL(),
		"AWS_ENDPOINT_URL_LAMBDA":   c.host.URL(),
		"AWS_ENDPOINT_URL_SFN":      c.api.url,
		"AWS_ACCESS_KEY_ID":         "local",
		"AWS_SECRET_ACCESS_KEY":     "local",
		"AWS_EC2_METADATA_DISABLED": "true",
	}
	if c.queues.url != "" {
		environment["AWS_ENDPOINT_URL_SQS"] = c.queues.url
	}
	for k, v := range p.Environment.Variables {
		environment[k] = v
	}
	c.functions[name] = true
	c.timeouts[name] = cmp.Or(time.Duration(p.Timeout)*time.Second, 3*time.Second)
	return c.host.Add(lambdahost.Function{
		Name:        name,
		Command:     []string{filepath.Join(folder, "bootstrap")},
		Env:         environment,
		Handler:     p.Handler,
		ARN:         c.template.ARN("lambda", "function:"+name),
		Timeout:     time.Duration(p.Timeout) * time.Second,
		MemoryMB:    p.MemorySize,
		Concurrency: p.ReservedConcurrentExecutions,
	})
}

// invoke is the task arn:aws:states:::lambda:invoke.
func (c *Stack) invoke(ctx context.Context, request *engine.Request) (any, error) {
	parameters, _ := request.Parameters.(*value.Object)
	name, _ := parameters.Get("FunctionName")
	function, ok := name.(string)
	if !ok {
		return nil, &engine.TaskError{Name: "Lambda.ValidationException", Cause: fmt.Sprintf("got FunctionName %s, expected a string", value.Text(name))}
	}
	payload := []byte("{}") // also for null, as recorded
	switch v, _ := parameters.Get("Payload"); v := v.(type) {
	case nil:
	case string: // is sent as it is
		payload = []byte(v)
	default:
		payload = value.Append(nil, v)
	}
	if kind, _ := parameters.Get("InvocationType"); kind != nil && kind != "RequestResponse" {
		return nil, &engine.TaskError{Name: "States.TaskFailed", Cause: fmt.Sprintf(
			"got the InvocationType %s, expected RequestResponse: on this machine a task waits for its function", value.Text(kind))}
	}
	response, err := c.call(ctx, function, payload)
	if err != nil {
		if refused, ok := errors.AsType[*lambdahost.Error](err); ok {
			return nil, &engine.TaskError{Name: "Lambda." + refused.Code, Cause: refused.Message}
		}
		return nil, &engine.TaskError{Name: "Lambda.SdkClientException", Cause: err.Error()}
	}
	answer, err := value.Parse(response.Payload)
	if response.FunctionError != "" {
		failure := "Lambda.Unknown"
		if object, ok := answer.(*value.Object); ok {
			if named, _ := object.Get("errorType"); named != nil {
				failure = fmt.Sprint(named)
			}
		}
		return nil, &engine.TaskError{Name: failure, Cause: string(response.Payload)}
	}
	if err != nil { // not JSON: it is handed on as text
		answer = string(response.Payload)
	}
	return value.NewObject(
		"ExecutedVersion", "$LATEST",
		"Payload", answer,
		"SdkHttpMetadata", value.NewObject("HttpStatusCode", 200.0),
		"StatusCode", 200.0,
	), nil
}

// call invokes a function when it is its turn.
func (c *Stack) call(ctx context.Context, function string, payload []byte) (*lambdahost.Response, error) {
	if err := c.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer c.endTurn()
	return c.host.Invoke(ctx, function, payload)
}

// takeTurn waits until one more invocation may run. The error is the cause of
// ctx's end.
func (c *Stack) takeTurn(ctx context.Context) error {
	select {
	case c.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Stack) endTurn() { <-c.turns }
