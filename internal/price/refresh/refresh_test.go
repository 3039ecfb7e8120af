package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/price"
)

// product is a product of a price list with its tiers: begins and dollars in turn.
type product struct {
	sku, usage, region, operation string
	tiers                         []string
}

// priceList writes a list in the form of AWS.
func priceList(t *testing.T, folder, offer string, products ...product) {
	t.Helper()
	list := map[string]any{"formatVersion": "v1.0", "offerCode": offer, "version": "20260928230416", "publicationDate": "2026-09-28T23:04:16Z"}
	described, terms := map[string]any{}, map[string]any{}
	for _, p := range products {
		described[p.sku] = map[string]any{"sku": p.sku, "attributes": map[string]string{"usagetype": p.usage, "regionCode": p.region, "operation": p.operation, "servicecode": offer}}
		dimensions := map[string]any{}
		for i := 0; i < len(p.tiers); i += 2 {
			dimensions[fmt.Sprintf("%s.%d", p.sku, i)] = map[string]any{"beginRange": p.tiers[i], "endRange": "Inf", "unit": "any", "pricePerUnit": map[string]string{"USD": p.tiers[i+1]}}
		}
		terms[p.sku] = map[string]any{p.sku + ".JRTCKXETXF": map[string]any{"priceDimensions": dimensions}}
	}
	list["products"], list["terms"] = described, map[string]any{"OnDemand": terms}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, offer+".json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// ireland writes lists with the prices of a region, and with products that are not
// wanted.
func ireland(t *testing.T) (folder string) {
	folder = t.TempDir()
	priceList(t, folder, "AmazonStates",
		product{"T1", "EU-StateTransition", "eu-west-1", "", []string{"0", "0.0000250000"}},
		product{"T0", "Global-StateTransition", "", "", []string{"0", "0.0000000000"}},
		product{"T2", "EU-StepFunctions-Request", "eu-west-1", "", []string{"0", "0.0000010000"}},
		product{"T3", "EU-StepFunctions-GB-Second", "eu-west-1", "", []string{"18000000", "0.0000045600", "0", "0.0000166700", "3600000", "0.0000083300"}})
	priceList(t, folder, "AWSLambda",
		product{"L1", "EU-Request", "eu-west-1", "", []string{"0", "0.0000002000"}},
		product{"L2", "EU-Lambda-GB-Second", "eu-west-1", "", []string{"0", "0.0000166667", "6000000000", "0.0000150000", "15000000000", "0.0000133334"}},
		product{"L3", "EU-Lambda-GB-Second-ARM", "eu-west-1", "", []string{"0", "0.0000133334"}},
		product{"L4", "EU-Lambda-Provisioned-GB-Second", "eu-west-1", "", []string{"0", "0.0000097222"}},
		product{"L5", "EU-Lambda-Edge-Request", "eu-west-1", "", []string{"0", "0.0000006000"}})
	priceList(t, folder, "AmazonS3",
		product{"S1", "EU-Requests-Tier1", "eu-west-1", "", []string{"0", "0.0000050000"}},
		product{"S2", "EU-Requests-Tier2", "eu-west-1", "", []string{"0", "0.0000004000"}},
		product{"S3", "EU-Requests-GIR-Tier1", "eu-west-1", "", []string{"0", "0.0000200000"}})
	priceList(t, folder, "AmazonDynamoDB",
		product{"D1", "EU-WriteRequestUnits", "eu-west-1", "", []string{"0", "0.0000007050"}},
		product{"D2", "EU-ReadRequestUnits", "eu-west-1", "", []string{"0", "0.0000001415"}},
		product{"D3", "EU-IA-WriteRequestUnits", "eu-west-1", "", []string{"0", "0.0000009000"}})
	priceList(t, folder, "AWSQueueService", product{"Q1", "EU-Requests-Tier1", "eu-west-1", "", []string{"0", "0.0000004000"}})
	priceList(t, folder, "AmazonCloudWatch",
		product{"C1", "EU-DataProcessing-Bytes", "eu-west-1", "PutLogEvents", []string{"0", "0.5700000000"}},
		product{"C2", "EU-DataProcessing-Bytes", "eu-west-1", "Other", []string{"0", "9"}})
	return folder
}

func refreshed(t *testing.T, folder string) (file, lacks string) {
	t.Helper()
	var out, progress strings.Builder
	if err := run([]string{folder}, &out, &progress); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "prices.json")
	if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, progress.String()
}

