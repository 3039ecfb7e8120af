package protocol

// MapLabel is the label of a job's Map. The state machine of its children is
// called NAME/LABEL, in their ARNs and in their metrics.
const MapLabel = "Map"

// Names of the states that the runner and the command know a job by. The other
// states of a definition may change their names.
const (
	StateReadInput = "ReadInput" // in place of a job start, if the items are in the input
	StateJobStart  = "JobStart"
	StateMap       = "Map"
	StateEachItem  = "EachItem" // takes a batch apart, if each item has states of its own
	StateWorker    = "Worker"
	StateProcessor = "Processor"
	StateSummary   = "Summary"
)

// StarterMetadata marks, in a template, a state machine that a trigger brings along
// to start another one. No user runs it.
const StarterMetadata = "mapjob:starter"
