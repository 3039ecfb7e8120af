package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/enginetest"
)

func objectTask(action string, arguments object) object {
	if _, ok := arguments["Bucket"]; !ok {
		arguments["Bucket"] = bucketName
	}
	return single("arn:aws:states:::aws-sdk:s3:"+action, arguments)
}

func TestTasksReadAndWriteObjects(t *testing.T) {
	w := start(t, map[string]object{
		"Put":     objectTask("putObject", object{"Key": "{% $states.input.key %}", "Body": "{% $states.input.body %}", "ContentType": "text/plain", "Metadata": object{"origin": "test"}}),
		"Get":     objectTask("getObject", object{"Key": "{% $states.input.key %}"}),
		"Head":    objectTask("headObject", object{"Key": "{% $states.input.key %}"}),
		"Copy":    objectTask("copyObject", object{"Key": "copy", "CopySource": bucketName + "/a/1"}),
		"List":    objectTask("listObjectsV2", object{"Prefix": "a/"}),
		"Nothing": objectTask("listObjectsV2", object{"Prefix": "nothing"}),
		"Delete":  objectTask("deleteObject", object{"Key": "a/1"}),
	})
	const etag = `"5deaee1c1332199e5b5bc7c5e4f7f0c2"` // of "hello", with its quotes
	if put := w.output(t, "Put", `{"key": "a/1", "body": "hello"}`); put["ETag"] != etag {
		t.Errorf("got %v, expected the ETag of what was put", put)
	}
	got := w.output(t, "Get", `{"key": "a/1"}`)
	if got["Body"] != `"hello"` || got["ContentLength"] != 7.0 || got["ContentType"] != "text/plain" || enginetest.At(got, "Metadata", "origin") != "test" {
		t.Errorf("got %v, expected the object with its properties", got)
	}
	if modified, _ := got["LastModified"].(string); !strings.HasSuffix(modified, "Z") || len(modified) != len("2026-01-01T00:00:00Z") {
		t.Errorf("got LastModified %q, expected a time in whole seconds", modified)
	}
	w.output(t, "Put", `{"key": "a/2", "body": {"n": [1, true]}}`)
	if body := w.output(t, "Get", `{"key": "a/2"}`)["Body"]; body != `{"n":[1,true]}` {
		t.Errorf("got %q, expected the JSON of the body", body)
	}
	if head := w.output(t, "Head", `{"key": "a/2"}`); head["ContentLength"] != 14.0 || head["Body"] != nil {
		t.Errorf("got %v, expected the properties without the body", head)
	}
	if copied := enginetest.At(w.output(t, "Copy", `{}`), "CopyObjectResult", "ETag"); copied != etag {
		t.Errorf("got %v, expected the ETag of the copy", copied)
	}
	list := w.output(t, "List", `{}`)
	contents, _ := list["Contents"].([]any)
	if len(contents) != 2 || enginetest.At(contents[0], "Key") != "a/1" || enginetest.At(contents[1], "Size") != 14.0 || list["IsTruncated"] != false || list["KeyCount"] != 2.0 {
		t.Errorf("got %v, expected the two objects", list)
	}
	if _, ok := w.output(t, "Nothing", `{}`)["Contents"]; ok {
		t.Error("got Contents for no objects, expected the field to be absent")
	}
	w.output(t, "Delete", `{}`)
	if x := w.execute(t, "Get", `{"key": "a/1"}`); x.Error != "S3.NoSuchKeyException" {
		t.Errorf("got %s: %s, expected the object to be gone", x.Error, x.Cause)
	}
	if x := w.execute(t, "Put", fmt.Sprintf(`{"key": "large", "body": %q}`, strings.Repeat("x", 200_000))); x.Status != engine.Succeeded {
		t.Fatalf("got %s: %s, expected a large object to be put", x.Error, x.Cause)
	}
}

func TestPutObjectStoresAStringBodyWithItsJSONQuotesAndNullAsNull(t *testing.T) {
	w := start(t, map[string]object{
		"Put": objectTask("putObject", object{"Key": "k", "Body": "{% $states.input %}"}),
		"Get": objectTask("getObject", object{"Key": "k"}),
	})
	for _, body := range []string{`"a \"b\""`, `null`, `{"n":[1,true]}`, `7`} {
		w.output(t, "Put", body)
		if got := w.output(t, "Get", `{}`)["Body"]; got != body {
			t.Errorf("got the object %q, expected %s", got, body)
		}
	}
}

