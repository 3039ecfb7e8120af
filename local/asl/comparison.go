package asl

// choiceTests are the fields of a JSONPath comparison.
var choiceTests = map[string]languages{"Variable": onlyJSONPath}

// comparison is the JSONPath condition of a rule.
func (f fields) comparison() (test, string) {
	f.missing("Variable", "a comparison")
	return nil, ""
}
