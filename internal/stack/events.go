package stack

import (
	"cmp"
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/invocation"
)

// InvokeEvent invokes a function asynchronously, with the settings that the
// stack has for it: see [invocation.Invoker.Event]. The function is named by its
// short name, its logical ID or its physical name.
//
// [Stack.Drain] lets pauses between tries take no time, and waits for the end.
func (s *Stack) InvokeEvent(function string, payload []byte) (<-chan invocation.EventResult, error) {
	config, err := s.eventConfig(function)
	if err != nil {
		return nil, err
	}
	return s.invoker.Event(config, payload)
}

// eventInvokeProperties has the properties of AWS::Lambda::EventInvokeConfig.
type eventInvokeProperties struct {
	FunctionName             string
	MaximumEventAgeInSeconds int
	MaximumRetryAttempts     *int
	DestinationConfig        struct{ OnFailure, OnSuccess struct{ Destination string } }
}

func (s *Stack) eventConfig(function string) (invocation.EventConfig, error) {
	r, err := functions.Find(s.template, function, "--function")
	if err != nil {
		return invocation.EventConfig{}, err
	}
	name := r.PhysicalName()
	if !s.functions.Has(name) {
		return invocation.EventConfig{}, fmt.Errorf("function %s does not run on this machine: %w", function, s.functions.absent[name])
	}
	var f struct{ DeadLetterConfig struct{ TargetArn string } }
	if err := r.Decode(&f); err != nil {
		return invocation.EventConfig{}, err
	}
	config := invocation.EventConfig{Function: name, ARN: r.ARN(),
		Retries: invocation.MaxRetries, MaxAge: invocation.DefaultEventAge, DeadLetter: f.DeadLetterConfig.TargetArn}
	for _, r := range s.template.Resources("AWS::Lambda::EventInvokeConfig") {
		var p eventInvokeProperties
		if err := r.Decode(&p); err != nil {
			return invocation.EventConfig{}, err
		}
		if functionName(p.FunctionName) != name {
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
