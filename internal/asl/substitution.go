package asl

// CheckSubstitutions reports the fields whose value is not known until a
// substitution such as ${Name} is made. Parse accepts them, but they can't be run.
// The error is [Problems].
func (m *StateMachine) CheckSubstitutions() error {
	if len(m.unresolved) == 0 {
		return nil
	}
	return m.unresolved
}
