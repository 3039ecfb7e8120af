package option

import (
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// NotCounted says what the figures of an option leave out.
func NotCounted(w plan.Workload, o Option, b *price.Book) []string {
	all := []string{
		"what the worker calls and stores itself, and data that leaves the region, are not in it",
		"what S3 and CloudWatch keep after the execution is not in it, nor are alarms, metrics, keys of KMS and NAT gateways",
	}
	if o.Counts.LambdaRequests[plan.JobStart] > 0 {
		all = append(all, "how long the job start looks for the items is not in it, only how long it stores them")
	}
	if w.RunsPerMonth > 0 {
		all = append(all, "EventBridge Scheduler is not in it: its first 14 million invocations of a month are free")
	}
	if _, ok := b.Quota("states.transitions"); !ok {
		all = append(all, "AWS publishes no quota of transitions for such an account: --quota states.transitions.rate=N says it")
	}
	return all
}
