package fault

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Plan says what goes wrong in a run.
type Plan struct {
	Faults []Fault `json:"faults"`
	// Seed orders what runs at the same time, and chooses the sites of Share.
	Seed  uint64  `json:"seed,omitzero"`
	Share []Share `json:"share,omitzero"`

	lines []int // of the faults, then of Share; nil if they are from no file
}

// Share is a fault that strikes a share of the sites that match.
type Share struct {
	Fault
	Of float64 // from 0 to 1
}

// MarshalJSON returns the share as a file has it.
func (s Share) MarshalJSON() ([]byte, error) {
	fields, err := json.Marshal(s.Fault)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(fields[:len(fields)-1], `,"of":%s}`, strconv.FormatFloat(s.Of, 'f', -1, 64)), nil
}

// Strikes reports whether a fault of the plan may strike at a moment: if not, a run
// need not ask there.
func (p *Plan) Strikes(at Moment) bool {
	if p == nil {
		return false
	}
	for i := range len(p.Faults) + len(p.Share) {
		t := newTarget(p.fault(i))
		if t.strikesAt(&Site{Moment: at, Function: "any", Write: t.write, Event: t.event}) {
			return true
		}
	}
	return false
}
