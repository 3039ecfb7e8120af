package mapjob

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/internal/retry"
	"github.com/mapjob/mapjob/internal/protocol"
)

// This file has the states of a rerun, whose input has a [protocol.Rerun]. It is
// refused by name before the execution takes a lock, in CheckRerun for what its
// input says, and in CheckFound for what S3 does:
//
//	CheckInput ──────────────────────────────────────────▶ (lock) ─▶ IsRerun ─▶ …
//	    └▶ CheckRerun ─▶ FindRerun ─▶ CheckFound ────────▶           └▶ Map, RerunMap or the chunker
//	           ├▶ InvalidMember └────────┴▶ InvalidRerun
//	           └▶ ForbiddenRerun
//
// The names of the states inside RerunMap begin with Rerun. Outside it, only its own
// name does.

// canRerun reports whether an execution of the job can be a rerun: the job needs a
// bucket for the items, and a summary that stores those that fail.
func (s *settings) canRerun() bool {
	return !s.mode.inline || s.Summary != nil && s.hasResultsBucket()
}

// rerunVariable is the variable with the rerun, or null, and rerunProblem the one
// with what is wrong with its items, or null.
const (
	rerunVariable = "jobRerun"
	rerunProblem  = "jobRerunProblem"
)

// isRerun is the condition of a rerun, after the state CheckInput, and noRerun the
// variable's value in other executions.
const (
	isRerun = "$" + rerunVariable + " != null"
	noRerun = "{% null %}"
)

// controls is the expression of the names in an execution's input that steer the
// job, and hasControls is true if there are some. The members of the items in a list
// do not count.
const (
	controls    = "$keys($states.input)[$lowercase($substring($, 0, $length('" + protocol.ControlPrefix + "'))) = '" + protocol.ControlPrefix + "']"
	hasControls = "$type($states.input) = 'object' ? $count(" + controls + ") > 0 : false"
)

// checkRerun fails an execution whose input does not say what to run again, or which
// the job must not read.
func (b *builder) checkRerun(next awsstepfunctions.IChainable) awsstepfunctions.Choice {
	var rerun protocol.Rerun
	in := message.In("$states.input."+protocol.MemberRerun, &rerun)
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckRerun"), &awsstepfunctions.ChoiceJsonataProps{
		Assign: b.atStart(jsonata.Expression("$states.input.%s", protocol.MemberRerun)),
	})
	check.When(jsonata.Condition("$not(%s)", validRerun()), b.invalidMember(true), jsonata.When("not a rerun as expected"))
	const machine = "$split(%s, ':')[[0..6]]" // in the ARN of an execution
	own := fmt.Sprintf("%s = '%s' and %s and "+machine+" = "+machine,
		in(&rerun.Bucket), *b.results.BucketName(), inOwnFolder(in(&rerun.Key)), in(&rerun.Execution), "$states.context.Execution.Id")
	check.When(jsonata.Condition("$not(%s)", own), awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("ForbiddenRerun"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorNotAllowed),
		Cause: jsii.String(jsonata.Expression("'got a rerun of ' & $substring(%s, 0, 200) & ' with the items in the bucket ' & $substring(%s, 0, 100) & ' with the key ' & $substring(%s, 0, 500) & "+
			"', expected an execution of this state machine, and ' & %s", in(&rerun.Execution), in(&rerun.Bucket), in(&rerun.Key), ownObjects(b.results))),
	}), jsonata.When("not of this job"))
	return check.Otherwise(b.findRerun(next))
}

// atStart returns what an execution keeps of its input: whether it is a rerun, and
// for the summary the input, which with the items might not fit into one Assign.
func (b *builder) atStart(rerun string) *jsonata.Object {
	assign := jsonata.Object{}
	if b.settings.canRerun() {
		assign[rerunVariable] = rerun
	}
	if b.functions.summary != nil {
		assign["input"] = b.inputForSummary()
	}
	if len(assign) == 0 {
		return nil
	}
	return &assign
}

// validRerun returns the condition that the input has a [protocol.Rerun] and nothing
// else that steers the job.
func validRerun() string {
	var rerun protocol.Rerun
	in := message.In("$rerun", &rerun)
	conditions := []string{
		"$count(" + controls + ") = 1",
		"$type($rerun) = 'object'",
		fmt.Sprintf("$count($keys($rerun)) = 4 + $count(%s)", in(&rerun.BatchSize)),
	}
	for _, member := range []*string{&rerun.Execution, &rerun.Bucket, &rerun.Key} {
		conditions = append(conditions, fmt.Sprintf("$type(%s) = 'string'", in(member)))
	}
	conditions = append(conditions, fmt.Sprintf("$whole(%s)", in(&rerun.Count)), fmt.Sprintf("($exists(%s) ? $whole(%[1]s) : true)", in(&rerun.BatchSize)))
	return fmt.Sprintf("($rerun := $states.input.%s; $whole := function($n) { $type($n) = 'number' ? $n >= 1 and $n <= %d and $n = $floor($n) : false }; %s)",
		protocol.MemberRerun, protocol.MaxItems, strings.Join(conditions, " and "))
}

