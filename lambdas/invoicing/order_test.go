package invoicing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func order(currency string, lines ...invoicing.Line) invoicing.Order {
	return invoicing.Order{ID: "ORD-1", Customer: "Aalto Foods", Currency: currency, Lines: lines}
}

func TestPrice(t *testing.T) {
	for name, c := range map[string]struct {
		order    invoicing.Order
		amounts  string
		expected string
	}{
		"cents add up exactly":    {order("EUR", invoicing.Line{SKU: "A", Quantity: 3, UnitPrice: "0.10"}, invoicing.Line{SKU: "B", Quantity: 1, UnitPrice: "0.20"}), "0.30 0.20", "0.50"},
		"rounded half to even":    {order("USD", invoicing.Line{SKU: "A", Quantity: 1, UnitPrice: "0.125"}, invoicing.Line{SKU: "B", Quantity: 1, UnitPrice: "0.135"}), "0.12 0.14", "0.26"},
		"the yen has no decimals": {order("JPY", invoicing.Line{SKU: "A", Quantity: 2, UnitPrice: "1500"}), "3000", "3000"},
		"large":                   {order("CHF", invoicing.Line{SKU: "A", Quantity: 1000000, UnitPrice: "99999999.99"}), "99999999990000.00", "99999999990000.00"},
		"for free":                {order("GBP", invoicing.Line{SKU: "A", Quantity: 1, UnitPrice: "0"}), "0.00", "0.00"},
	} {
		t.Run(name, func(t *testing.T) {
			invoice, err := invoicing.Price(c.order)
			if err != nil {
				t.Fatal(err)
			}
			var amounts []string
			for _, line := range invoice.Lines {
				amounts = append(amounts, line.Amount)
			}
			if got := strings.Join(amounts, " "); got != c.amounts || invoice.Total != c.expected {
				t.Errorf("got lines %s and total %s, expected %s and %s", got, invoice.Total, c.amounts, c.expected)
			}
		})
	}
}

func TestBadOrdersAreRefusedByName(t *testing.T) {
	line := invoicing.Line{SKU: "A", Quantity: 1, UnitPrice: "1.00"}
	with := func(change func(*invoicing.Order)) invoicing.Order {
		o := order("EUR", line)
		change(&o)
		return o
	}
	for name, o := range map[string]invoicing.Order{
		"MissingOrderID":      with(func(o *invoicing.Order) { o.ID = "" }),
		"MissingCustomer":     with(func(o *invoicing.Order) { o.Customer = "" }),
		"UnknownCurrency":     with(func(o *invoicing.Order) { o.Currency = "eur" }),
		"NoLines":             with(func(o *invoicing.Order) { o.Lines = nil }),
		"QuantityNotPositive": with(func(o *invoicing.Order) { o.Lines[0].Quantity = 0 }),
		"InvalidPrice":        with(func(o *invoicing.Order) { o.Lines[0].UnitPrice = "12,50" }),
	} {
		_, err := invoicing.Price(o)
		if named, ok := errors.AsType[*job.Error](err); !ok || named.Name != name {
			t.Errorf("got %v, expected %s", err, name)
		}
	}
	for _, price := range []string{"-1", "+1", "", ".", "1.2.3", "1e2", "1E9", "1e-400000000", "1e400000000", "NaN", "Inf", "0x10", "1_000", "١", strings.Repeat("9", 31)} {
		_, err := invoicing.Price(order("EUR", invoicing.Line{Quantity: 1, UnitPrice: price}))
		if named, ok := errors.AsType[*job.Error](err); !ok || named.Name != "InvalidPrice" {
			t.Errorf("got %v for the price %q, expected InvalidPrice", err, price)
		}
	}
}
