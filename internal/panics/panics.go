// Package panics says where a function of a test has panicked.
package panics

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

// Frame is a call on the way to a panic, as Lambda reports it.
type Frame = messages.InvokeResponse_Error_StackFrame

// Place returns the file and the line of a call.
func Place(f *Frame) string { return fmt.Sprintf("%s:%d", path.Base(f.Path), f.Line) }

// Places returns the places of [Frames], such as "refund.go:12, refund_test.go:40".
func Places(until string) string {
	var places []string
	for _, f := range Frames(until) {
		places = append(places, Place(f))
	}
	return strings.Join(places, ", ")
}

// Frames returns the calls on the way to the panic that a caller recovers, the last
// first, without those of the runtime, up to a function whose name begins with until,
// or one of package lambda.
func Frames(until string) []*Frame {
	pcs := make([]uintptr, 64)
	callers := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicked := false
	var frames []*Frame
	for more := true; more; {
		var caller runtime.Frame
		caller, more = callers.Next()
		if !panicked {
			panicked = caller.Function == "runtime.gopanic"
			continue
		}
		if strings.HasPrefix(caller.Function, until) || strings.HasPrefix(caller.Function, "github.com/aws/aws-lambda-go/lambda.") {
			break
		}
		if !strings.HasPrefix(caller.Function, "runtime.") && caller.Function != "" {
			frames = append(frames, frameOf(&caller))
		}
	}
	for len(frames) > 0 && strings.HasPrefix(frames[len(frames)-1].Path, "reflect/") { // by which package lambda calls
		frames = frames[:len(frames)-1]
	}
	return frames
}

func frameOf(f *runtime.Frame) *Frame {
	folder, name := path.Split(f.Function)
	pkg, label, _ := strings.Cut(name, ".")
	return &Frame{Path: folder + strings.TrimSuffix(pkg, "_test") + "/" + path.Base(f.File), Line: int32(f.Line), Label: label} //nolint:gosec // files have fewer lines
}
