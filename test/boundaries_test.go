package test

import (
	"os/exec"
	"strings"
	"testing"
)

// Who may know whom. What needs no CDK compiles in a second, and stays so.
func TestPackagesKnowOnlyWhomTheyMay(t *testing.T) {
	const (
		module = "github.com/mapjob/mapjob/"
		cdk    = "github.com/aws/aws-cdk-go/"
		sdk    = "github.com/aws/aws-sdk-go-v2/"
	)
	for packages, never := range map[string][]string{
		"./job/...":             {cdk, module + "local/", module + "constructs/", module + "lambdas/"},
		"./internal/s3object":   {cdk, module},
		"./lambdas/...":         {cdk, module + "local/", module + "constructs/"},
		"./constructs/...":      {module + "local/", module + "job", module + "lambdas/", module + "cmd/"},
		"./stacks/...":          {module + "local/", module + "job", module + "lambdas/", module + "cmd/"},
		"./local/value/...":     {cdk, sdk, module + "local/asl", module + "local/engine"},
		"./local/jsonata/...":   {cdk, sdk, module + "local/asl", module + "local/engine"},
		"./local/jsonpath/...":  {cdk, sdk, module + "local/asl", module + "local/engine"},
		"./local/asl/...":       {cdk, sdk, module + "local/engine", module + "local/cloud", module + "local/lambdahost"},
		"./local/engine/...":    {cdk, sdk, module + "local/cloud", module + "local/lambdahost"},
		"./local/lambdahost":    {"github.com/"},
		"./local/cloud/...":     {cdk, module + "constructs/", module + "job"},
		"./cmd/...":             {cdk, module + "constructs/"},
		"./test/script/faulty/": {module + "local/"},
	} {
		out, err := exec.Command("go", "list", "-deps", packages).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", packages, err)
		}
		self := module + strings.TrimSuffix(strings.TrimPrefix(packages, "./"), "/...")
		for _, known := range strings.Fields(string(out)) {
			for _, prefix := range never {
				if strings.HasPrefix(known, prefix) && !strings.HasPrefix(known, self) {
					t.Errorf("%s imports %s, in the end, which it may not know", packages, known)
				}
			}
		}
	}
}
