package mapjob

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/internal/protocol"
)

// verdict compares the account with what the job tolerates.
func (b *builder) verdict() awsstepfunctions.Choice {
	var account protocol.Account
	in := message.In("$account", &account)
	failed, missing, total := in(&account.Failed), in(&account.Missing), in(&account.Total)
	var tooMany, tolerated []string
	if p := b.settings.ToleratedFailurePercentage; p != nil {
		tooMany = append(tooMany, fmt.Sprintf("%s * 100 > %g * %s", failed, *p, total))
		tolerated = append(tolerated, fmt.Sprintf("%g%%", *p))
	}
	if c := b.settings.ToleratedFailureCount; c != nil {
		tooMany = append(tooMany, fmt.Sprintf("%s > %.0f", failed, *c))
		tolerated = append(tolerated, fmt.Sprintf("%.0f", *c))
	}
	verdict := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("Verdict"), nil)
	verdict.When(jsonata.Condition("%s > 0", missing), b.fail("LostItems", protocol.ErrorLostItems,
		fmt.Sprintf("$string(%s) & ' of ' & $string(%s) & ' items have no result'", missing, total)), jsonata.When("an item has no outcome"))
	verdict.When(jsonata.Condition("%s", strings.Join(tooMany, " or ")), b.fail("TooManyFailures", protocol.ErrorTooManyFailures, fmt.Sprintf(
		"$string(%s) & ' of ' & $string(%s) & ' items failed, tolerated: %s'", failed, total, strings.Join(tolerated, " and "))), jsonata.When("more failed than tolerated: "+strings.Join(tolerated, " or ")))
	verdict.Otherwise(b.notify("NotifySucceeded", observe.JobSucceeded, "", awsstepfunctions.Succeed_Jsonata(b.scope, jsii.String("Succeeded"), nil)))
	return verdict
}

// fail ends an execution whose account is known. The cause is an expression.
func (b *builder) fail(id, name, cause string) awsstepfunctions.IChainable {
	return b.notify("Notify"+id, observe.JobFailed, cause, awsstepfunctions.Fail_Jsonata(b.scope, jsii.String(id), &awsstepfunctions.FailJsonataProps{
		Error: &name, Cause: jsii.String(jsonata.Expression("%s", cause)),
	}))
}

// notify publishes the ending before the state that ends the execution.
func (b *builder) notify(id string, ending observe.Ending, cause string, next awsstepfunctions.IChainable) awsstepfunctions.IChainable {
	if b.settings.Notify == nil {
		return next
	}
	props := &observe.NotifyProps{Topic: b.settings.Notify, Job: b.settings.Name, Ending: ending, Account: jsii.String("$account")}
	if cause != "" {
		props.Cause = &cause
	}
	return observe.Notify(b.scope, &id, props, next)
}
