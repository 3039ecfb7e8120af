package conformance

// knownDifferences are the tests that do not match, each with its reason, as
// docs/states-language.md lists them.
var knownDifferences = map[string]string{
	"tests/aws/services/stepfunctions/v2/test_sfn_api.py::TestSnfApi::test_create_duplicate_sm_name": "",
}
