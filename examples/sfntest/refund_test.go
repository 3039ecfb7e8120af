package main

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/examples/sfntest/refund"
	"github.com/mapjob/mapjob/sfntest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// template synthesizes the stack, without building its functions.
var template = sync.OnceValue(func() []byte {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	text, err := json.Marshal(assertions.Template_FromStack(NewStack(app, "Shop"), nil).ToJSON())
	if err != nil {
		panic(err)
	}
	return text
})

func TestRefundWaitsADayForItsApproval(t *testing.T) {
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, stack, sfntest.HandleFunc("Checker", refund.Check), sfntest.HandleFunc("Payer", paid))
		x := w.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 700})
		w.Advance(24 * time.Hour)
		x.Waits()[0].Succeed(map[string]bool{"approved": true})
		x.RunToEnd()
		if x.Status() != "SUCCEEDED" {
			t.Errorf("got\n%s\nexpected an approved refund", x.History())
		}
	})
}

// paid stands in for the function that pays.
func paid(_ context.Context, r refund.Request) (refund.Receipt, error) {
	return refund.Receipt{Order: r.Order, Paid: r.Amount}, nil
}

func TestLargeRefundIsRefusedAtOnce(t *testing.T) {
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, stack, sfntest.HandleFunc("Checker", refund.Check), sfntest.HandleFunc("Payer", paid))
		x := w.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 100_001})
		w.RunUntilBlocked()
		if err := x.Err(); err == nil || err.Name != "TooLarge" {
			t.Errorf("got %v, expected TooLarge:\n%s", err, x.History())
		}
	})
}

func TestManagersHearOfARefundThatNobodyApproves(t *testing.T) {
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, stack, sfntest.HandleFunc("Checker", refund.Check), sfntest.HandleFunc("Payer", paid))
		x := w.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 700})
		x.RunToEnd() // a day, and the week in which somebody may approve
		if err := x.Err(); err == nil || err.Name != "NotApproved" {
			t.Errorf("got %v, expected NotApproved:\n%s", err, x.History())
		}
		sent := w.Messages()
		last := sent[len(sent)-1]
		if last.To != w.Name("Managers") || last.Body != "o-1" {
			t.Errorf("got %+v, expected a message to the managers about o-1", last)
		}
	})
}

func TestWhatARefundWaitsFor(t *testing.T) {
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, stack, sfntest.HandleFunc("Checker", refund.Check), sfntest.HandleFunc("Payer", paid))
		// docs: waits
		x := w.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 700})
		w.RunUntilBlocked()
		if wait := x.Waits()[0]; wait.For != "timer" || wait.State != "Cool" || time.Until(wait.Until) != 24*time.Hour {
			t.Errorf("got %+v, expected a timer of a day in Cool", wait)
		}
		w.Advance(25 * time.Hour)
		if wait := x.Waits()[0]; wait.For != "token" || time.Until(wait.Until) != 6*24*time.Hour+23*time.Hour {
			t.Errorf("got %+v, expected a token that is answered within a week", wait)
		}
		x.Waits()[0].Fail("NoMoney", "the shop is bankrupt")
		// docs: end
		w.RunUntilBlocked()
		if err := x.Err(); err == nil || err.Name != "NoMoney" {
			t.Errorf("got %v, expected NoMoney", err)
		}
	})
}

// payer returns the shop's own function that pays, with the World's DynamoDB. The World
// is made after its options, so the function asks for it when it is invoked.
func payer(world func() *sfntest.World) sfntest.Option {
	return sfntest.HandleFunc("Payer", func(ctx context.Context, r refund.Request) (refund.Receipt, error) {
		w := world()
		return refund.Payer{Client: dynamodb.NewFromConfig(w.Config()), Table: w.Name("Accounts")}.Pay(ctx, r)
	})
}

// balance returns what a customer has got.
func balance(w *sfntest.World, customer string) (string, error) {
	// docs: balance
	out, err := dynamodb.NewFromConfig(w.Config()).GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: aws.String(w.Name("Accounts")),
		Key:       map[string]types.AttributeValue{"customer": &types.AttributeValueMemberS{Value: customer}},
	})
	// docs: end
	if err != nil {
		return "", err
	}
	if n, ok := out.Item["balance"].(*types.AttributeValueMemberN); ok {
		return n.Value, nil
	}
	return "0", nil
}

func TestRefundIsPaidOnceIfItsAnswerIsLost(t *testing.T) {
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		var w *sfntest.World
		// docs: fault
		w = sfntest.New(t, stack, sfntest.HandleFunc("Checker", refund.Check), payer(func() *sfntest.World { return w }),
			sfntest.Inject(sfntest.Fault{Fault: "crash", When: "after", Function: "Payer"}))
		// docs: end
		x := w.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 700})
		w.Advance(24 * time.Hour)
		x.Waits()[0].Succeed(map[string]bool{"approved": true})
		x.RunToEnd()
		if paid, err := balance(w, "c-1"); x.Status() != "SUCCEEDED" || paid != "700" {
			t.Errorf("got %s and %s cents (error %v), expected 700:\n%s", x.Status(), paid, err, x.History())
		}
	})
}

func TestRefundIsPaidInSpiteOfThrottles(t *testing.T) {
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		var w *sfntest.World
		w = sfntest.New(t, stack, sfntest.HandleFunc("Checker", refund.Check), payer(func() *sfntest.World { return w }),
			sfntest.Inject(sfntest.ReadFaults(t, "faults.yaml")...))
		x := w.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 700})
		w.Advance(24 * time.Hour)
		x.Waits()[0].Succeed(map[string]bool{"approved": true})
		x.RunToEnd()
		if x.Status() != "SUCCEEDED" {
			t.Errorf("got\n%s\nexpected that the retries of Pay and of its client are enough", x.History())
		}
	})
}
