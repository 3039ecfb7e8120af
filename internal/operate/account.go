package operate

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
)

// UseReport takes the account of an execution without a summary's report from one that
// was written elsewhere. The store of the service has its files, whatever their
// folder.
func (x *Execution) UseReport(r *report.Report) {
	x.own = true
	if x.Account != nil {
		return
	}
	x.counted = true
	x.Account = &protocol.Account{Total: r.Items.Total, Succeeded: r.Items.Succeeded, Failed: r.Items.Failed, Missing: r.Items.Missing, Errors: map[string]int{}}
	for _, e := range r.Errors {
		x.Account.Errors[e.Name] = e.Count
	}
}

// answered returns the account that an output has, and whether it is that of an
// execution that was skipped.
func answered(output string) (account *protocol.Account, skipped bool) {
	var known struct {
		Skipped bool
		Total   *int
		Errors  map[string]int
	}
	if json.Unmarshal([]byte(output), &known) != nil {
		return nil, false
	}
	if known.Total == nil || known.Errors == nil {
		return nil, known.Skipped
	}
	account = &protocol.Account{}
	if json.Unmarshal([]byte(output), account) != nil {
		return nil, false
	}
	return account, false
}

// afterSummary is the most events that an execution has after its summary: those of
// the verdict, the notification and the lock, with their retries.
const afterSummary = 300

// summary returns the last answer of an execution's summary; nil if it did not answer.
func (s *Service) summary(ctx context.Context, arn string) (account *protocol.Account, err error) {
	err = s.backwards(ctx, arn, afterSummary, func(e *types.HistoryEvent) bool {
		if left := e.StateExitedEventDetails; left != nil && aws.ToString(left.Name) == protocol.StateSummary {
			account, _ = answered(aws.ToString(left.Output))
			return false
		}
		return true
	})
	return account, err
}