// invalidMember fails an execution whose input has a member for the job itself that
// the job does not know, or which is not as expected.
func (b *builder) invalidMember(rerun bool) awsstepfunctions.Fail {
	expected := "no such member"
	if rerun {
		expected = fmt.Sprintf(`none but "%s": {"execution": ARN, "bucket": "...", "key": "...", "count": n}, with a "batchSize" if need be, where numbers are whole and at least 1`, protocol.MemberRerun)
	}
	return awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("InvalidMember"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorInvalidInput),
		Cause: jsii.String(jsonata.Expression("'got in the input ' & $substring($string($sift($states.input, function($value, $name) { $name in %s })), 0, 500) & ', expected %s'", controls, expected)),
	})
}

// cannotRerun refuses every member that steers a job, because the job can't rerun.
func (b *builder) cannotRerun(check awsstepfunctions.Choice) {
	check.When(jsonata.Condition("$type($states.input) = 'object' and $exists($states.input.%s)", protocol.MemberRerun),
		awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("CannotRerun"), &awsstepfunctions.FailJsonataProps{
			Error: jsii.String(protocol.ErrorInvalidRerun),
			Cause: jsii.String("got a rerun of an Inline job without a Summary or a results bucket, expected a job with both: set Summary, and ResultsBucket or Results"),
		}), jsonata.When("a rerun"))
	check.When(jsonata.Condition(hasControls), b.invalidMember(false), jsonata.When("another member for the job itself"))
}

// findRerun fails an execution if the items of the rerun do not exist or are not as
// many as expected: after an earlier part of them a rerun would look complete.
func (b *builder) findRerun(next awsstepfunctions.IChainable) awsstepfunctions.CustomState {
	var rerun protocol.Rerun
	in := message.In("$"+rerunVariable, &rerun)
	const counted = "$states.result.Metadata.`" + protocol.MetadataCount + "`"
	invalid := awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("InvalidRerun"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorInvalidRerun),
		Cause: jsii.String(jsonata.Expression("'s3://' & %s & '/' & %s & ': got ' & $substring($%s, 0, 500) & ', expected an object with ' & $string(%s) & ' items, and their number in its metadata %s'",
			in(&rerun.Bucket), in(&rerun.Key), rerunProblem, in(&rerun.Count), protocol.MetadataCount)),
	})
	// A task of the CDK would add its permission to the role's policy, which can't
	// name the state machine, and so not its folder.
	find := awsstepfunctions.NewCustomState(b.scope, jsii.String("FindRerun"), &awsstepfunctions.CustomStateProps{StateJson: &jsonata.Object{
		"Type":      "Task",
		"Resource":  "arn:" + *awscdk.Aws_PARTITION() + ":states:::aws-sdk:s3:headObject",
		"Arguments": jsonata.Object{"Bucket": jsonata.Expression("%s", in(&rerun.Bucket)), "Key": jsonata.Expression("%s", in(&rerun.Key))},
		"Assign": jsonata.Object{rerunProblem: jsonata.Expression("%s = $string(%s) ? null : $exists(%[1]s) ? 'the number ' & %[1]s : 'no number'",
			counted, in(&rerun.Count))},
		"Output": jsonata.Expression("$states.input"),
	}})
	// To a role that may not list the bucket S3 says S3.S3Exception of an object that
	// does not exist, and also if it is busy.
	find.AddRetry(retry.Never("S3.NoSuchKeyException", "S3.NoSuchBucketException", "States.QueryEvaluationError"))
	find.AddRetry(retry.Briefly())
	find.AddCatch(invalid, &awsstepfunctions.CatchProps{Assign: &jsonata.Object{
		rerunProblem: jsonata.Expression("$states.errorOutput.Error & ': ' & $states.errorOutput.Cause"),
	}})
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckFound"), nil)
	check.When(jsonata.Condition("$%s = null", rerunProblem), next, jsonata.When("it has as many items as expected"))
	check.Otherwise(invalid)
	find.Next(check)
	return find
}

// rerunOr continues a rerun with its own items, in place of those of the job start
// or the Source.
func (b *builder) rerunOr(rerun, others awsstepfunctions.IChainable) awsstepfunctions.IChainable {
	var r protocol.Rerun
	var items protocol.Items
	in := message.In("$"+rerunVariable, &r)
	set := func(field, from any) message.Member { return message.Set(field, jsonata.Expression("%s", in(from))) }
	choice := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("IsRerun"), nil)
	choice.When(jsonata.Condition(isRerun), rerun, &awsstepfunctions.ChoiceTransitionOptions{Comment: jsii.String("a rerun"), Assign: &jsonata.Object{
		"items":   message.Object(&items, set(&items.Bucket, &r.Bucket), set(&items.Key, &r.Key), set(&items.Count, &r.Count)),
		"results": b.emptyResults(),
	}})
	return choice.Otherwise(others)
}
