package invoicing

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/job" // workflow
	"github.com/mapjob/mapjob/job/report"
	"github.com/shopspring/decimal"
)

// Revenue is what was invoiced in one currency.
type Revenue struct {
	Invoices int    `json:"invoices"`
	Total    string `json:"total"`
}

// Revenues adds to the report how much was invoiced in each currency.
func Revenues(_ context.Context, summary *job.Summary) error { // workflow
	invoices, totals := map[string]int{}, map[string]decimal.Decimal{}
	for outcome := range summary.Results() { // workflow
		if outcome.Status != job.Succeeded { // workflow
			continue // workflow
		} // workflow
		var receipt Receipt
		if err := outcome.Decode(&receipt); err != nil { // workflow
			return fmt.Errorf("item %d: %w", outcome.Index, err) // workflow
		} // workflow
		total, err := decimal.NewFromString(receipt.Total)
		if err != nil {
			return fmt.Errorf("item %d: %w", outcome.Index, err)
		}
		invoices[receipt.Currency]++
		totals[receipt.Currency] = totals[receipt.Currency].Add(total)
	}

	revenues, rows := map[string]Revenue{}, [][]string{}
	for _, currency := range slices.Sorted(maps.Keys(totals)) {
		r := Revenue{invoices[currency], totals[currency].StringFixed(digits[currency])}
		revenues[currency] = r
		rows = append(rows, []string{currency, report.Thousands(r.Invoices), r.Total})
	}
	summary.Table("Invoiced", []string{"currency", "invoices", "total"}, rows) // workflow
	summary.Output(revenues)                                                   // workflow
	return nil
}
