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
		"./job/...":               {cdk, module + "internal/engine", module + "internal/stack", module + "constructs/", module + "lambdas/"},
		"./internal/s3object":     {cdk, module},
		"./lambdas/...":           {cdk, module + "internal/engine", module + "internal/stack", module + "constructs/"},
		"./stacks/...":            {module + "internal/", module + "job", module + "lambdas/", module + "cmd/"},
		"./internal/value/...":    {cdk, sdk, module + "internal/asl", module + "internal/engine"},
		"./internal/jsonata/...":  {cdk, sdk, module + "internal/asl", module + "internal/engine"},
		"./internal/jsonpath/...": {cdk, sdk, module + "internal/asl", module + "internal/engine"},
		"./internal/intrinsic":    {cdk, sdk, module + "internal/asl", module + "internal/expression", module + "internal/engine"},
		"./internal/expression":   {cdk, sdk, module + "internal/asl", module + "internal/engine"},
		"./internal/asl/...":      {cdk, sdk, module + "internal/engine", module + "internal/stack", module + "internal/lambdahost"},
		"./internal/engine/...":   {cdk, sdk, module + "internal/stack", module + "internal/lambdahost"},
		"./internal/lambdahost":   {"github.com/"},
		"./internal/stack/...":    {cdk, module + "constructs/", module + "job"},
		"./cmd/...":               {cdk, module + "constructs/"},
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
