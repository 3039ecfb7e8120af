package conformance

// knownDifferences are the tests that do not match, each with its reason. The
// reasons stand in docs/states-language.md, too.
var knownDifferences = map[string]string{}

// differs says why a case can't match, "" where it has to.
func (c *recorded) differs() string {
	if text(c.Object, "expect", "status") == "API_ERROR" {
		return "an error of the service's API (names of state machines, logging), which the engine has not"
	}
	return knownDifferences[c.test]
}
