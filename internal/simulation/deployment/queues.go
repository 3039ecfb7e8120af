package deployment

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// Queue is a queue of the stack.
type Queue struct {
	Name       string
	Attributes map[string]string // as CreateQueue has them
}

// queues returns the standard queues of the stack. There are no FIFO queues in
// memory.
func queuesOf(t *template.Stack) ([]Queue, error) {
	resources, err := resourcesOf(t, queueType)
	var list []Queue
	for _, r := range resources {
		if r.properties["FifoQueue"] == true || strings.HasSuffix(r.name, ".fifo") {
			continue
		}
		q := Queue{r.name, map[string]string{}}
		for name, v := range r.properties {
			text, isText := v.(string)
			if !isText {
				encoded, _ := json.Marshal(v) // it came from JSON
				text = string(encoded)
			}
			q.Attributes[name] = text
		}
		list = append(list, q)
	}
	return list, err
}

// mappingProperties has the properties of AWS::Lambda::EventSourceMapping that
// matter here.
type mappingProperties struct {
	BatchSize                      int
	Enabled                        *bool
	EventSourceArn                 string
	FilterCriteria                 any
	FunctionName                   string // or ARN
	FunctionResponseTypes          []string
	MaximumBatchingWindowInSeconds int
	ScalingConfig                  struct{ MaximumConcurrency int }
}

// mappings returns the event source mappings of the stack's queues. Others, and those
// with a filter, have no effect.
func (s *Stack) mappings() (list []invocation.Mapping, err error) {
	for _, r := range s.Template.Resources(mappingType) {
		var p mappingProperties
		if err := r.Decode(&p); err != nil {
			return nil, fmt.Errorf("event source mapping %s: %w", r.ID, err)
		}
		f, queue := s.Function(p.FunctionName), sqs.NameOf(p.EventSourceArn)
		isThere := slices.ContainsFunc(s.Queues, func(q Queue) bool { return q.Name == queue })
		if f == nil || !isThere || p.Enabled != nil && !*p.Enabled || p.FilterCriteria != nil {
			continue
		}
		list = append(list, invocation.Mapping{
			Queue: queue, Function: f.Name, Timeout: f.Timeout, BatchSize: p.BatchSize,
			Window:      time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
			Concurrency: p.ScalingConfig.MaximumConcurrency,
			Partial:     slices.Contains(p.FunctionResponseTypes, "ReportBatchItemFailures"),
		})
	}
	return list, nil
}

// eventInvokeProperties has the properties of AWS::Lambda::EventInvokeConfig.
type eventInvokeProperties struct {
	FunctionName             string
	MaximumEventAgeInSeconds int
	MaximumRetryAttempts     *int
	DestinationConfig        struct{ OnFailure, OnSuccess struct{ Destination string } }
}

// readEvents reads how the events of functions are handled that are invoked
// asynchronously.
func (s *Stack) readEvents() error {
	for _, f := range s.Functions {
		var p struct{ DeadLetterConfig struct{ TargetArn string } }
		if err := f.Resource.Decode(&p); err != nil {
			return err
		}
		f.Events = invocation.EventConfig{Function: f.Name, ARN: f.ARN, Retries: invocation.MaxRetries,
			MaxAge: invocation.DefaultEventAge, DeadLetter: p.DeadLetterConfig.TargetArn}
	}
	for _, r := range s.Template.Resources("AWS::Lambda::EventInvokeConfig") {
		var p eventInvokeProperties
		if err := r.Decode(&p); err != nil {
			return err
		}
		f := s.Function(p.FunctionName)
		if f == nil {
			continue
		}
		if p.MaximumRetryAttempts != nil {
			f.Events.Retries = *p.MaximumRetryAttempts
		}
		f.Events.MaxAge = cmp.Or(time.Duration(p.MaximumEventAgeInSeconds)*time.Second, f.Events.MaxAge)
		f.Events.OnFailure, f.Events.OnSuccess = p.DestinationConfig.OnFailure.Destination, p.DestinationConfig.OnSuccess.Destination
	}
	return nil
}
