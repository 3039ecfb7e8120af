package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/price"
)

// list is a price list of a service (AWS Billing user guide, "Reading the service
// price list file").
type list struct {
	OfferCode       string `json:"offerCode"`
	Version         string `json:"version"`
	PublicationDate string `json:"publicationDate"`
	Products        map[string]struct {
		Attributes map[string]string `json:"attributes"`
	} `json:"products"`
	Terms struct {
		OnDemand map[string]map[string]struct {
			Dimensions map[string]struct {
				Begin string            `json:"beginRange"`
				Price map[string]string `json:"pricePerUnit"`
			} `json:"priceDimensions"`
		} `json:"OnDemand"`
	} `json:"terms"`
}

// wanted says which product of a list has a price.
type wanted struct {
	key    price.Key
	offer  string
	usages []string // without the prefix of the region
	unit   string
	free   string // of an account and month, whatever the region
}

var all = []wanted{
	{price.Transition, "AmazonStates", []string{"StateTransition"}, "transition", "4000"},
	{price.ExpressRequest, "AmazonStates", []string{"StepFunctions-Request"}, "request", ""},
	{price.ExpressGBSecond, "AmazonStates", []string{"StepFunctions-GB-Second"}, "GB-second", ""},
	{price.LambdaRequest, "AWSLambda", []string{"Request"}, "request", "1000000"},
	{price.LambdaX86, "AWSLambda", []string{"Lambda-GB-Second"}, "GB-second", "400000"},
	{price.LambdaARM, "AWSLambda", []string{"Lambda-GB-Second-ARM"}, "GB-second", "400000"},
	{price.LambdaStorage, "AWSLambda", []string{"Lambda-Storage-GB-Second"}, "GB-second", ""},
	{price.S3Put, "AmazonS3", []string{"Requests-Tier1"}, "request", ""},
	{price.S3Get, "AmazonS3", []string{"Requests-Tier2"}, "request", ""},
	{price.DynamoWrite, "AmazonDynamoDB", []string{"WriteRequestUnits"}, "write request unit", ""},
	{price.DynamoRead, "AmazonDynamoDB", []string{"ReadRequestUnits"}, "read request unit", ""},
	{price.SQSRequest, "AWSQueueService", []string{"Requests-Tier1", "Requests-RBP"}, "request", "1000000"},
	{price.LogsGB, "AmazonCloudWatch", []string{"DataProcessing-Bytes"}, "GB", "5"},
	{price.VendedLogsGB, "AmazonCloudWatch", []string{"VendedLog-Bytes"}, "GB", ""},
	{price.Trace, "AWSXRay", []string{"XRay-TracesStored"}, "trace", "100000"},
}

// document is a file of prices, as package price reads it.
type document struct {
	Version int                `json:"version"`
	Regions map[string]*region `json:"regions"`
}

type region struct {
	Prices map[price.Key]*entry `json:"prices"`
	Quotas string               `json:"quotas"`
}

type entry struct {
	Tiers  []tier `json:"tiers"`
	Free   string `json:"free,omitempty"`
	Unit   string `json:"unit"`
	Source string `json:"source"`
	SKU    string `json:"sku"`
	Date   string `json:"date"`
}

type tier struct {
	From string `json:"from"`
	USD  string `json:"usd"`
}

// large are the regions with large quotas of Step Functions.
var large = []string{"eu-west-1", "us-east-1", "us-west-2"}

// add adds the prices of a list.
func (d *document) add(l *list) error {
	if len(l.PublicationDate) < len("2026-08-31") || l.Version == "" || !slices.ContainsFunc(all, func(w wanted) bool { return w.offer == l.OfferCode }) {
		return fmt.Errorf("got a list of %q, version %q of %q, expected a price list of a service that jobs use", l.OfferCode, l.Version, l.PublicationDate)
	}
	var problems []error
	for _, sku := range slices.Sorted(maps.Keys(l.Products)) {
		attributes := l.Products[sku].Attributes
		name := attributes["regionCode"]
		at := slices.IndexFunc(all, func(w wanted) bool { return w.is(l.OfferCode, attributes["usagetype"]) })
		if at < 0 || name == "" || !slices.Contains([]string{"", "PutLogEvents"}, attributes["operation"]) && l.OfferCode == "AmazonCloudWatch" {
			continue
		}
		w := all[at]
		tiers, err := l.tiers(sku)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s in %s, SKU %s: %w", w.key, name, sku, err))
			continue
		}
		if d.Regions[name] == nil {
			d.Regions[name] = &region{Prices: map[price.Key]*entry{}, Quotas: "small"}
			if slices.Contains(large, name) {
				d.Regions[name].Quotas = "large"
			}
		}
		prices := d.Regions[name].Prices
		if before := prices[w.key]; before != nil {
			if !slices.Equal(before.Tiers, tiers) {
				problems = append(problems, fmt.Errorf("%s in %s: got %v of SKU %s and %v of SKU %s, expected one price", w.key, name, before.Tiers, before.SKU, tiers, sku))
			}
			continue
		}
		prices[w.key] = &entry{
			Tiers: tiers, Free: w.free, Unit: w.unit, SKU: sku, Date: l.PublicationDate[:len("2026-08-31")],
			Source: fmt.Sprintf("https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/%s/%s/%s/index.json", l.OfferCode, l.Version, name),
		}
	}
	return errors.Join(problems...)
}

// prefix is that of a region, such as EU- or USE1-. In us-east-1 some usage types
// have none.
var prefix = regexp.MustCompile(`^[A-Z]{2,4}[0-9]?-`)

func (w wanted) is(offer, usage string) bool {
	return w.offer == offer && (slices.Contains(w.usages, usage) || slices.Contains(w.usages, prefix.ReplaceAllString(usage, "")))
}

// tiers returns the tiers of a product, the lowest first.
func (l *list) tiers(sku string) ([]tier, error) {
	var tiers []tier
	for _, term := range l.Terms.OnDemand[sku] {
		for _, d := range term.Dimensions {
			if _, err := strconv.ParseInt(d.Begin, 10, 64); err != nil || d.Price["USD"] == "" {
				return nil, fmt.Errorf("got a tier from %q at %q USD, expected whole numbers and a price", d.Begin, d.Price["USD"])
			}
			usd := d.Price["USD"]
			if strings.Contains(usd, ".") {
				usd = strings.TrimSuffix(strings.TrimRight(usd, "0"), ".")
			}
			tiers = append(tiers, tier{d.Begin, usd})
		}
	}
	slices.SortFunc(tiers, func(a, b tier) int {
		return cmp.Or(cmp.Compare(len(a.From), len(b.From)), cmp.Compare(a.From, b.From))
	})
	if len(tiers) == 0 || tiers[0].From != "0" {
		return nil, fmt.Errorf("got the tiers %v, expected some from 0 on", tiers)
	}
	return tiers, nil
}

// lacks names what each region lacks.
func (d *document) lacks(out io.Writer) {
	for _, name := range slices.Sorted(maps.Keys(d.Regions)) {
		for _, w := range all {
			if d.Regions[name].Prices[w.key] == nil {
				fmt.Fprintf(out, "%s: no %s, which a list of %s has as %s\n", name, w.key, w.offer, strings.Join(w.usages, " or "))
			}
		}
	}
}
