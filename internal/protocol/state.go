package protocol

// MapLabel is the label of a job's Map, and RerunMapLabel that of the one which
// handles the items of a rerun, if a job has two. The state machine of a Map's
// children is called NAME/LABEL, in their ARNs and in their metrics.
const (
	MapLabel      = "Map"
	RerunMapLabel = "RerunMap"
)

// Names of the states that the runner and the command know a job by. The other
// states of a definition may change their names.
const (
	StateReadInput = "ReadInput" // in place of a job start, if the items are in the input
	StateJobStart  = "JobStart"
	StateReadRerun = "ReadRerun" // in a rerun in place of both, if the Map reads no object with items
	StateMap       = "Map"
	StateRerunMap  = "RerunMap" // in a rerun in place of Map, if that does not read JSON Lines
	StateEachItem  = "EachItem" // takes a batch apart, if each item has states of its own
	StateWorker    = "Worker"
	StateProcessor = "Processor"
	StateSummary   = "Summary"
)

// StarterMetadata marks, in a template, a state machine that a trigger brings along
// to start another one. No user runs it.
const StarterMetadata = "mapjob:starter"
