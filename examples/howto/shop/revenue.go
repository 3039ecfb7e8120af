package shop

import (
	"context"
	"strconv"

	"github.com/mapjob/mapjob/job"
)

// Revenue adds what was charged to the report and to the execution's output.
func Revenue(_ context.Context, summary *job.Summary) error {
	receipts, cents := 0, 0
	for outcome := range summary.Results() {
		if outcome.Status != job.Succeeded {
			continue
		}
		var receipt Receipt
		if err := outcome.Decode(&receipt); err != nil {
			return err
		}
		receipts, cents = receipts+1, cents+receipt.Cents
	}
	summary.Table("Charged", []string{"receipts", "cents"}, [][]string{{strconv.Itoa(receipts), strconv.Itoa(cents)}})
	summary.Output(map[string]int{"receipts": receipts, "cents": cents})
	return nil
}
