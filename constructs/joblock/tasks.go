package joblock

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
)

// The CDK's own tasks would add to the role's policy what they need, which for
// executions is a cycle, and for the table more than the one item.
//
// What a Catch hands on is left to variables: a CustomState leaves out the Output
// of its catchers.

// take takes a lock that is free. It is also taken where this execution has it:
// the answer to an earlier attempt may have been lost.
func (l *jobLock) take() awsstepfunctions.CustomState {
	return l.put("TakeLock", expression("$states.input"), "attribute_not_exists(#owner) OR #owner = :me", object{":me": text(expression(me))})
}

// takeOver takes a lock that was free or whose owner has ended, if that is still
// so. Where it was free the owner before does not count: it may have it again.
func (l *jobLock) takeOver() awsstepfunctions.CustomState {
	return l.put("TakeOverLock", expression("$jobLockInput"), "attribute_not_exists(#owner) OR #owner IN (:me, :ended)",
		object{":me": text(expression(me)), ":ended": text(expression("$jobLockStatus = 'FREE' ? %s : $jobLockOwner", me))})
}

func (l *jobLock) put(id, output, condition string, values object) awsstepfunctions.CustomState {
	return l.task(id, "dynamodb:putItem", object{
		"TableName": l.settings.Table.TableName(),
		"Item": object{
			partitionKey: text(l.key()),
			"owner":      text(expression(me)),
			"takenAt":    text(expression("$now()")),
		},
		"ConditionExpression":       condition,
		"ExpressionAttributeNames":  object{"#owner": "owner"}, // a reserved word
		"ExpressionAttributeValues": values,
	}, nil, output, errConflict)
}

// release gives the lock back, if it is still this execution's.
func (l *jobLock) release(id string, output any) awsstepfunctions.CustomState {
	return l.task(id, "dynamodb:deleteItem", object{
		"TableName":                 l.settings.Table.TableName(),
		"Key":                       object{partitionKey: text(l.key())},
		"ConditionExpression":       "#owner = :me",
		"ExpressionAttributeNames":  object{"#owner": "owner"},
		"ExpressionAttributeValues": object{":me": text(expression(me))},
	}, nil, output, errConflict)
}

func (l *jobLock) read() awsstepfunctions.CustomState {
	return l.task("ReadLock", "dynamodb:getItem", object{
		"TableName":      l.settings.Table.TableName(),
		"Key":            object{partitionKey: text(l.key())},
		"ConsistentRead": true,
	}, object{
		"jobLockStatus":  expression("%s ? 'HELD' : 'FREE'", found),
		"jobLockOwner":   expression("%s ? $states.result.Item.owner.S : $jobLockOwner", found),
		"jobLockTakenAt": expression("$exists($states.result.Item.takenAt.S) ? $states.result.Item.takenAt.S : '1970-01-01T00:00:00.000Z'"),
	}, object{})
}

// describe leaves out the owner's input and output, which may be larger than a
// result and need a key to be read.
func (l *jobLock) describe() awsstepfunctions.CustomState {
	return l.task("DescribeOwner", "aws-sdk:sfn:describeExecution",
		object{"ExecutionArn": expression("$jobLockOwner"), "IncludedData": "METADATA_ONLY"},
		object{"jobLockStatus": expression("$states.result.Status")}, object{}, errNoOwner)
}

func (l *jobLock) stop() awsstepfunctions.CustomState {
	return l.task("StopOwner", "aws-sdk:sfn:stopExecution", object{
		"ExecutionArn": expression("$jobLockOwner"),
		"Error":        errReplaced,
		"Cause":        expression("'replaced by execution ' & %s", me),
	}, nil, object{}, errNoOwner)
}

// task tries again where the service is the reason that it did not go well.
// Throttles do not have a name of their own in every service, so all errors are
// retried but for those that are answers.
func (l *jobLock) task(id, call string, arguments, assign object, output any, answers ...string) awsstepfunctions.CustomState {
	state := object{
		"Type":          "Task",
		"QueryLanguage": "JSONata", // also in a state machine whose own is JSONPath
		"Resource":      "arn:" + *awscdk.Aws_PARTITION() + ":states:::" + call,
		"Arguments":     arguments,
		"Output":        output,
	}
	if assign != nil {
		state["Assign"] = assign
	}
	task := awsstepfunctions.NewCustomState(l, jsii.String(id), &awsstepfunctions.CustomStateProps{StateJson: &state})
	if len(answers) > 0 {
		task.AddRetry(&awsstepfunctions.RetryProps{Errors: jsii.Strings(answers...), MaxAttempts: jsii.Number(0)})
	}
	task.AddRetry(&awsstepfunctions.RetryProps{
		Errors:         jsii.Strings("States.ALL"),
		MaxAttempts:    jsii.Number(8),
		Interval:       awscdk.Duration_Seconds(jsii.Number(1)),
		BackoffRate:    jsii.Number(2),
		MaxDelay:       awscdk.Duration_Seconds(jsii.Number(20)),
		JitterStrategy: awsstepfunctions.JitterType_FULL,
	})
	return task
}

// text is a string as DynamoDB has it.
func text(value string) object { return object{"S": value} }
