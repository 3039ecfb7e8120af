package mapjob_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/test/synthesis"
)

// IAM would refuse the policies of a role that reads too many buckets.
func TestTooManyInputBucketsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		buckets int
		mode    mapjob.Mode
		refused string // the role
	}{
		"some by value":      {60, &mapjob.Distributed{}, ""},
		"some by reference":  {60, &mapjob.ByReference{}, ""},
		"many by value":      {200, &mapjob.Distributed{}, ""}, // the CDK moves a part into managed policies
		"many for a chunker": {200, &mapjob.ByReference{}, "the role Test/Job/Chunker/Role: "},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			var buckets []awss3.IBucket
			for i := range c.buckets {
				id := fmt.Sprintf("%s-%03d", strings.Repeat("x", 59), i)
				buckets = append(buckets, awss3.Bucket_FromBucketName(stack, &id, &id))
			}
			mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), Mode: c.mode, Source: &mapjob.JSONLines{InputBuckets: buckets}})
			if c.refused == "" {
				synthesis.Synthesize(t, stack)
				return
			}
			message := synthesis.Panics(t, func() { synthesis.Synthesize(t, stack) })
			if !strings.Contains(message, c.refused+"got inline policies of at least ") || !strings.Contains(message, "give a job fewer InputBuckets") {
				t.Errorf("got %q, expected it to contain %q", message, c.refused)
			}
		})
	}
}

// Step Functions would refuse a definition of more than a mebibyte, which the Map of
// reruns doubles.
func TestTooLargeDefinitionsAreRefused(t *testing.T) {
	processor := func(size int) func(constructs.Construct) awsstepfunctions.IChainable {
		return func(scope constructs.Construct) awsstepfunctions.IChainable {
			return awsstepfunctions.Pass_Jsonata(scope, jsii.String("Pass"), &awsstepfunctions.PassJsonataProps{Comment: jsii.String(strings.Repeat("x", size))})
		}
	}
	for name, c := range map[string]struct {
		size    int
		source  mapjob.Source
		refused bool
	}{
		"read once":             {1_000_000, &mapjob.JSONLines{}, false},
		"read once, too large":  {1_050_000, &mapjob.JSONLines{}, true},
		"read twice":            {500_000, &mapjob.InputList{}, false},
		"read twice, too large": {530_000, &mapjob.InputList{}, true},
	} {
		stack := synthesis.Stack(t)
		create := func() {
			mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Source: c.source, Processor: processor(c.size)})
		}
		if !c.refused {
			create()
			continue
		}
		if message := synthesis.Panics(t, create); !strings.Contains(message, "Test/Job: Processor: got states that make a definition of at least 10") {
			t.Errorf("%s: got %.300q, expected the definition to be refused", name, message)
		}
	}
}
