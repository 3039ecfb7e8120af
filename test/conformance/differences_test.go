package conformance

// differs returns the reason why a case cannot match, or "" if it has to. The
// reasons are also in docs/states-language.md.
func (c *recorded) differs() string {
	if text(c.Object, "expect", "status") == "API_ERROR" {
		return "an error of the service's API (names of state machines, logging), which the engine does not have"
	}
	return ""
}
