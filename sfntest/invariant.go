package sfntest

// Invariant is what must hold in each run of a sweep.
type Invariant struct {
	name    string
	always  func(*Run, Event) (reached bool, err error)
	finally func(*Run) (reached bool, err error)
}

// Always returns an invariant that is checked after every event, while the
// executions run. check returns whether the run got to what the invariant is about,
// and why it does not hold.
func Always(name string, check func(*Run, Event) (reached bool, err error)) Invariant {
	return Invariant{name: name, always: check}
}

// Finally returns an invariant that is checked at the end of a run, as [Always] does.
func Finally(name string, check func(*Run) (reached bool, err error)) Invariant {
	return Invariant{name: name, finally: check}
}

// String returns the name.
func (i Invariant) String() string { return i.name }
