package wire

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestTheBucketOfARequestIsInItsPath(t *testing.T) {
	for from, expected := range map[string]string{
		"https://files.s3.us-east-1.amazonaws.com/a%20b/%C3%BC?list-type=2": "/files/a%20b/%C3%BC?list-type=2",
		"https://my.files.s3.us-east-1.amazonaws.com/k":                     "/my.files/k",
		"https://s3.us-east-1.amazonaws.com/My_Files/k":                     "/My_Files/k",
	} {
		r, err := http.NewRequest(http.MethodPut, from, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := served(r, "s3", []byte("text"))
		body, err := io.ReadAll(got.Body)
		if got.RequestURI != expected || string(body) != "text" || got.ContentLength != 4 || err != nil {
			t.Errorf("%s: got %s with %q, expected %s", from, got.RequestURI, body, expected)
		}
	}
}

func TestTheTextOfARequestDoesNotDependOnItsOrder(t *testing.T) {
	at := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	same := [][2]string{
		{requestText(at("https://h/p?a=1&b=2"), nil), requestText(at("https://h/p?b=2&a=1"), nil)},
		{requestText(at("https://h/"), []byte(`{"Key": {"a": 1, "b": 2}}`)), requestText(at("https://h/"), []byte(`{"Key":{"b":2,"a":1}}`))},
		{requestText(at("https://h/"), []byte(`{"a": 1, "ClientRequestToken": "x"}`)), requestText(at("https://h/"), []byte(`{"a": 1, "ClientRequestToken": "y"}`))},
		{requestText(at("https://h/"), []byte(`Action=Publish&Message=m`)), requestText(at("https://h/"), []byte(`Message=m&Action=Publish`))},
	}
	for _, pair := range same {
		if pair[0] != pair[1] {
			t.Errorf("got %s and %s, expected the same text", pair[0], pair[1])
		}
	}
	if requestText(at("https://h/"), []byte(`{"a": 1}`)) == requestText(at("https://h/"), []byte(`{"a": 2}`)) {
		t.Error("got the same text for two requests")
	}
}

func TestRetriesAreAfterFixedPauses(t *testing.T) {
	r := Retryer()
	for attempt, expected := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond} {
		for range 3 {
			if got, err := r.RetryDelay(attempt, nil); got != expected || err != nil {
				t.Errorf("got %s and %v before retry %d, expected %s", got, err, attempt, expected)
			}
		}
	}
}

func TestNamesOfServices(t *testing.T) {
	for id, expected := range map[string]string{"S3": "s3", "DynamoDB": "dynamodb", "SFN": "states", "EventBridge": "events", "Secrets Manager": "secretsmanager", "Lambda": "lambda", "SQS": "sqs", "SNS": "sns"} {
		if got := serviceOf(id); got != expected {
			t.Errorf("%s: got %s, expected %s", id, got, expected)
		}
	}
}
