package schedule

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func TestCronFieldsAreWrittenInUpperCase(t *testing.T) {
	for text, expected := range map[string]string{
		"cron(0 3 ? jan-mar mon-Fri *)": "cron(0 3 ? JAN-MAR MON-FRI *)",
		"cron(0 0 lw * ? *)":            "cron(0 0 LW * ? *)",
		"cron(0 0 ? * fri#2 2027)":      "cron(0 0 ? * FRI#2 2027)",
		"cron(0  10 * * ? *)":           "cron(0  10 * * ? *)",
		"rate(5 minutes)":               "rate(5 minutes)",
		"at(2027-01-31T23:59:00)":       "at(2027-01-31T23:59:00)",
	} {
		if got := canonical(text); got != expected {
			t.Errorf("%s: got %s, expected %s", text, got, expected)
		}
	}
	token := *awscdk.Fn_Join(jsii.String(""), &[]*string{jsii.String("cron("), awscdk.Aws_REGION(), jsii.String(")")})
	for _, unknown := range []string{token, "cron(0 " + *awscdk.Aws_REGION() + " * * ? *)"} {
		if got := canonical(unknown); got != unknown {
			t.Errorf("got %q, expected the token %q", got, unknown)
		}
	}
}
