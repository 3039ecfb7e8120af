package main

import (
	"testing"

	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

func TestAnItemFailsAlone(t *testing.T) {
	outcomes := jobtest.Work(t, job.Work(shop.Charge), shop.Order{ID: "o-1", Cents: 1900}, shop.Order{ID: "o-2"})
	if outcomes[0].Status != job.Succeeded || outcomes[1].Error != "AmountNotPositive" {
		t.Errorf("got %+v, expected the first order to be charged, and the second to fail", outcomes)
	}
}

// A queue gets the position of the message that failed.
func TestAMessageFailsAlone(t *testing.T) {
	failed := jobtest.Queue(t, job.Queue(job.IgnoreResult(shop.Charge)), shop.Order{ID: "o-1", Cents: 1900}, shop.Order{ID: "o-2"})
	if len(failed) != 1 || failed[0] != 1 {
		t.Errorf("got the failed messages %v, expected the second", failed)
	}
}
