package kit

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/test/bench/figure"
)

// asDeployed holds the flags with which constructs/gofunction builds a handler.
var asDeployed = []string{"-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w"}

// sampleWorker is the handler to build: the sample's worker, which has an S3 client.
const sampleWorker = "github.com/mapjob/mapjob/lambdas/worker"

// binaries builds the sample's worker twice: as it is deployed, and by a plain go
// build.
func binaries(w *figure.Workplace) (ours, plain string, err error) {
	folder, err := w.Folder()
	if err != nil {
		return "", "", err
	}
	ours, plain = filepath.Join(folder, "ours"), filepath.Join(folder, "plain")
	for binary, flags := range map[string][]string{ours: asDeployed, plain: nil} {
		build := exec.Command("go", append(append([]string{"build"}, flags...), "-o", binary, sampleWorker)...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("%s does not build: %w\n%s", sampleWorker, err, out)
		}
	}
	return ours, plain, nil
}

func workerZip(w *figure.Workplace) (figure.Sides, error) {
	ours, plain, err := binaries(w)
	return figure.Sides{
		Ours: func() (float64, error) { return zippedMB(ours) },
		Peer: func() (float64, error) { return zippedMB(plain) },
	}, err
}

// zippedMB returns the size of the archive that would be deployed, in megabytes.
func zippedMB(binary string) (float64, error) {
	file, err := os.Open(binary)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	var size counter
	archive := zip.NewWriter(&size)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	entry, err := archive.Create("bootstrap")
	if err == nil {
		_, err = io.Copy(entry, file)
	}
	if err == nil {
		err = archive.Close()
	}
	return float64(size) / 1e6, err
}

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

func workerStart(w *figure.Workplace) (figure.Sides, error) {
	ours, plain, err := binaries(w)
	if err != nil {
		return figure.Sides{}, err
	}
	next := make(chan time.Time, 1)
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/invocation/next") {
			next <- time.Now()
			<-r.Context().Done() // never answer
		}
	}))
	w.OnClose(func() error { api.Close(); return nil })
	return figure.Sides{
		Ours: func() (float64, error) { return startMs(ours, api.Listener.Addr(), next) },
		Peer: func() (float64, error) { return startMs(plain, api.Listener.Addr(), next) },
	}, nil
}

// startMs returns the median time from the start of a process to its first request
// for an invocation, in milliseconds.
func startMs(binary string, api net.Addr, next <-chan time.Time) (float64, error) {
	var took []float64
	for range 21 {
		process := exec.Command(binary)
		process.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + api.String(), "AWS_REGION=us-east-1", "AWS_LAMBDA_FUNCTION_NAME=worker",
			"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}
		began := time.Now()
		if err := process.Start(); err != nil {
			return 0, err
		}
		select {
		case at := <-next:
			took = append(took, float64(at.Sub(began))/1e6)
		case <-time.After(10 * time.Second):
			_ = process.Process.Kill()
			return 0, fmt.Errorf("%s: got no request for an invocation within 10 s", binary)
		}
		_ = process.Process.Kill()
		_ = process.Wait() // it was killed
	}
	return figure.Median(took), nil
}
