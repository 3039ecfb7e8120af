package asl_test

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
)

func ExampleParse() {
	_, err := asl.Parse([]byte(`{
	"StartAt": "Wait",
	"States": {
		"Wait": {"Type": "Wait", "Second": 5, "Next": "Done"}
	}
}`))
	fmt.Println(err)
	// Output:
	// $.States.Wait (line 4): got 0 of Seconds, SecondsPath, Timestamp and TimestampPath, expected exactly one
	// $.States.Wait.Second (line 4): got a field that a Wait state does not have, expected Seconds, or one of Assign, Comment, End, InputPath, Next, OutputPath, QueryLanguage, SecondsPath, Timestamp, TimestampPath, Type
	// $.States.Wait.Next (line 4): got "Done", expected the name of a state in $.States
}
