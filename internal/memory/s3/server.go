package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/memory/s3/core"
	"github.com/mapjob/mapjob/internal/objectstore/chunked"
)

// request is a request of the REST API whose path begins with the bucket.
type request struct {
	*http.Request
	query       url.Values
	bucket, key string
}

func read(r *http.Request) *request {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return &request{Request: r, query: r.URL.Query(), bucket: bucket, key: key}
}

// answer returns what answers an operation; nil if it is not supported.
func (s *Store) answer(operation string) func(http.ResponseWriter, *request) error {
	switch operation {
	case "ListBuckets":
		return s.serveBuckets
	case "CreateBucket":
		return func(w http.ResponseWriter, r *request) error {
			w.Header().Set("Location", "/"+r.bucket)
			return s.core.CreateBucket(r.bucket)
		}
	case "HeadBucket":
		return func(_ http.ResponseWriter, r *request) error { return s.core.HasBucket(r.bucket) }
	case "DeleteBucket":
		return func(w http.ResponseWriter, r *request) error { return noContent(w, s.core.DeleteBucket(r.bucket)) }
	case "GetBucketLocation":
		return s.serveLocation
	case "ListObjects", "ListObjectsV2":
		return s.serveList
	case "ListMultipartUploads":
		return s.serveUploads
	case "DeleteObjects":
		return s.serveDeletes
	case "GetObject", "HeadObject":
		return s.serveObject
	case "PutObject":
		return s.servePut
	case "CopyObject":
		return s.serveCopy
	case "DeleteObject":
		return func(w http.ResponseWriter, r *request) error { return noContent(w, s.core.Remove(r.bucket, r.key)) }
	case "CreateMultipartUpload":
		return s.serveCreateUpload
	case "UploadPart":
		return s.servePart
	case "UploadPartCopy":
		return s.servePartCopy
	case "CompleteMultipartUpload":
		return s.serveCompleteUpload
	case "AbortMultipartUpload":
		return func(w http.ResponseWriter, r *request) error {
			return noContent(w, s.core.AbortUpload(r.bucket, r.key, r.query.Get("uploadId")))
		}
	case "ListParts":
		return s.serveParts
	}
	return nil
}

