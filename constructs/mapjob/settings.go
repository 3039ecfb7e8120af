package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// Defaults, in seconds and days.
const (
	defaultTimeoutSeconds  = 24 * 3600
	defaultCallbackSeconds = 3600
	defaultExpiryDays      = 30
)

// settings are props with every default applied.
type settings struct {
	Props
	mode   mode
	source source

	worker                            awslambda.IFunction // nil: there is a Processor
	callbackTimeout, callbackInterval awscdk.Duration     // the interval is that of heartbeats, or nil

	// storesChunks says that JobStart is the job's chunker, which stores the items
	// of the Source.
	storesChunks bool
}

// modeOf returns the mode of a job, given or by default.
func (p *Props) modeOf() mode {
	given := p.Mode
	if given == nil {
		given = &Distributed{}
	}
	return given.resolve(p.Processor != nil || p.Callback != nil)
}

// sourceOf returns the source of a job, given or by default.
func (p *Props) sourceOf() source {
	switch {
	case p.Source != nil:
		return p.Source.resolve()
	case p.modeOf().inline:
		return (&InputList{}).resolve()
	}
	return (&JSONLines{}).resolve()
}

// resolve returns the settings of a job with that ID.
func (p Props) resolve(id *string) *settings {
	if p.Name == nil {
		p.Name = id
	}
	if p.ToleratedFailurePercentage == nil && p.ToleratedFailureCount == nil {
		p.ToleratedFailurePercentage = jsii.Number(0)
	}
	if p.WorkerRetries == nil {
		p.WorkerRetries = jsii.Number(2)
	}
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(defaultTimeoutSeconds))
	}
	if p.Results == nil {
		p.Results = &ResultsProps{}
	}
	s := &settings{Props: p, mode: p.modeOf(), source: p.sourceOf(), worker: p.Worker}
	if c := p.Callback; c != nil {
		s.worker, s.callbackTimeout, s.callbackInterval = c.Worker, c.Timeout, c.Heartbeat
		if s.callbackTimeout == nil {
			s.callbackTimeout = awscdk.Duration_Seconds(jsii.Number(defaultCallbackSeconds))
		}
	}
	return s
}

// itemByItem reports whether each item has states of its own. Otherwise a batch
// is one invocation of the worker.
func (s *settings) itemByItem() bool {
	return s.mode.inline || s.Processor != nil || s.Callback != nil
}
