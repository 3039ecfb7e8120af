package sqs_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/mapjob/mapjob/internal/sqs"
)

// tally counts the deliveries of messages by body.
type tally struct {
	mutex      sync.Mutex
	deliveries map[string]int
}

// work sends n messages in random order and lets several consumers work on them.
func work(t *testing.T, faults sqs.Faults, n, consumers, batch int) (*sqs.Service, *tally) {
	t.Helper()
	s := sqs.New(sqs.Options{Faults: faults})
	if err := s.CreateQueue("q", map[string]string{"VisibilityTimeout": "360"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	tally := &tally{deliveries: map[string]int{}}
	var running sync.WaitGroup
	for range consumers {
		consumer, err := s.Consumer("q")
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			defer consumer.Close()
			for {
				messages, err := consumer.Receive(ctx, sqs.Receive{Max: batch, Wait: -1})
				if err != nil {
					return
				}
				tally.mutex.Lock()
				for _, m := range messages {
					tally.deliveries[m.Body]++
				}
				tally.mutex.Unlock()
				if s.LoseAnswer(messages) {
					continue
				}
				if err := s.Delete(messages...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, i := range rand.Perm(n) {
		if _, err := s.Send("q", fmt.Sprint("order ", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	stop()
	running.Wait()
	if c, err := s.Counts("q"); err != nil || c.Total() != 0 {
		t.Errorf("got %+v and error %v, expected an empty queue", c, err)
	}
	return s, tally
}

func TestDuplicatesListsWhatWasDeliveredTwice(t *testing.T) {
	t.Parallel()
	var before []string
	for _, consumers := range []int{1, 4} { // the choice of messages depends neither on the consumers nor on the order
		s, tally := work(t, sqs.Faults{Seed: 7, Duplicate: 0.05}, 2000, consumers, 10)
		var hit, twice []string
		deleted := 0
		for _, d := range s.Duplicates() {
			hit = append(hit, d.Message.Body)
			if d.Deleted {
				deleted++
			}
		}
		slices.Sort(hit)
		for _, body := range slices.Sorted(maps.Keys(tally.deliveries)) {
			if n := tally.deliveries[body]; n == 2 {
				twice = append(twice, body)
			} else if n != 1 {
				t.Errorf("got %d deliveries of %s, expected one or two", n, body)
			}
		}
		if !slices.Equal(hit, twice) || len(tally.deliveries) != 2000 {
			t.Errorf("got %d deliveries, %d of them twice, expected 2000, %d of them twice", len(tally.deliveries), len(twice), len(hit))
		}
		if n := len(hit); n < 70 || n > 130 || deleted < n/4 || deleted > n*3/4 {
			t.Errorf("got %d duplicates, %d after the delete, expected about 100, half of them after the delete", n, deleted)
		}
		if before != nil && !slices.Equal(before, hit) {
			t.Error("got other duplicates with the same seed, expected the same")
		}
		before = hit
	}
	if s, _ := work(t, sqs.Faults{Seed: 8, Duplicate: 0.05}, 2000, 1, 10); len(s.Duplicates()) == 0 || s.Duplicates()[0].Message.Body == before[0] {
		t.Error("got the same duplicates with another seed, expected others")
	}
	if s, tally := work(t, sqs.Faults{Seed: 7}, 500, 2, 10); len(s.Duplicates()) != 0 || len(s.LostAnswers()) != 0 || len(tally.deliveries) != 500 {
		t.Error("got faults without a rate, expected none")
	}
}

func TestMessagesOfALostAnswerComeAgain(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{1, 10} {
		s, tally := work(t, sqs.Faults{Seed: 3, LostAnswer: 0.1}, 3000, 3, batch)
		expected := map[string]int{}
		for _, lost := range s.LostAnswers() {
			for _, m := range lost {
				expected[m.Body]++
			}
		}
		for body, n := range tally.deliveries {
			if n != expected[body]+1 {
				t.Errorf("got %d deliveries of %s, expected %d with a lost answer and one more", n, body, expected[body])
			}
		}
		invocations := 3000 / batch
		if n := len(s.LostAnswers()); n < invocations/15 || n > invocations/5 {
			t.Errorf("got %d lost answers of about %d batches of %d, expected a tenth", n, invocations, batch)
		}
	}
}

func TestBothFaultsTogetherLoseNoMessage(t *testing.T) {
	t.Parallel()
	s, tally := work(t, sqs.Faults{Seed: 11, Duplicate: 0.2, LostAnswer: 0.2}, 1000, 4, 5)
	if len(tally.deliveries) != 1000 || len(s.Duplicates()) == 0 || len(s.LostAnswers()) == 0 {
		t.Errorf("got %d messages delivered, %d duplicates and %d lost answers, expected 1000 messages and some of each fault", len(tally.deliveries), len(s.Duplicates()), len(s.LostAnswers()))
	}
}

func TestFaultsHitMessagesIndependently(t *testing.T) {
	t.Parallel()
	// Messages with the same body are different messages.
	s := sqs.New(sqs.Options{Faults: sqs.Faults{Seed: 1, Duplicate: 0.5}})
	if err := s.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err := s.Send("q", "the same", nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 40 {
		if _, refused := s.Do(t.Context(), "ReceiveMessage", []byte(`{"QueueUrl": "q", "MaxNumberOfMessages": 10}`)); refused != nil {
			t.Fatal(refused)
		}
	}
	if n := len(s.Duplicates()); n < 25 || n > 75 {
		t.Errorf("got %d messages delivered at once again, expected about 50 of 200", n)
	}

	// The copies of a message are independent, too: the answer to one may be lost
	// and the answer to the other not.
	s, _ = work(t, sqs.Faults{Seed: 2, Duplicate: 1, LostAnswer: 0.5}, 200, 1, 1)
	lost := map[string]int{} // of first deliveries
	for _, batch := range s.LostAnswers() {
		if batch[0].Receives == 1 {
			lost[batch[0].Body]++
		}
	}
	once := 0
	for _, d := range s.Duplicates() {
		if !d.Deleted && lost[d.Message.Body] == 1 {
			once++
		}
	}
	if once < 25 || once > 75 {
		t.Errorf("got %d messages with one of two answers lost, expected about 50", once)
	}
}
