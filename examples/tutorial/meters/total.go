package meters

import (
	"context"
	"strconv"

	"github.com/mapjob/mapjob/job"
)

// Total adds the water of all bills to the report.
func Total(_ context.Context, summary *job.Summary) error {
	bills, litres := 0, 0
	for outcome := range summary.Results() {
		if outcome.Status != job.Succeeded {
			continue
		}
		var bill Bill
		if err := outcome.Decode(&bill); err != nil {
			return err
		}
		bills++
		litres += bill.Litres
	}
	summary.Table("Water", []string{"bills", "litres"}, [][]string{{strconv.Itoa(bills), strconv.Itoa(litres)}})
	return nil
}
