package protocol

// ExpectedMetadata is the key in a state machine's metadata under which a template has
// what its job is expected to do: an [Expected].
const ExpectedMetadata = "mapjob:expected"

// Expected is what an execution of a job is expected to do at most.
type Expected struct {
	Items     int     `json:"items"`
	ItemBytes int     `json:"itemBytes,omitempty"` // 0 if not known
	ItemMs    float64 `json:"itemMs,omitempty"`    // how long an item takes; 0 if not known
}
