// Package eventsource reads from a template what invokes its functions with events: the
// queues, the event source mappings, and the settings of asynchronous invocations.
package eventsource

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// Types of resources in a template.
const (
	QueueType   = "AWS::SQS::Queue"
	MappingType = "AWS::Lambda::EventSourceMapping"
	ConfigType  = "AWS::Lambda::EventInvokeConfig"
)

// Queue is a queue of a template.
type Queue struct {
	Name       string
	Attributes map[string]string // as CreateQueue has them
	FIFO       bool
}

// ReadQueue reads a queue.
func ReadQueue(r *template.Resource) (*Queue, error) {
	properties, err := r.Properties()
	if err != nil {
		return nil, err
	}
	name := r.PhysicalName()
	return &Queue{Name: name, Attributes: attributes(properties), FIFO: properties["FifoQueue"] == true || strings.HasSuffix(name, ".fifo")}, nil
}

// attributes returns properties as attributes of CreateQueue, which have the same
// names, and are texts.
func attributes(properties map[string]any) map[string]string {
	attributes := map[string]string{}
	for name, v := range properties {
		text, isText := v.(string)
		if !isText {
			encoded, _ := json.Marshal(v) // it came from JSON
			text = string(encoded)
		}
		attributes[name] = text
	}
	return attributes
}

// mappingProperties has the properties of an event source mapping that matter here.
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

// Mapping is an event source mapping of a template.
type Mapping struct {
	Function string // as the template has it: a name or an ARN
	// Unsupported says why the mapping can't be polled: "not enabled". It is "" if it can.
	Unsupported string
	// Polled is how its queue is polled. The timeout of the function is not set.
	Polled invocation.Mapping
}

// ReadMapping reads an event source mapping.
func ReadMapping(r *template.Resource) (*Mapping, error) {
	var p mappingProperties
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	return &Mapping{Function: p.FunctionName, Unsupported: p.unsupported(), Polled: invocation.Mapping{
		Queue:       sqs.NameOf(p.EventSourceArn),
		Function:    lambdahost.NameOf(p.FunctionName),
		BatchSize:   p.BatchSize,
		Window:      time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
		Concurrency: p.ScalingConfig.MaximumConcurrency,
		Partial:     slices.Contains(p.FunctionResponseTypes, "ReportBatchItemFailures"),
	}}, nil
}

func (p *mappingProperties) unsupported() string {
	switch {
	case p.Enabled != nil && !*p.Enabled:
		return "not enabled"
	case !strings.HasPrefix(p.EventSourceArn, "arn:"+template.Partition+":sqs:"):
		return fmt.Sprintf("of %s; only queues are polled here", p.EventSourceArn)
	case strings.HasSuffix(p.EventSourceArn, ".fifo"):
		return "of a FIFO queue; only standard queues run here"
	case p.FilterCriteria != nil:
		return "with FilterCriteria, which are not supported here"
	}
	return ""
}

// configProperties has the properties of AWS::Lambda::EventInvokeConfig.
type configProperties struct {
	FunctionName             string
	MaximumEventAgeInSeconds int
	MaximumRetryAttempts     *int
	DestinationConfig        struct{ OnFailure, OnSuccess struct{ Destination string } }
}

// Config returns how Lambda handles the events of a function without settings.
func Config(name, arn string) invocation.EventConfig {
	return invocation.EventConfig{Function: name, ARN: arn, Retries: invocation.MaxRetries, MaxAge: invocation.DefaultEventAge}
}

// ReadConfig reads how the events of a stack's function are handled.
func ReadConfig(stack *template.Stack, function *template.Resource) (invocation.EventConfig, error) {
	config := Config(function.PhysicalName(), function.ARN())
	var f struct{ DeadLetterConfig struct{ TargetArn string } }
	if err := function.Decode(&f); err != nil {
		return invocation.EventConfig{}, err
	}
	config.DeadLetter = f.DeadLetterConfig.TargetArn
	for _, r := range stack.Resources(ConfigType) {
		var p configProperties
		if err := r.Decode(&p); err != nil {
			return invocation.EventConfig{}, err
		}
		if lambdahost.NameOf(p.FunctionName) != config.Function {
			continue
		}
		if p.MaximumRetryAttempts != nil {
			config.Retries = *p.MaximumRetryAttempts
		}
		config.MaxAge = cmp.Or(time.Duration(p.MaximumEventAgeInSeconds)*time.Second, config.MaxAge)
		config.OnFailure, config.OnSuccess = p.DestinationConfig.OnFailure.Destination, p.DestinationConfig.OnSuccess.Destination
	}
	return config, nil
}
