package conformance

// differs says why a case can't match, "" where it has to. The reasons stand in
// docs/states-language.md, too.
func (c *recorded) differs() string {
	if text(c.Object, "expect", "status") == "API_ERROR" {
		return "an error of the service's API (names of state machines, logging), which the engine has not"
	}
	return ""
}
