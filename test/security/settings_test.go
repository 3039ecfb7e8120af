package security

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/synthesis"
)

// docs/security.md says what every stack sets. Here it is looked up in templates.
func TestResourcesAreSetAsTheDocumentSays(t *testing.T) {
	settings := map[string][]string{ // by type: what a resource's properties have, a|b if there is a choice
		"AWS::S3::Bucket":                  {`"BucketEncryption"`, `"BlockPublicAcls":true`, `"BlockPublicPolicy":true`, `"IgnorePublicAcls":true`, `"RestrictPublicBuckets":true`, `"ExpirationInDays"`},
		"AWS::SQS::Queue":                  {`"SqsManagedSseEnabled":true|"KmsMasterKeyId"`},
		"AWS::SNS::Topic":                  {`"KmsMasterKeyId"`},
		"AWS::Logs::LogGroup":              {`"RetentionInDays"`},
		"AWS::Lambda::Function":            {`"Mode":"Active"`, `"LogFormat":"JSON"`, `"LogGroup"`},
		"AWS::Lambda::Url":                 {`"AuthType":"AWS_IAM"|"AuthType":"NONE"`},
		"AWS::DynamoDB::Table":             {`"PointInTimeRecoveryEnabled":true`},
		"AWS::StepFunctions::StateMachine": {`"Level":"OFF"|"IncludeExecutionData":true|"Starts one execution for each event`},
	}
	made := map[string]string{"AWS::S3::Bucket": "Results", "AWS::StepFunctions::StateMachine": "StateMachine"} // by a construct: what its ID has; else the test made it
	guarded := map[string]string{"AWS::S3::Bucket": "AWS::S3::BucketPolicy", "AWS::SQS::Queue": "AWS::SQS::QueuePolicy", "AWS::SNS::Topic": "AWS::SNS::TopicPolicy"}
	seen := map[string]int{}
	for name, build := range all {
		app := synthesis.App(t, nil)
		template := synthesis.Synthesize(t, build(app, name))
		for kind, expected := range settings {
			for id, resource := range template.OfType(kind) {
				if !strings.Contains(id, made[kind]) {
					continue
				}
				seen[kind]++
				has := text(t, resource.Properties)
				for _, e := range expected {
					if !containsAny(has, strings.Split(e, "|")) {
						t.Errorf("%s: got %s without %s:\n%s", name, id, e, has)
					}
				}
				if policy := guarded[kind]; policy != "" && !overTLSOnly(t, template, policy, id) {
					t.Errorf("%s: got %s without a policy that denies requests without TLS", name, id)
				}
			}
		}
	}
	for kind := range settings {
		if seen[kind] == 0 {
			t.Errorf("got no %s in any stack, expected some to look at", kind)
		}
	}
}

// overTLSOnly reports whether a policy of a resource denies requests without TLS.
func overTLSOnly(t *testing.T, template *synthesis.Template, kind, id string) bool {
	for _, policy := range template.OfType(kind) {
		if has := text(t, policy.Properties); strings.Contains(has, fmt.Sprintf("%q", id)) &&
			strings.Contains(has, `{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"`) {
			return true
		}
	}
	return false
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func containsAny(s string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}
