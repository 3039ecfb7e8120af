package figure

import "fmt"

// Result is the result of a figure.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Peer is the peer's value, in the same unit; Ratio is Value over Peer.
	Peer  float64 `json:"peer"`
	Ratio float64 `json:"ratio"`

	figure Figure
}

// String describes the values without the name.
func (r *Result) String() string {
	return fmt.Sprintf("%s %s, peer %s, ratio %s", readable(r.Value), r.Unit, readable(r.Peer), readable(r.Ratio))
}

func (r *Result) reached() bool {
	return r.figure.Value.reached(r.Value) && r.figure.Ratio.reached(r.Ratio)
}
