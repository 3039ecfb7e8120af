package dynamodb

import (
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

const contentType = "application/x-amz-json-1.0"

// maxRequest is the size of the largest request (API reference, "BatchWriteItem").
const maxRequest = 16 << 20

// ServeHTTP answers a request of an SDK. Nothing checks its signature.
func (d *Database) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	target := r.Header.Get("X-Amz-Target")
	a := d.answer(target[strings.LastIndex(target, ".")+1:], body)
	maps.Copy(w.Header(), a.header())
	if a.refused != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = w.Write(a.body) // fails if the client has gone
}

// header returns the headers of an answer.
func (a *answered) header() http.Header {
	return http.Header{
		"Content-Length":   {strconv.Itoa(len(a.body))},
		"Content-Type":     {contentType},
		"Date":             {date()},
		"X-Amz-Crc32":      {strconv.FormatUint(uint64(crc32.ChecksumIEEE(a.body)), 10)},
		"X-Amzn-Requestid": {a.id},
	}
}
