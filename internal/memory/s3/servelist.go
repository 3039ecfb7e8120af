package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/memory/s3/core"
)

// timeFormat is that of times in answers.
const timeFormat = "2006-01-02T15:04:05.000Z"

func timeOf(t time.Time) string { return t.UTC().Truncate(time.Second).Format(timeFormat) }

// content is an object in an answer.
type content struct {
	Key          string
	LastModified string
	ETag         string
	Size         int
	StorageClass string
}

type commonPrefix struct{ Prefix string }

// listAnswer is the answer of ListObjects and ListObjectsV2.
type listAnswer struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Marker                *string
	NextMarker            string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              *int
	MaxKeys               int
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []content
	CommonPrefixes        []commonPrefix
}

// encoderOf returns how keys are written in an answer: XML can't hold every key.
func encoderOf(encodingType string) (func(string) string, error) {
	switch encodingType {
	case "":
		return func(text string) string { return text }, nil
	case "url":
		replacer := strings.NewReplacer("+", "%20", "%2F", "/")
		return func(text string) string { return replacer.Replace(url.QueryEscape(text)) }, nil
	}
	return nil, core.Invalid("Invalid Encoding Method specified in Request")
}

// limit returns how many entries a page may have.
func (r *request) limit(name string) (int, error) {
	text := r.query.Get(name)
	if text == "" {
		return core.MaxList, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, core.Invalid("Provided " + name + " not an integer or within integer range")
	}
	return min(int(n), core.MaxList), nil
}

func encodeToken(after string) string { return base64.URLEncoding.EncodeToString([]byte(after)) }

func decodeToken(token string) (string, error) {
	after, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return "", core.Invalid("The continuation token provided is incorrect")
	}
	return string(after), nil
}

func (s *Store) serveList(w http.ResponseWriter, r *request) error {
	encode, err := encoderOf(r.query.Get("encoding-type"))
	if err != nil {
		return err
	}
	limit, err := r.limit("max-keys")
	if err != nil {
		return err
	}
	prefix, delimiter := r.query.Get("prefix"), r.query.Get("delimiter")
	answer := &listAnswer{Name: r.bucket, MaxKeys: limit, EncodingType: r.query.Get("encoding-type"), Prefix: encode(prefix), Delimiter: encode(delimiter)}
	after, second := r.query.Get("marker"), r.query.Get("list-type") == "2"
	if second {
		after = r.query.Get("start-after")
		answer.StartAfter = encode(after)
		if answer.ContinuationToken = r.query.Get("continuation-token"); answer.ContinuationToken != "" {
			if after, err = decodeToken(answer.ContinuationToken); err != nil {
				return err
			}
		}
	} else {
		marker := encode(after)
		answer.Marker = &marker
	}
	found, err := s.core.List(r.bucket, prefix, delimiter, after, limit)
	if err != nil {
		return err
	}
	if answer.IsTruncated = found.Next != "" && limit > 0; answer.IsTruncated {
		if second {
			answer.NextContinuationToken = encodeToken(found.Next)
		} else if delimiter != "" {
			answer.NextMarker = encode(found.Next)
		}
	}
	if second {
		count := len(found.Objects) + len(found.Prefixes)
		answer.KeyCount = &count
	}
	for _, o := range found.Objects {
		answer.Contents = append(answer.Contents, content{encode(o.Key), timeOf(o.Modified), o.ETag(), len(o.Content), "STANDARD"})
	}
	for _, common := range found.Prefixes {
		answer.CommonPrefixes = append(answer.CommonPrefixes, commonPrefix{encode(common)})
	}
	writeXML(w, answer)
	return nil
}

func (s *Store) serveBuckets(w http.ResponseWriter, _ *request) error {
	type entry struct{ Name, CreationDate string }
	var answer struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Buckets []entry  `xml:"Buckets>Bucket"`
	}
	for _, b := range s.core.Buckets() {
		answer.Buckets = append(answer.Buckets, entry{b.Name, timeOf(b.Created)})
	}
	writeXML(w, answer)
	return nil
}

func (s *Store) serveLocation(w http.ResponseWriter, r *request) error {
	if err := s.core.HasBucket(r.bucket); err != nil {
		return err
	}
	writeXML(w, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
	}{})
	return nil
}

// serveDeletes answers DeleteObjects.
func (s *Store) serveDeletes(w http.ResponseWriter, r *request) error {
	var wanted struct {
		Quiet  bool
		Object []struct{ Key string }
	}
	if err := r.body(&wanted); err != nil {
		return err
	}
	if len(wanted.Object) > core.MaxList {
		return core.Malformed()
	}
	type deleted struct{ Key string }
	var answer struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ DeleteResult"`
		Deleted []deleted
	}
	for _, object := range wanted.Object {
		if err := s.core.Remove(r.bucket, object.Key); err != nil {
			return err
		}
		if !wanted.Quiet {
			answer.Deleted = append(answer.Deleted, deleted{object.Key})
		}
	}
	writeXML(w, answer)
	return nil
}
