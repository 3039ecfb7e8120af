package report

// Comparison is what became of the items of a rerun, which did not succeed in an
// earlier execution.
type Comparison struct {
	Execution  string `json:"execution"`         // ARN of the earlier execution
	Recovered  int    `json:"recovered"`         // succeeded
	SameError  int    `json:"sameError"`         // failed with the error that they had
	OtherError int    `json:"otherError"`        // failed with another error, or are missing
	Unknown    int    `json:"unknown,omitempty"` // failed, and it is not known whether the error is the same
}

// comparedItems is a number of items that ended in the same way, compared with the
// earlier execution.
type comparedItems struct {
	Name  string
	Count int
}

// rows returns the counts by name. The last one is left out if it is 0.
func (c *Comparison) rows() []comparedItems {
	rows := []comparedItems{{"recovered", c.Recovered}, {"failed with the same error", c.SameError}, {"failed with another error", c.OtherError}}
	if c.Unknown > 0 {
		rows = append(rows, comparedItems{"failed, maybe with the same error", c.Unknown})
	}
	return rows
}
