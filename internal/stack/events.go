package stack

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/eventsource"
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

func (s *Stack) eventConfig(function string) (invocation.EventConfig, error) {
	r, err := functions.Find(s.template, function, "--function")
	if err != nil {
		return invocation.EventConfig{}, err
	}
	name := r.PhysicalName()
	if !s.functions.Has(name) {
		return invocation.EventConfig{}, fmt.Errorf("function %s does not run on this machine: %w", function, s.functions.absent[name])
	}
	return eventsource.ReadConfig(s.template, r)
}
