package stack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
)

// TestPartsGoOnInAFolder starts parts over the folder of earlier ones, which have left
// records, objects and executions.
func TestPartsGoOnInAFolder(t *testing.T) {
	folder := t.TempDir()
	resources := object{
		"Table": table(), "Bucket": object{"Type": "AWS::S3::Bucket"},
		"Put": machine("Record", object{
			"Record": object{"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "Object",
				"Arguments": object{"TableName": "Stack-Table", "Item": object{"id": object{"S": "one"}, "set": object{"SS": []string{"a", "b"}}, "bytes": object{"B": "AQI="}}}},
			"Object": object{"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "End": true,
				"Arguments": object{"Bucket": "stack-bucket", "Key": "a/b", "Body": object{"n": 1}}},
		}),
		"Get": machine("Record", object{
			"Record": object{"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Next": "Object", "Assign": object{"record": "{% $states.result.Item %}"},
				"Arguments": object{"TableName": "Stack-Table", "Key": object{"id": object{"S": "one"}}}},
			"Object": object{"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true,
				"Arguments": object{"Bucket": "stack-bucket", "Key": "a/b"}, "Output": object{"record": "{% $record %}", "body": "{% $states.result.Body %}"}},
		}),
	}
	begin := func() *Stack {
		t.Helper()
		s, err := tryStart(t, resources, Options{Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := begin()
	put := execute(t, first, "Put", `{}`)
	if put.Status != engine.Succeeded {
		t.Fatalf("got %s: %s", put.Error, put.Cause)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := begin()
	got, err := json.Marshal(output(t, second, "Get", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	if expected := `{"body":"{\"n\":1}","record":{"bytes":{"B":"AQI="},"id":{"S":"one"},"set":{"SS":["a","b"]}}}`; string(got) != expected {
		t.Errorf("got %s, expected %s", got, expected)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	list, err := a.Executions()
	if err != nil || len(list) != 2 || list[1].ARN != put.ARN {
		t.Errorf("got executions %+v and %v, expected those of both", list, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "functions")); err == nil {
		t.Error("the folder has executables, which take much space")
	}
}