// subresources name operations that are not supported.
var subresources = []string{"accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory", "legal-hold",
	"lifecycle", "logging", "metrics", "notification", "object-lock", "ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock",
	"replication", "requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "versionId", "versioning", "versions", "website"}

// operation returns the name of the operation that a request asks for, such as
// PutObject; "" if it is not supported.
func (r *request) operation() string {
	has := func(name string) bool { return r.query.Has(name) }
	copies := r.Header.Get("X-Amz-Copy-Source") != ""
	if r.Method == http.MethodPut && has("uploadId") && has("partNumber") {
		if copies {
			return "UploadPartCopy"
		}
		return "UploadPart"
	}
	if slices.ContainsFunc(subresources, has) {
		return ""
	}
	switch at := r.Method; {
	case r.bucket == "":
		return map[string]string{"GET": "ListBuckets"}[at]
	case r.key == "" && at == "GET":
		switch {
		case has("location"):
			return "GetBucketLocation"
		case has("uploads"):
			return "ListMultipartUploads"
		case r.query.Get("list-type") == "2":
			return "ListObjectsV2"
		}
		return "ListObjects"
	case r.key == "" && at == "POST" && has("delete"):
		return "DeleteObjects"
	case r.key == "":
		return map[string]string{"PUT": "CreateBucket", "HEAD": "HeadBucket", "DELETE": "DeleteBucket"}[at]
	case at == "POST" && has("uploads"):
		return "CreateMultipartUpload"
	case has("uploadId"):
		return map[string]string{"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts"}[at]
	case at == "PUT" && copies:
		return "CopyObject"
	}
	return map[string]string{"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}[r.Method]
}

// ServeHTTP answers a request of the REST API with the bucket in its path.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := read(r)
	operation := in.operation()
	var err error
	if answer := s.answer(operation); answer != nil {
		if err = chunked.Decode(r); err != nil {
			err = core.Refuse(http.StatusBadRequest, "IncompleteBody", err.Error())
		} else {
			err = answer(w, in)
		}
	} else {
		err = core.NotImplemented(r.Method + " " + r.URL.RequestURI())
	}
	if err != nil {
		writeError(w, r, err)
	}
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	refused, ok := errors.AsType[*core.Refusal](err)
	if !ok {
		refused = core.Refuse(http.StatusBadRequest, "IncompleteBody", err.Error())
	}
	if refused.Status == http.StatusNotModified || r.Method == http.MethodHead {
		w.WriteHeader(refused.Status)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(refused.Status)
	writeXML(w, struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: refused.Code, Message: refused.Message})
}

// writeXML writes an answer in XML. An error means that the client has gone.
func writeXML(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(answer)
}

func noContent(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// kept are the headers of a request that are headers of the object.
var kept = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires"}

// attributes returns what a request says about its object. Its body was decoded.
func (r *request) attributes() (a core.Attributes) {
	for _, name := range kept {
		if value := r.Header.Get(name); value != "" {
			a.Set(name, value)
		}
	}
	for name, values := range r.Header {
		if rest, ok := strings.CutPrefix(name, "X-Amz-Meta-"); ok {
			a.Describe(rest, strings.Join(values, ","))
		}
	}
	return a
}

// conditionsOf reads the conditions of a request, or with a prefix those for the
// source of a copy.
func conditionsOf(header http.Header, prefix string) core.Conditions {
	date := func(name string) time.Time {
		t, _ := http.ParseTime(header.Get(prefix + name)) // S3 ignores what is no date
		return t
	}
	return core.Conditions{IfMatch: header.Get(prefix + "If-Match"), IfNoneMatch: header.Get(prefix + "If-None-Match"),
		ModifiedSince: date("If-Modified-Since"), UnmodifiedSince: date("If-Unmodified-Since")}
}

// content reads the body of a request that writes, and compares its checksums.
func (r *request) content() ([]byte, error) {
	content, err := readAll(r.Body, int(r.ContentLength))
	if err != nil {
		return nil, core.Refuse(http.StatusBadRequest, "IncompleteBody", err.Error())
	}
	if r.ContentLength > int64(len(content)) {
		return nil, core.Refuse(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	if wanted := r.Header.Get("Content-Md5"); wanted != "" && wanted != sumOf(content) {
		return nil, core.Refuse(http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	if wanted := r.Header.Get("X-Amz-Checksum-Crc32"); wanted != "" && wanted != checksum(content) {
		return nil, core.Refuse(http.StatusBadRequest, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")
	}
	return content, nil
}

// readAll reads a body of a size, which is less than 1 if it is not known.
func readAll(body io.Reader, size int) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	if size < 1 {
		return io.ReadAll(body)
	}
	content := make([]byte, size)
	n, err := io.ReadFull(body, content)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return content[:n], err
}

// sumOf returns the MD5 of a content as headers have it.
func sumOf(content []byte) string {
	sum := md5.Sum(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// checksum returns the CRC-32 of a content as headers have it.
func checksum(content []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(content)))
}

func (s *Store) servePut(w http.ResponseWriter, r *request) error {
	content, err := r.content()
	if err != nil {
		return err
	}
	o := &core.Object{Content: content, Attributes: r.attributes()}
	if err := s.core.Put(r.bucket, r.key, o, conditionsOf(r.Header, "")); err != nil {
		return err
	}
	w.Header().Set("ETag", o.ETag())
	return nil
}

// serveObject answers GetObject and HeadObject.
func (s *Store) serveObject(w http.ResponseWriter, r *request) error {
	if err := core.CheckKey(r.key); err != nil {
		return err
	}
	o, err := s.core.Find(r.bucket, r.key)
	if err != nil {
		return err
	}
	if err := conditionsOf(r.Header, "").BeforeRead(o); err != nil {
		w.Header().Set("ETag", o.ETag())
		return err
	}
	from, to, partly, err := core.Range(r.Header.Get("Range"), len(o.Content))
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", o.ContentType())
	for name, value := range o.Headers {
		header.Set(name, value)
	}
	for name, value := range o.Metadata {
		header.Set("X-Amz-Meta-"+name, value)
	}
	for _, name := range kept {
		if value := r.query.Get("response-" + strings.ToLower(name)); value != "" {
			header.Set(name, value)
		}
	}
	header.Set("ETag", o.ETag())
	header.Set("Accept-Ranges", "bytes")
	header.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	header.Set("Content-Length", strconv.Itoa(to-from))
	switch {
	case partly:
		header.Set("Content-Range", core.ContentRange(from, to, len(o.Content)))
		w.WriteHeader(http.StatusPartialContent)
	case r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED":
		header.Set("X-Amz-Checksum-Crc32", checksum(o.Content))
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(o.Content[from:to]) // fails if the client has gone
	}
	return nil
}
