//go:build linux || darwin

package lambdahost_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

func Example() {
	host, err := lambdahost.New(lambdahost.WithLogs(func(string) io.Writer { return os.Stderr }))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close()

	err = host.Add(lambdahost.Function{
		Name:    "worker",
		Command: []string{binary}, // the bootstrap that would be deployed, built for this machine
		Env:     map[string]string{"TABLE": "orders"},
		Timeout: 10 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, event := range []string{`{"do":"sleep","millis":1}`, `{"do":"error","message":"no such order"}`} {
		response, err := host.Invoke(context.Background(), "worker", []byte(event))
		if err != nil {
			fmt.Println("refused:", err)
			return
		}
		fmt.Println(response.FunctionError, string(response.Payload))
	}
	// Output:
	// "slept"
	// Unhandled {"errorMessage":"no such order","errorType":"errorString"}
}
