package mapjob

import (
	"fmt"
	"os"
	"runtime"

	"github.com/aws/jsii-runtime-go"
)

// Close ends an app. Defer it in main, in place of jsii.Close:
//
//	func main() {
//		defer mapjob.Close()
//		app := awscdk.NewApp(nil)
//		…
//		app.Synth(nil)
//	}
//
// If a construct has refused its props, or the app can't be synthesized, Close
// prints why, without the stack of goroutines, and exits with code 1. A mistake in
// Go, such as a nil pointer, panics as ever.
func Close() {
	reason := recover()
	err, isError := reason.(error)
	if _, mistake := reason.(runtime.Error); reason != nil && (!isError || mistake) {
		panic(reason)
	}
	if reason != nil {
		fmt.Fprintln(os.Stderr, err) // before jsii.Close, which may exit
	}
	jsii.Close()
	if reason != nil {
		os.Exit(1)
	}
}
