package joblock

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/retry"
	"github.com/mapjob/mapjob/internal/protocol"
)

// The CDK's own tasks would add their permissions to the role's policy: for
// executions this is a cycle, and for the table it is more than the one item.
//
// Catchers pass values on in variables, because a CustomState drops the Output
// of its catchers.

// take takes a lock that is free, or that this execution owns already: the
// answer to an earlier attempt may have been lost.
func (l *jobLock) take() awsstepfunctions.CustomState {
	return l.put("TakeLock", jsonata.Expression("$states.input"), "attribute_not_exists(#owner) OR #owner = :me", jsonata.Object{":me": text(jsonata.Expression(me))})
}

// takeOver takes a lock that was free or whose owner has ended, unless another
// execution has taken it since. If it was free, an earlier owner may have taken it
// again.
func (l *jobLock) takeOver() awsstepfunctions.CustomState {
	return l.put("TakeOverLock", jsonata.Expression("$jobLockInput"), "attribute_not_exists(#owner) OR #owner IN (:me, :ended)",
		jsonata.Object{":me": text(jsonata.Expression(me)), ":ended": text(jsonata.Expression("$jobLockStatus = 'FREE' ? %s : $jobLockOwner", me))})
}

func (l *jobLock) put(id, output, condition string, values jsonata.Object) awsstepfunctions.CustomState {
	return l.task(id, "dynamodb:putItem", jsonata.Object{
		"TableName": l.table.TableName(),
		"Item": jsonata.Object{
			partitionKey: text(l.key()),
			"owner":      text(jsonata.Expression(me)),
			"takenAt":    text(jsonata.Expression("$now()")),
		},
		"ConditionExpression":       condition,
		"ExpressionAttributeNames":  jsonata.Object{"#owner": "owner"}, // a reserved word
		"ExpressionAttributeValues": values,
	}, nil, output, errConflict)
}

// release deletes the lock if this execution still owns it.
func (l *jobLock) release(id string, output any) awsstepfunctions.CustomState {
	return l.task(id, "dynamodb:deleteItem", jsonata.Object{
		"TableName":                 l.table.TableName(),
		"Key":                       jsonata.Object{partitionKey: text(l.key())},
		"ConditionExpression":       "#owner = :me",
		"ExpressionAttributeNames":  jsonata.Object{"#owner": "owner"},
		"ExpressionAttributeValues": jsonata.Object{":me": text(jsonata.Expression(me))},
	}, nil, output, errConflict)
}

func (l *jobLock) read() awsstepfunctions.CustomState {
	return l.task("ReadLock", "dynamodb:getItem", jsonata.Object{
		"TableName":      l.table.TableName(),
		"Key":            jsonata.Object{partitionKey: text(l.key())},
		"ConsistentRead": true,
	}, jsonata.Object{
		"jobLockStatus":  jsonata.Expression("%s ? 'HELD' : 'FREE'", found),
		"jobLockOwner":   jsonata.Expression("%s ? $states.result.Item.owner.S : $jobLockOwner", found),
		"jobLockTakenAt": jsonata.Expression("$exists($states.result.Item.takenAt.S) ? $states.result.Item.takenAt.S : '1970-01-01T00:00:00.000Z'"),
	}, jsonata.Object{})
}

// lookUp gets the type of the last event of the owner's history, without the data.
// DescribeExecution would answer with the owner's input and output, which together
// may be larger than a result.
func (l *jobLock) lookUp() awsstepfunctions.CustomState {
	const last = "$states.result.Events[0].Type"
	return l.task("LookUpOwner", "aws-sdk:sfn:getExecutionHistory",
		jsonata.Object{"ExecutionArn": jsonata.Expression("$jobLockOwner"), "ReverseOrder": true, "MaxResults": 1, "IncludeExecutionData": false},
		jsonata.Object{"jobLockStatus": jsonata.Expression("$exists(%s) ? %[1]s : 'ExecutionStarted'", last)}, jsonata.Object{}, errNoOwner)
}

func (l *jobLock) stop() awsstepfunctions.CustomState {
	return l.task("StopOwner", "aws-sdk:sfn:stopExecution", jsonata.Object{
		"ExecutionArn": jsonata.Expression("$jobLockOwner"),
		"Error":        protocol.ErrorReplaced,
		"Cause":        jsonata.Expression("'replaced by execution ' & %s", me),
	}, nil, jsonata.Object{}, errNoOwner)
}

// task calls a service. It retries every error except answers, the errors that the
// states handle: not every service has an error name for throttling.
func (l *jobLock) task(id, call string, arguments, assign jsonata.Object, output any, answers ...string) awsstepfunctions.CustomState {
	state := jsonata.Object{
		"Type":          "Task",
		"QueryLanguage": "JSONata", // the state machine's may be JSONPath
		"Resource":      "arn:" + *awscdk.Aws_PARTITION() + ":states:::" + call,
		"Arguments":     arguments,
		"Output":        output,
	}
	if assign != nil {
		state["Assign"] = assign
	}
	task := awsstepfunctions.NewCustomState(l, jsii.String(id), &awsstepfunctions.CustomStateProps{StateJson: &state})
	if len(answers) > 0 {
		task.AddRetry(retry.Never(answers...))
	}
	task.AddRetry(retry.Of(8, 20, retry.All))
	return task
}

// text returns a string attribute of DynamoDB.
func text(value string) jsonata.Object { return jsonata.Object{"S": value} }
