package delivery

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/protocol"
)

// rotating answers as a Secrets Manager whose secret is rotated now and then, and
// fails now and then.
type rotating struct {
	memory
	mutex  sync.Mutex
	number int // of the current value, which is key-N
	calls  int
}

func (r *rotating) rotate() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.number++
}

func (r *rotating) current() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.number
}

func (r *rotating) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	r.mutex.Lock()
	r.calls++
	n := r.number
	if *in.VersionStage == "AWSPREVIOUS" {
		n--
	}
	call := r.calls
	r.mutex.Unlock()
	time.Sleep(time.Millisecond) // the answer is on its way
	if call%7 == 0 {
		return nil, fmt.Errorf("call %d: no answer", call)
	}
	value := fmt.Sprint("key-", n)
	return &secretsmanager.GetSecretValueOutput{SecretString: &value}, nil
}

// started answers as a Step Functions that starts every execution.
type started struct{ *memory }

func (started) StartExecution(_ context.Context, r *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	return &sfn.StartExecutionOutput{ExecutionArn: r.Name}, nil
}

// A signature that is valid when its request comes is never refused, and no other is
// accepted, however requests, reads, rotations and failures come together.
func TestRotationsAtOnce(t *testing.T) {
	r := &rotating{number: 1}
	var at sync.Mutex
	clock := now
	h, err := New(Settings{Name: "Shop", StateMachineARN: machineARN, Authorization: protocol.AuthorizationHMAC, SecretARN: secretARN, MaxBodyBytes: 100,
		SignatureHeader: "X-Signature-256", TimestampHeader: "X-Timestamp", DeliveryIDHeader: "X-Delivery-Id"}, Clients{
		StepFunctions:  func() (StepFunctions, error) { return started{&r.memory}, nil },
		SecretsManager: func() (SecretsManager, error) { return r, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	read := func() time.Time { at.Lock(); defer at.Unlock(); return clock }
	h.now = read
	var requests, rotations sync.WaitGroup
	end := make(chan struct{})
	rotations.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(3 * time.Millisecond):
				r.rotate()
				at.Lock()
				clock = clock.Add(time.Second)
				at.Unlock()
			}
		}
	})
	var mutex sync.Mutex
	statuses := map[string]map[int]int{"valid": {}, "forged": {}}
	for worker := range 8 {
		requests.Go(func() {
			for i := 0; i < 100 || r.current() < 10; i++ {
				n, kind := r.current(), "valid"
				key := fmt.Sprint("key-", n)
				if (worker+i)%3 == 0 {
					key, kind = fmt.Sprint("key-", n, "-forged"), "forged"
				}
				response, err := h.Handle(context.Background(), signed(key, read(), fmt.Sprint(worker, "-", i), "{}"))
				overtaken := r.current() > n+1 // the value was rotated twice in the meantime
				mutex.Lock()
				if statuses[kind][response.StatusCode]++; err != nil || kind == "valid" && response.StatusCode == http.StatusUnauthorized && !overtaken ||
					kind == "forged" && response.StatusCode == http.StatusAccepted {
					t.Errorf("got %d %s, error %v, for a %s signature with %s", response.StatusCode, response.Body, err, kind, key)
				}
				mutex.Unlock()
			}
		})
	}
	requests.Wait()
	close(end)
	rotations.Wait()
	if statuses["valid"][http.StatusAccepted] == 0 || statuses["forged"][http.StatusUnauthorized] == 0 || r.current() < 10 {
		t.Errorf("got the statuses %v and %d rotations, expected some of each", statuses, r.current())
	}
}
