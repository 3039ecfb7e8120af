package invocation

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/sqs"
)

func TestPartialBatchResponses(t *testing.T) {
	batch := []sqs.Message{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	for answer, expected := range map[string]string{
		``:                            "",
		`null`:                        "",
		`{}`:                          "",
		`{"statusCode": 200}`:         "",
		`{"batchItemFailures": null}`: "",
		`{"batchItemFailures": []}`:   "",
		`{"batchItemFailures": [{"itemIdentifier": "b"}]}`:                          "b",
		`{"batchItemFailures": [{"itemIdentifier": "c"}, {"itemIdentifier": "a"}]}`: "c a",
		`{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": ""}]}`:  "a b c",
		`{"batchItemFailures": [{"itemIdentifier": null}]}`:                         "a b c",
		`{"batchItemFailures": [{"itemIdentifier": "x"}]}`:                          "a b c",
		`{"batchItemFailures": [{"itemIdentifier": 7}]}`:                            "a b c",
		`{"batchItemFailures": [{"messageId": "a"}]}`:                               "a b c",
		`{"batchItemFailures": ["a"]}`:                                              "a b c",
		`{"batchItemFailures": "a"}`:                                                "a b c",
		`{"BatchItemFailures": [{"itemIdentifier": "b"}]}`:                          "",
		`{"batchitemfailures": "b"}`:                                                "",
		`{"batchItemFailures": [{"ItemIdentifier": "b"}]}`:                          "a b c",
		`"ok"`: "a b c",
		`[`:    "a b c",
	} {
		if got := strings.Join(failures([]byte(answer), batch), " "); got != expected {
			t.Errorf("%s: got %q failed, expected %q", answer, got, expected)
		}
	}
}
