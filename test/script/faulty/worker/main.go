// Command worker does what its item says.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

type item struct {
	Do string `json:"do"`
	MS int    `json:"ms"`

	Bytes int `json:"bytes"`

	Say  string `json:"say"`
	Name string `json:"name"` // of the error

	Print string `json:"print"` // before it does something
}

func main() {
	lambda.Start(job.Work(func(ctx context.Context, i item) (string, error) {
		if i.Print != "" {
			fmt.Println(i.Print)
		}
		switch i.Do {
		case "succeed":
			return "done", nil
		case "fail":
			return "", job.Errorf("Refused", "this item was refused")
		case "say":
			return "", job.Errorf(cmp.Or(i.Name, "Said"), "%s", i.Say)
		case "panic":
			panic("a bug in the worker")
		case "exit":
			os.Exit(3)
		case "kill":
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				return "", err
			}
			time.Sleep(time.Hour) // the signal may take a moment
		case "nap-exit":
			time.Sleep(1300 * time.Millisecond) // outcomes of other items are stored by then
			os.Exit(3)
		case "nap":
			time.Sleep(time.Duration(i.MS) * time.Millisecond)
			return "rested", nil
		case "talk":
			return strings.Repeat("x", i.Bytes), nil
		case "hang": // ignores its context
			time.Sleep(time.Hour)
		case "freeze": // the whole process
			if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
				return "", err
			}
			time.Sleep(time.Hour) // the signal may take a moment
		case "retry":
			return "", job.Retryable(errors.New("not now"))
		}
		return "", job.Errorf("UnknownDeed", "got %q, expected a deed of this worker", i.Do)
	}, job.Concurrency(2)))
}
