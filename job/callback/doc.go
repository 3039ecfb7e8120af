// Package callback answers task tokens. An item whose worker is a [job.Callback]
// ends when another system answers its token. That system needs the token, and
// the permissions states:SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat
// on the job's state machine:
//
//	tasks := callback.Client{API: sfn.NewFromConfig(settings)}
//	if declined {
//		return tasks.Fail(ctx, token, job.Errorf("CardDeclined", "the bank says: %s", reason))
//	}
//	return tasks.Succeed(ctx, token, Receipt{Number: 7})
//
// In a test, a jobtest.Tasks takes the place of Step Functions.
package callback
