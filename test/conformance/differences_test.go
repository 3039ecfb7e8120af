package conformance

// knownDifferences are the tests that do not match, each with its reason. The
// reasons stand in docs/states-language.md, too.
var knownDifferences = map[string]string{
	"scenarios/test_base_scenarios.py::TestBaseScenarios::test_map_state_items_eval_jsonata_fail": "an expression whose value is a function: it counts as an empty string, where the service refuses it as an unsupported type",
}

// differs says why a case can't match, "" where it has to.
func (c *recorded) differs() string {
	if text(c.Object, "expect", "status") == "API_ERROR" {
		return "an error of the service's API (names of state machines, logging), which the engine has not"
	}
	return knownDifferences[c.test]
}
