package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/test/bench/figure"
)

const startItems = 1_000_000

// itemsOfJobStart is an S3 that discards what is written, in one piece or in parts.
type itemsOfJobStart struct{}

func (itemsOfJobStart) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the client gets the error
	switch {
	case r.Method == http.MethodPut:
		w.Header().Set("ETag", `"part"`)
	case r.URL.Query().Has("uploads"):
		fmt.Fprint(w, `<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>`)
	default:
		fmt.Fprint(w, `<CompleteMultipartUploadResult><ETag>"all"</ETag></CompleteMultipartUploadResult>`)
	}
}

// booking is an item of 200 bytes.
type booking struct {
	ID   int    `json:"id"`
	Note string `json:"note"`
}

func bookings() iter.Seq2[booking, error] {
	note := strings.Repeat("n", 174)
	return func(yield func(booking, error) bool) {
		for i := range startItems {
			if !yield(booking{1_000_000 + i, note}, nil) {
				return
			}
		}
	}
}

// startSpeed compares the job start with a loop that encodes the same items and
// sends each 16 MiB to the same server.
func startSpeed(w *figure.Workplace) (figure.Sides, error) {
	server := httptest.NewServer(itemsOfJobStart{})
	w.OnClose(func() error { server.Close(); return nil })
	client := s3.New(s3.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), BaseEndpoint: &server.URL, UsePathStyle: true})
	start := job.Start(func(context.Context, struct{}) iter.Seq2[booking, error] { return bookings() }, job.WithS3(client))
	return figure.Sides{
		Ours: func() (float64, error) {
			return figure.PerSecond(startItems, func() error {
				answer, err := start.Invoke(context.Background(), []byte(`{"job": {"name": "bench"}, "input": {}, "items": {"bucket": "results", "key": "items.jsonl"}}`))
				if want := fmt.Sprintf(`"count":%d`, startItems); err == nil && !strings.Contains(string(answer), want) {
					err = fmt.Errorf("got the answer %s, expected one with %s", answer, want)
				}
				return err
			})
		},
		Peer: func() (float64, error) {
			return figure.PerSecond(startItems, func() error { return sendBookings(server.URL + "/results/items.jsonl") })
		},
	}, nil
}

func sendBookings(url string) error {
	var part bytes.Buffer
	lines := json.NewEncoder(&part)
	send := func() error {
		request, err := http.NewRequest(http.MethodPut, url, &part)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	for b := range bookings() {
		if err := lines.Encode(b); err != nil {
			return err
		}
		if part.Len() >= 16<<20 {
			if err := send(); err != nil {
				return err
			}
			part.Reset()
		}
	}
	return send()
}