func TestCausesOfSDKIntegrationsEndInTheAttemptCount(t *testing.T) {
	w := start(t, map[string]object{
		"S3":        objectTask("getObject", object{"Key": "none"}),
		"DynamoDB":  single("arn:aws:states:::aws-sdk:dynamodb:getItem", object{"TableName": "none", "Key": object{"id": object{"S": "a"}}}),
		"SNS":       single("arn:aws:states:::aws-sdk:sns:publish", object{"Message": "m"}),
		"optimized": single("arn:aws:states:::dynamodb:getItem", object{"TableName": "none", "Key": object{"id": object{"S": "a"}}}),
	})
	for name, expected := range map[string]bool{"S3": true, "DynamoDB": true, "SNS": true, "optimized": false} {
		x := w.execute(t, name, `{}`)
		if x.Status != engine.Failed || strings.HasSuffix(x.Cause, " (SDK Attempt Count: 1)") != expected {
			t.Errorf("%s: got %s %q, expected a cause that ends in (SDK Attempt Count: 1): %v", name, x.Status, x.Cause, expected)
		}
	}
}

func TestTasksManageBuckets(t *testing.T) {
	w := start(t, map[string]object{
		"Create":   objectTask("createBucket", object{"Bucket": "made"}),
		"Head":     objectTask("headBucket", object{"Bucket": "made"}),
		"Location": objectTask("getBucketLocation", object{"Bucket": "made"}),
		"Put":      objectTask("putObject", object{"Bucket": "made", "Key": "{% $states.input.key %}", "Body": ""}),
		"List":     objectTask("listObjects", object{"Bucket": "made", "Delimiter": "/"}),
		"Empty":    objectTask("deleteObjects", object{"Bucket": "made", "Delete": object{"Objects": []object{{"Key": "a"}, {"Key": "b/c"}}}}),
		"Delete":   objectTask("deleteBucket", object{"Bucket": "made"}),
		"Buckets":  single("arn:aws:states:::aws-sdk:s3:listBuckets", object{}),
	})
	w.output(t, "Create", `{}`)
	w.output(t, "Head", `{}`)
	w.output(t, "Location", `{}`)
	w.output(t, "Put", `{"key": "a"}`)
	w.output(t, "Put", `{"key": "b/c"}`)
	list := w.output(t, "List", `{}`)
	contents, _ := list["Contents"].([]any)
	prefixes, _ := list["CommonPrefixes"].([]any)
	if len(contents) != 1 || enginetest.At(contents[0], "Size") != 2.0 || len(prefixes) != 1 || enginetest.At(prefixes[0], "Prefix") != "b/" {
		t.Errorf("got %v, expected the object and the prefix of the other", list)
	}
	if x := w.execute(t, "Delete", `{}`); x.Error != "S3.S3Exception" || !strings.HasPrefix(x.Cause, "BucketNotEmpty (Service: S3, Status Code: 409") {
		t.Errorf("got %s: %s, expected a bucket with objects to stay", x.Error, x.Cause)
	}
	if deleted, _ := w.output(t, "Empty", `{}`)["Deleted"].([]any); len(deleted) != 2 {
		t.Errorf("got %v, expected both objects", deleted)
	}
	w.output(t, "Delete", `{}`)
	if x := w.execute(t, "Head", `{}`); x.Error != "S3.NoSuchBucketException" {
		t.Errorf("got %s: %s, expected the bucket to be gone", x.Error, x.Cause)
	}
	if buckets, _ := w.output(t, "Buckets", `{}`)["Buckets"].([]any); len(buckets) != 1 {
		t.Errorf("got %v, expected the bucket that is left", buckets)
	}
}

func TestErrorsOfS3HaveTheNamesOfTheSDK(t *testing.T) {
	w := start(t, map[string]object{
		"NoKey":    objectTask("getObject", object{"Key": "none"}),
		"NoBucket": objectTask("getObject", object{"Key": "none", "Bucket": "no-such-bucket"}),
		"NoHead":   objectTask("headObject", object{"Key": "none"}),
		"Case":     single("arn:aws:states:::aws-sdk:s3:getObject", "{% {'Bucket': 'b', 'Key': 'k', 'key': 'none'} %}"),
		"Unknown":  single("arn:aws:states:::aws-sdk:s3:getObject", "{% {'Bucket': 'b', 'Key': 'k', 'Colour': 'red'} %}"),
	})
	for name, expected := range map[string][2]string{
		"NoKey":    {"S3.NoSuchKeyException", "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: "},
		"NoBucket": {"S3.NoSuchBucketException", "The specified bucket does not exist"},
		"NoHead":   {"S3.NoSuchKeyException", "null (Service: S3, Status Code: 404, Request ID: "},
		"Case":     {"States.Runtime", `The field "key" is not supported by Step Functions`},
		"Unknown":  {"States.Runtime", `The field "Colour" is not supported by Step Functions`},
	} {
		x := w.execute(t, name, `{}`)
		if x.Error != expected[0] || !strings.Contains(x.Cause, expected[1]) {
			t.Errorf("%s: got %s: %s, expected %s: %s", name, x.Error, x.Cause, expected[0], expected[1])
		}
	}
}
