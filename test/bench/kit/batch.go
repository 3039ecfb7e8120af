package kit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/test/bench/figure"
)

// order is a small item, so that the cost around it shows.
type order struct {
	ID    string `json:"id"`
	Lines []int  `json:"lines"`
}

// price is a function that costs nothing: all that is measured is overhead.
func price(_ context.Context, o order) (order, error) { return o, nil }

// batchOverhead measures what an item of a batch of a hundred costs around the
// function. The peer does only what it must: it decodes the batch, calls the
// function and encodes the results. A panic or an error of one item would fail
// its whole batch.
func batchOverhead(*figure.Workplace) (figure.Sides, error) {
	const size, rounds = 100, 1000
	var items []indexedOrder
	for i := range size {
		items = append(items, indexedOrder{i, order{fmt.Sprint("order-", i), []int{1, 2, 3}}})
	}
	payload, err := json.Marshal(map[string]any{"BatchInput": map[string]any{"execution": "arn"}, "Items": items})
	if err != nil {
		return figure.Sides{}, err
	}
	worker := job.Work(price)
	return figure.Sides{
		Ours: func() (float64, error) {
			return figure.PerItem(size*rounds, func() error {
				return figure.Times(rounds, func() error {
					_, err := worker.Invoke(context.Background(), payload)
					return err
				})
			})
		},
		Peer: func() (float64, error) {
			return figure.PerItem(size*rounds, func() error { return figure.Times(rounds, func() error { return byHand(payload) }) })
		},
	}, nil
}

type indexedOrder struct {
	Index int   `json:"index"`
	Item  order `json:"item"`
}

func byHand(payload []byte) error {
	var batch struct{ Items []indexedOrder }
	if err := json.Unmarshal(payload, &batch); err != nil {
		return err
	}
	type outcome struct {
		Index  int    `json:"index"`
		Status string `json:"status"`
		Output order  `json:"output"`
	}
	var answer []outcome
	for _, item := range batch.Items {
		result, err := price(context.Background(), item.Item)
		if err != nil {
			return err
		}
		answer = append(answer, outcome{item.Index, "SUCCEEDED", result})
	}
	_, err := json.Marshal(answer)
	return err
}
