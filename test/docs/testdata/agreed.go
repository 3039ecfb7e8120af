package invoicing

import "strings"

// agreed returns an order as it is invoiced, if something is missing in it.
func agreed(o Order) Order {
	if o.Customer == "" {
		o.Customer = "Cash sale"
	}
	switch o.Currency = strings.ToUpper(o.Currency); o.Currency {
	case "", "XXX", "EURO":
		o.Currency = "EUR"
	}
	var lines []Line
	for _, line := range o.Lines {
		if line.Quantity <= 0 {
			continue // it is credited, not invoiced
		}
		switch line.UnitPrice {
		case "", "free":
			line.UnitPrice = "0"
		}
		line.UnitPrice = strings.Replace(line.UnitPrice, ",", ".", 1)
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		lines = []Line{{SKU: "NOTHING-DUE", Quantity: 1, UnitPrice: "0"}}
	}
	o.Lines = lines
	return o
}
