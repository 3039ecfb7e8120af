package invoicing

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
	"github.com/shopspring/decimal"
)

// Revenue is the amount invoiced in a currency.
type Revenue struct {
	Invoices int    `json:"invoices"`
	Total    string `json:"total"`
}

// Revenues adds the revenue in each currency to the summary.
func Revenues(_ context.Context, summary *job.Summary) error {
	invoices, totals := map[string]int{}, map[string]decimal.Decimal{}
	for outcome := range summary.Results() {
		if outcome.Status != job.Succeeded {
			continue
		}
		var receipt Receipt
		if err := outcome.Decode(&receipt); err != nil {
			return fmt.Errorf("item %d: %w", outcome.Index, err)
		}
		total, err := parseAmount(receipt.Total)
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
	summary.Table("Invoiced", []string{"currency", "invoices", "total"}, rows)
	summary.Output(revenues)
	return nil
}
