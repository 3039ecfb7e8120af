package plan

// Took is how long an execution takes.
type Took struct {
	// Seconds are Before the Map, those of the Map, and After it.
	Seconds, Before, Map, After float64
	// Binds is the largest of the Bounds.
	Binds  string
	Bounds []Bound
	// Certain is set if nothing is drawn that a formula can't tell. Else Why says what.
	Certain bool
	Why     string
}

// Bound is what keeps a Map from being faster.
type Bound struct {
	Name    string
	Seconds float64
}
