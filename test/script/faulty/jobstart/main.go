// Command jobstart yields the items of its input. It fails as many times as its
// input says.
package main

import (
	"context"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

type input struct {
	Do []json.RawMessage `json:"do"`

	Exits  int    `json:"exits"`  // how many invocations exit
	Hangs  int    `json:"hangs"`  // how many invocations after these do not end
	Folder string `json:"folder"` // where invocations that fail leave a file
}

func main() {
	lambda.Start(job.Start(func(_ context.Context, in input) iter.Seq2[json.RawMessage, error] {
		return func(yield func(json.RawMessage, error) bool) {
			if n := in.failures(); n <= in.Exits && n > 0 {
				os.Exit(3)
			} else if n > 0 {
				freeze()
			}
			for _, item := range in.Do {
				if !yield(item, nil) {
					return
				}
			}
		}
	}))
}

// failures counts this invocation among those that fail. It returns 0 if enough have
// failed.
func (in *input) failures() int {
	for n := 1; n <= in.Exits+in.Hangs; n++ {
		file, err := os.OpenFile(filepath.Join(in.Folder, strconv.Itoa(n)), os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_ = file.Close()
			return n
		}
	}
	return 0
}

// freeze stops the whole process, so that it can't report that its time is up.
func freeze() {
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		panic(err)
	}
	time.Sleep(time.Hour) // the signal may take a moment
}
