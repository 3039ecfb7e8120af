// Command ordergen generates the sample's orders. The same seed generates the
// same orders:
//
//	go run ./test/ordergen -n 5000 -seed 1 > examples/orders.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 5000, "the number of orders")
	seed := flag.Uint64("seed", 1, "the seed of the random orders")
	due := flag.String("due", "2026-11-01", "the day on which they are due")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	err := generate(out, *n, *seed, *due)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func generate(w io.Writer, n int, seed uint64, due string) error {
	random := rand.New(rand.NewPCG(seed, 0))
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for i := range n {
		o := order(random, i)
		err := lines.Encode(struct {
			ID       string           `json:"orderId"`
			Customer string           `json:"customer"`
			Currency string           `json:"currency"`
			Due      string           `json:"due"`
			Lines    []invoicing.Line `json:"lines"`
		}{o.ID, o.Customer, o.Currency, due, o.Lines})
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	customers  = []string{"Aalto Foods", "Borealis Books", "Cedar & Sons", "Delta Tools", "Ember Coffee", "Fjord Textiles", "Granite Works", "Harbor Lights"}
	currencies = []string{"EUR", "EUR", "EUR", "USD", "USD", "GBP", "CHF", "JPY"}
	articles   = []string{"BOLT-M8", "CABLE-3M", "DESK-LAMP", "ENVELOPE-C5", "FILTER-20", "GASKET-7"}
)

// badShare is the share of invalid orders.
const badShare = 0.03

func order(random *rand.Rand, i int) invoicing.Order {
	o := invoicing.Order{
		ID:       fmt.Sprintf("ORD-%07d", i+1),
		Customer: customers[random.IntN(len(customers))],
		Currency: currencies[random.IntN(len(currencies))],
		Lines:    []invoicing.Line{},
	}
	for range 1 + random.IntN(4) {
		price := fmt.Sprintf("%d.%02d", random.IntN(200), 1+random.IntN(99))
		if o.Currency == "JPY" {
			price = strconv.Itoa(100 + random.IntN(20000))
		}
		o.Lines = append(o.Lines, invoicing.Line{
			SKU:       articles[random.IntN(len(articles))],
			Quantity:  1 + random.IntN(20),
			UnitPrice: price,
		})
	}
	if random.Float64() < badShare {
		line := &o.Lines[random.IntN(len(o.Lines))]
		switch random.IntN(6) {
		case 0:
			o.Currency = []string{"XXX", "EURO", "eur", ""}[random.IntN(4)]
		case 1:
			line.Quantity = 0
		case 2:
			line.Quantity = -random.IntN(9) - 1
		case 3:
			o.Lines = []invoicing.Line{}
		case 4:
			line.UnitPrice = []string{"12,50", "free", "-1.00", ""}[random.IntN(4)]
		case 5:
			o.Customer = ""
		}
	}
	return o
}
