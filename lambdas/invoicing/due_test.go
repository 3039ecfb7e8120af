package invoicing_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// pages is a table whose index has three pages of two orders each.
type pages struct {
	asked  int
	failAt int
	date   string
}

func (p *pages) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	p.asked++
	if p.asked == p.failAt {
		return nil, errors.New("no connection")
	}
	p.date = in.ExpressionAttributeValues[":date"].(*types.AttributeValueMemberS).Value
	out := &dynamodb.QueryOutput{}
	for i := range 2 {
		out.Items = append(out.Items, map[string]types.AttributeValue{
			"orderId": &types.AttributeValueMemberS{Value: fmt.Sprint("ORD-", p.asked, "-", i)},
			"lines": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
				"quantity": &types.AttributeValueMemberN{Value: "3"}, "unitPrice": &types.AttributeValueMemberS{Value: "1.10"}}}}},
		})
	}
	if p.asked < 3 {
		out.LastEvaluatedKey = map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: "x"}}
	}
	return out, nil
}

func TestDueReadsPageByPage(t *testing.T) {
	table := &pages{}
	orders := &invoicing.Orders{Client: table, Table: "orders", Index: "due"}
	n := 0
	for order, err := range orders.Due(t.Context(), invoicing.Night{Date: "2026-11-01"}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; table.asked != (n+1)/2 {
			t.Errorf("order %d: got %d pages read, expected %d", n, table.asked, (n+1)/2)
		}
		if diff := cmp.Diff([]invoicing.Line{{Quantity: 3, UnitPrice: "1.10"}}, order.Lines); diff != "" {
			t.Errorf("order %d: lines (-expected +got):\n%s", n, diff)
		}
	}
	if n != 6 || table.date != "2026-11-01" {
		t.Errorf("got %d orders due on %s, expected 6 due on 2026-11-01", n, table.date)
	}
}

func TestDueEndsWithAnError(t *testing.T) {
	orders := &invoicing.Orders{Client: &pages{failAt: 2}, Table: "orders", Index: "due"}
	n := 0
	var last error
	for _, err := range orders.Due(t.Context(), invoicing.Night{Date: "2026-11-01"}) {
		n++
		last = err
	}
	if n != 3 || last == nil {
		t.Errorf("got %d yields, the last with error %v, expected two orders and an error", n, last)
	}
	for _, err := range orders.Due(t.Context(), invoicing.Night{Date: "tomorrow"}) {
		if named, ok := errors.AsType[*job.Error](err); !ok || named.Name != "InvalidDate" {
			t.Errorf("got %v, expected InvalidDate", err)
		}
	}
}

func TestATimeSelectsItsDayInUTC(t *testing.T) {
	for date, expected := range map[string]string{
		"2026-11-01":                "2026-11-01",
		"2026-11-01T02:00:00Z":      "2026-11-01",
		"2026-11-01T02:00:00.123Z":  "2026-11-01",
		"2026-11-01T00:30:00+01:00": "2026-10-31",
		"2026-11-01T02:00":          "",
		"1 November 2026":           "",
	} {
		table := &pages{}
		orders := &invoicing.Orders{Client: table, Table: "orders", Index: "due"}
		var failed error
		for _, err := range orders.Due(t.Context(), invoicing.Night{Date: date}) {
			failed = err
		}
		if table.date != expected || (failed == nil) == (expected == "") {
			t.Errorf("%s: got the orders due on %q and error %v, expected those due on %q", date, table.date, failed, expected)
		}
	}
}

func TestTheDefaultIsToday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which no time passes
		table := &pages{}
		orders := &invoicing.Orders{Client: table, Table: "orders", Index: "due"}
		for _, err := range orders.Due(t.Context(), invoicing.Night{}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if today := time.Now().UTC().Format(time.DateOnly); table.date != today {
			t.Errorf("got the orders due on %s, expected those due on %s", table.date, today)
		}
	})
}
