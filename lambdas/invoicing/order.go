// Package invoicing prices and invoices the orders that are due. It is the
// business code of the sample: it knows nothing about batches, retries or Step
// Functions.
package invoicing

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/job"
	"github.com/shopspring/decimal"
)

// Order is what a customer bought. Amounts of money are decimal strings, because
// a float cannot hold ten cents.
type Order struct {
	ID       string `json:"orderId" dynamodbav:"orderId"`
	Customer string `json:"customer" dynamodbav:"customer"`
	Currency string `json:"currency" dynamodbav:"currency"` // ISO 4217
	Lines    []Line `json:"lines" dynamodbav:"lines"`
}

// Line is an article of an order.
type Line struct {
	SKU       string `json:"sku" dynamodbav:"sku"`
	Quantity  int    `json:"quantity" dynamodbav:"quantity"`
	UnitPrice string `json:"unitPrice" dynamodbav:"unitPrice"`
}

// Invoice is a priced order.
type Invoice struct {
	OrderID  string        `json:"orderId"`
	Customer string        `json:"customer"`
	Currency string        `json:"currency"`
	Lines    []InvoiceLine `json:"lines"`
	Total    string        `json:"total"`
}

// InvoiceLine is a priced line.
type InvoiceLine struct {
	Line
	Amount string `json:"amount"`
}

// digits holds the decimal places of each supported currency.
var digits = map[string]int32{"CHF": 2, "EUR": 2, "GBP": 2, "JPY": 0, "USD": 2}

// Price returns the invoice of an order. Each line's amount is rounded half to
// even. An invalid order returns a [job.Error] whose name says what is wrong.
func Price(o Order) (Invoice, error) {
	places, known := digits[o.Currency]
	switch {
	case o.ID == "":
		return Invoice{}, job.Errorf("MissingOrderID", "the order has no orderId")
	case o.Customer == "":
		return Invoice{}, job.Errorf("MissingCustomer", "order %s has no customer", o.ID)
	case !known:
		return Invoice{}, job.Errorf("UnknownCurrency", "order %s: got currency %q, expected CHF, EUR, GBP, JPY or USD", o.ID, o.Currency)
	case len(o.Lines) == 0:
		return Invoice{}, job.Errorf("NoLines", "order %s has no lines", o.ID)
	}
	invoice := Invoice{OrderID: o.ID, Customer: o.Customer, Currency: o.Currency}
	total := decimal.Zero
	for i, line := range o.Lines {
		if line.Quantity <= 0 {
			return Invoice{}, job.Errorf("QuantityNotPositive", "order %s, line %d: quantity must be positive, got %d", o.ID, i+1, line.Quantity)
		}
		price, err := parseAmount(line.UnitPrice)
		if err != nil {
			return Invoice{}, job.Errorf("InvalidPrice", "order %s, line %d: got unit price %.40q, expected a decimal such as 12.50", o.ID, i+1, line.UnitPrice)
		}
		amount := price.Mul(decimal.NewFromInt(int64(line.Quantity))).RoundBank(places)
		total = total.Add(amount)
		invoice.Lines = append(invoice.Lines, InvoiceLine{line, amount.StringFixed(places)})
	}
	invoice.Total = total.StringFixed(places)
	return invoice, nil
}

// parseAmount parses an amount of money: digits, and maybe a point with more digits.
// It refuses an exponent: 1e-400000000 is short, and adding it takes minutes.
func parseAmount(text string) (decimal.Decimal, error) {
	const most = 30 // characters
	isOther := func(r rune) bool { return (r < '0' || r > '9') && r != '.' }
	if len(text) > most || strings.ContainsFunc(text, isOther) {
		return decimal.Zero, fmt.Errorf("got the amount %.40q, expected a decimal such as 12.50, of up to %d characters", text, most)
	}
	return decimal.NewFromString(text)
}