func TestAFileOfPricesIsMadeOfPriceLists(t *testing.T) {
	file, lacks := refreshed(t, ireland(t))
	book, err := price.Read("eu-west-1", file)
	if err != nil {
		t.Fatal(err)
	}
	for key, dollars := range map[price.Key]float64{
		price.Transition: 25, price.ExpressRequest: 1, price.ExpressGBSecond: 16.67, price.LambdaRequest: 0.2, price.LambdaX86: 16.6667, price.LambdaARM: 13.3334,
		price.S3Put: 5, price.S3Get: 0.4, price.DynamoWrite: 0.705, price.DynamoRead: 0.1415, price.SQSRequest: 0.4, price.LogsGB: 570_000,
	} {
		if got, err := book.Cost(key, price.Whole(1_000_000), price.Quantity{}, false); err != nil || got.Dollars() != dollars {
			t.Errorf("%s: got $%v a million and %v, expected $%v", key, got.Dollars(), err, dollars)
		}
	}
	if got, err := book.Cost(price.ExpressGBSecond, price.Whole(1_000_000), price.Whole(18_000_000), false); err != nil || got.Dollars() != 4.56 {
		t.Errorf("got $%v and %v in the third tier of Express, expected $4.56", got.Dollars(), err)
	}
	if got, err := book.Cost(price.Transition, price.Whole(5000), price.Quantity{}, true); err != nil || got.Dollars() != 0.025 {
		t.Errorf("got $%v and %v for 5,000 transitions, expected 4,000 of them to be free", got.Dollars(), err)
	}
	const want = `eu-west-1: no lambda.storage-gb-second, which a list of AWSLambda has as Lambda-Storage-GB-Second
eu-west-1: no logs.vended-gb, which a list of AmazonCloudWatch has as VendedLog-Bytes
eu-west-1: no xray.trace, which a list of AWSXRay has as XRay-TracesStored
`
	if lacks != want {
		t.Errorf("got\n%sexpected\n%s", lacks, want)
	}
	for _, s := range book.Sources() {
		if s.Name == "s3.put" && (s.Source != "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonS3/20260928230416/eu-west-1/index.json" || s.Date != "2026-09-28") {
			t.Errorf("got the source %+v, expected the list's address and date", s)
		}
	}
}

func TestARegionThatIsNotBuiltIn(t *testing.T) {
	folder := ireland(t)
	for _, file := range []string{"AmazonStates", "AWSLambda", "AmazonS3", "AmazonDynamoDB", "AWSQueueService", "AmazonCloudWatch"} {
		path := filepath.Join(folder, file+".json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := strings.NewReplacer(`"EU-`, `"EUN1-`, "eu-west-1", "eu-north-1").Replace(string(text))
		if err := os.WriteFile(path, []byte(elsewhere), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, _ := refreshed(t, folder)
	book, err := price.Read("eu-north-1", file)
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := book.Quota("states.transitions"); !ok || f.Value != 800 {
		t.Errorf("got %+v, expected the quotas of a small region", f)
	}
}

func TestPricesThatAreNotClearAreRefused(t *testing.T) {
	put := product{"S1", "EU-Requests-Tier1", "eu-west-1", "", []string{"0", "0.000005"}}
	for name, c := range map[string]struct {
		offer    string
		products []product
		want     string
	}{
		"two prices":         {"AmazonS3", []product{put, {"S2", "EU-Requests-Tier1", "eu-west-1", "", []string{"0", "0.000006"}}}, "s3.put in eu-west-1: got [{0 0.000005}] of SKU S1 and [{0 0.000006}] of SKU S2, expected one price"},
		"no first tier":      {"AmazonS3", []product{{"S1", "EU-Requests-Tier1", "eu-west-1", "", []string{"5", "0.000005"}}}, "s3.put in eu-west-1, SKU S1: got the tiers [{5 0.000005}], expected some from 0 on"},
		"no tiers":           {"AmazonS3", []product{{"S1", "EU-Requests-Tier1", "eu-west-1", "", nil}}, "s3.put in eu-west-1, SKU S1: got the tiers [], expected some from 0 on"},
		"no dollars":         {"AmazonS3", []product{{"S1", "EU-Requests-Tier1", "eu-west-1", "", []string{"0", ""}}}, `s3.put in eu-west-1, SKU S1: got a tier from "0" at "" USD, expected whole numbers and a price`},
		"of another service": {"AmazonEC2", nil, `got a list of "AmazonEC2", version "20260928230416" of "2026-09-28T23:04:16Z", expected a price list of a service that jobs use`},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			priceList(t, folder, c.offer, c.products...)
			err := run([]string{folder}, io.Discard, io.Discard)
			if want := filepath.Join(folder, c.offer+".json") + ": " + c.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
	same := t.TempDir()
	priceList(t, same, "AmazonS3", put, product{"S2", "Requests-Tier1", "eu-west-1", "", []string{"0", "0.0000050"}})
	if err := run([]string{same}, io.Discard, io.Discard); err != nil {
		t.Errorf("got %v, expected two products with the same price to be one", err)
	}
	if err := run([]string{t.TempDir()}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "got no price lists") {
		t.Errorf("got %v, expected an empty folder to be refused", err)
	}
	if err := run(nil, io.Discard, io.Discard); err == nil || err.Error() != "got 0 arguments, expected the folder of the price lists" {
		t.Errorf("got %v, expected the missing folder to be named", err)
	}
}
