package objectstore

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/objectstore/chunked"
)

// gofakes3 ignores what it does not know of a request: PutObjectTagging would replace
// the object with its tags. So what is not supported is refused.

// parameters are those of the supported operations. Others name operations that are
// not supported, such as GetObjectAttributes.
var parameters = []string{
	"continuation-token", "delete", "delimiter", "encoding-type", "fetch-owner", "key-marker", "list-type", "location", "marker", "max-keys",
	"max-parts", "max-uploads", "part-number-marker", "partNumber", "prefix", "start-after", "upload-id-marker", "uploadId", "uploads",
	"version-id-marker", "versionId", "versioning", "versions", "x-id",
	"AWSAccessKeyId", "Expires", "Signature", // of a signed address
}

// unsupported returns what is not supported in a request; "" if all of it is.
func unsupported(r *http.Request) string {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") { // a parsed query would cost a small put much
		escaped, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(escaped)
		if err != nil {
			name = escaped
		}
		if name != "" && !slices.Contains(parameters, name) && !hasPrefixFold(name, "x-amz-") && !hasPrefixFold(name, "response-") {
			return "the parameter " + name
		}
	}
	for name := range r.Header {
		isCondition := name == "If-Match" || name == "If-None-Match"
		switch {
		case r.Method == http.MethodDelete && isCondition,
			strings.HasPrefix(name, "X-Amz-Copy-Source-If-"),
			name == "X-Amz-Copy-Source" && (isCondition || r.URL.Query().Has("uploadId")):
			return "the header " + name + " of this operation"
		}
	}
	return ""
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// serveUnsupported refuses a request if it has something that is not supported, and
// reports whether it did.
func serveUnsupported(w http.ResponseWriter, r *http.Request) bool {
	what := unsupported(r)
	if what != "" {
		writeError(w, r, http.StatusNotImplemented, gofakes3.ErrNotImplemented, what+" is not supported by the S3 of this machine")
	}
	return what != ""
}

// serveMalformed refuses a request that can't be about an object, and reports whether
// it did. It decodes the body of others.
func serveMalformed(w http.ResponseWriter, r *http.Request) bool {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case !utf8.ValidString(r.URL.Path):
		writeError(w, r, http.StatusBadRequest, gofakes3.ErrInvalidURI, "the key is not UTF-8")
	case len(key) > gofakes3.KeySizeLimit:
		writeError(w, r, http.StatusBadRequest, gofakes3.ErrKeyTooLong, fmt.Sprintf("the key has %d bytes, expected at most %d", len(key), gofakes3.KeySizeLimit))
	case !isCopySource(r.Header.Get("X-Amz-Copy-Source")):
		writeError(w, r, http.StatusBadRequest, gofakes3.ErrInvalidArgument, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	case chunked.Decode(r) != nil:
		writeError(w, r, http.StatusBadRequest, gofakes3.ErrIncompleteBody, chunked.ErrMalformed.Error())
	default:
		return false
	}
	return true
}

// isCopySource reports whether a header names a bucket and a key, or is empty. gofakes3
// panics at others.
func isCopySource(source string) bool {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(source, "/"), "/")
	return source == "" || bucket != "" && key != ""
}

// serveOther refuses a request to read an object if If-Match has the ETag of another
// one, and reports whether it did.
func (f *files) serveOther(w http.ResponseWriter, r *http.Request) bool {
	tag := r.Header.Get("If-Match")
	if tag == "" || tag == "*" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	o, err := f.summed(bucket, key)
	if err != nil {
		return false // gofakes3 says why
	}
	defer o.file.Close()
	if gofakes3.FormatETag(o.md5) == `"`+strings.Trim(tag, `"`)+`"` {
		return false
	}
	writeError(w, r, http.StatusPreconditionFailed, gofakes3.ErrPreconditionFailed, "the object has another ETag")
	return true
}

// keepConditions keeps the conditions of CompleteMultipartUpload, which gofakes3 does
// not pass on.
func (f *files) keepConditions(r *http.Request) {
	if r.Method != http.MethodPost {
		return
	}
	id := gofakes3.UploadID(r.URL.Query().Get("uploadId"))
	if id == "" {
		return
	}
	conditions := &gofakes3.PutConditions{}
	if match := r.Header.Get("If-Match"); match != "" {
		conditions.IfMatch = &match
	}
	if match := r.Header.Get("If-None-Match"); match != "" {
		conditions.IfNoneMatch = &match
	}
	f.uploads.mutex.Lock()
	defer f.uploads.mutex.Unlock()
	if u := f.uploads.open[id]; u != nil {
		u.conditions.Store(conditions)
	}
}

func writeError(w http.ResponseWriter, r *http.Request, status int, code gofakes3.ErrorCode, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_ = xml.NewEncoder(w).Encode(struct { // fails if the client has gone
			XMLName xml.Name `xml:"Error"`
			Code    string
			Message string
		}{Code: string(code), Message: message})
	}
}
