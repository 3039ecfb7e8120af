package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// Defaults, in seconds and days.
const (
	defaultTimeoutSeconds  = 24 * 3600
	defaultCallbackSeconds = 3600
	defaultExpiryDays      = 30
)

// settings are props with every default applied. They do not change afterwards.
//
// Some props have no default in some jobs, and stay nil: the WorkerRetries of a job
// without a Worker, the Source, which may not be used, and the Results of a job that
// creates no bucket.
type settings struct {
	Props
	mode         mode
	sourceReader itemReader // reads the items of the Source
	mapReader    itemReader // reads the items of the Map: those of the Source, or those that a job start stored
}

// resolve returns the settings of a job with that ID.
func (p Props) resolve(id *string) *settings {
	if p.Name == nil {
		p.Name = id
	}
	if p.ToleratedFailurePercentage == nil && p.ToleratedFailureCount == nil {
		p.ToleratedFailurePercentage = jsii.Number(0)
	}
	if p.WorkerRetries == nil && p.Worker != nil {
		p.WorkerRetries = jsii.Number(2)
	}
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(defaultTimeoutSeconds))
	}
	if p.Callback != nil {
		callback := *p.Callback
		if callback.Timeout == nil {
			callback.Timeout = awscdk.Duration_Seconds(jsii.Number(defaultCallbackSeconds))
		}
		p.Callback = &callback
	}
	if p.Mode == nil {
		p.Mode = &Distributed{}
	}
	if p.PinVersions == nil {
		p.PinVersions = jsii.Bool(false)
	}
	if p.LogData == nil {
		p.LogData = jsii.Bool(false)
	}
	s := &settings{Props: p, mode: p.Mode.resolve(p.Processor != nil || p.Callback != nil)}
	s.resolveResults()
	s.resolveReaders()
	return s
}

// resolveResults sets the Results of a job that creates a bucket.
func (s *settings) resolveResults() {
	if s.Results == nil && (s.ResultsBucket != nil || s.mode.inline) {
		return
	}
	var results ResultsProps
	if s.Results != nil {
		results = *s.Results
	}
	if results.Expiry == nil {
		results.Expiry = awscdk.Duration_Days(jsii.Number(defaultExpiryDays))
	}
	s.Results = &results
}

func (s *settings) resolveReaders() {
	switch {
	case s.Source != nil:
		s.sourceReader = s.Source.itemReader()
	case s.mode.inline:
		s.sourceReader = (&InputList{}).itemReader()
	default:
		s.sourceReader = (&JSONLines{}).itemReader()
	}
	switch {
	case s.JobStart == nil && !s.bringsChunker():
		s.mapReader = s.sourceReader
	case s.mode.inline:
		s.mapReader = (&InputList{}).itemReader()
	default:
		s.mapReader = lines()
	}
}

// hasResultsBucket reports whether the job has a results bucket, its own or a given
// one.
func (s *settings) hasResultsBucket() bool { return s.ResultsBucket != nil || s.Results != nil }

// bringsChunker reports whether the job creates a function that stores the items of
// the Source in chunks.
func (s *settings) bringsChunker() bool { return s.JobStart == nil && s.mode.byReference }

// bringsRerunReader reports whether the job creates a function that reads the items
// of a rerun, because its Map reads no object with items, and its job start, if any,
// is the user's.
func (s *settings) bringsRerunReader() bool {
	return s.canRerun() && (s.mode.inline || s.mode.byReference && s.JobStart != nil)
}

// bringsRerunMap reports whether reruns have a Map of their own, because the other
// one does not read JSON Lines.
func (s *settings) bringsRerunMap() bool { return !s.mode.inline && !s.mapReader.readsLines() }

// bringsAccountant reports whether the job creates a function in place of a
// Summary.
func (s *settings) bringsAccountant() bool { return s.Summary == nil && !s.mode.inline }

// itemByItem reports whether each item has its own states. Otherwise a batch is one
// invocation of the worker.
func (s *settings) itemByItem() bool {
	return s.mode.inline || s.Processor != nil || s.Callback != nil
}
