package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/observe"
)

// newLock creates the lock. If executions may be skipped and there is a topic, a
// skipped execution publishes that.
func (j *mapJob) newLock() joblock.Lock {
	s := j.settings
	props := &joblock.Props{Table: s.LockTable, Overlap: s.Overlap}
	if s.LockTable == nil {
		props.EncryptionKey, props.RemovalPolicy = s.EncryptionKey, s.RemovalPolicy
	}
	if skip, ok := s.Overlap.(*joblock.Skip); ok && s.Notify != nil {
		props.Overlap = &joblock.Skip{OnSkipped: func(next awsstepfunctions.IChainable) awsstepfunctions.IChainable {
			if skip.OnSkipped != nil {
				next = skip.OnSkipped(next)
			}
			return observe.Notify(j, jsii.String("NotifySkipped"), &observe.NotifyProps{
				Topic: s.Notify, Job: s.Name, Ending: observe.JobSkipped, Cause: jsii.String("'execution ' & $jobLockOwner & ' runs'"),
			}, next)
		}}
	}
	return joblock.New(j, jsii.String("Lock"), props)
}
