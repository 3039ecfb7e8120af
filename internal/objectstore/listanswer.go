package objectstore

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// listAnswer is the answer of ListObjects and ListObjectsV2 (Amazon S3 API
// reference). gofakes3 has no EncodingType, without which XML can't hold every
// key.
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
	MaxKeys               int64
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []*gofakes3.Content
	CommonPrefixes        []gofakes3.CommonPrefix
}

// lists reports whether a request lists objects.
func lists(r *http.Request) bool {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.Method != http.MethodGet || bucket == "" || key != "" {
		return false
	}
	query := r.URL.Query()
	return !slices.ContainsFunc([]string{"location", "uploads", "uploadId", "versioning", "versions", "versionId"}, query.Has)
}

// serveList answers a request that lists objects. It returns false if gofakes3 has
// to refuse it.
func (f *files) serveList(w http.ResponseWriter, r *http.Request) bool {
	query := r.URL.Query()
	bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	maxKeys := int64(gofakes3.DefaultMaxBucketKeys)
	if given := query.Get("max-keys"); given != "" {
		n, err := strconv.ParseInt(given, 10, 64)
		if err != nil || n < 0 {
			return false
		}
		maxKeys = min(n, maxKeys)
	}
	encode := func(text string) string { return text }
	if query.Get("encoding-type") == "url" {
		encode = func(text string) string {
			return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(text))
		}
	}
	answer := &listAnswer{Name: bucket, MaxKeys: maxKeys, EncodingType: query.Get("encoding-type"),
		Prefix: encode(query.Get("prefix")), Delimiter: encode(query.Get("delimiter"))}
	after, second := query.Get("marker"), query.Get("list-type") == "2"
	if second {
		after = query.Get("start-after")
		answer.StartAfter = encode(after)
		if answer.ContinuationToken = query.Get("continuation-token"); answer.ContinuationToken != "" {
			token, err := base64.URLEncoding.DecodeString(answer.ContinuationToken)
			if err != nil {
				return false
			}
			after = string(token)
		}
	}
	found := gofakes3.NewObjectList()
	if maxKeys > 0 {
		prefix := gofakes3.Prefix{Prefix: query.Get("prefix"), Delimiter: query.Get("delimiter")}
		prefix.HasDelimiter = prefix.Delimiter != ""
		var err error
		if found, err = f.ListBucket(bucket, &prefix, gofakes3.ListBucketPage{Marker: after, MaxKeys: maxKeys}); err != nil {
			return false
		}
	}
	answer.IsTruncated = found.IsTruncated
	switch {
	case second:
		count := len(found.Contents) + len(found.CommonPrefixes)
		answer.KeyCount = &count
		if found.IsTruncated {
			answer.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(found.NextMarker))
		}
	default:
		after = encode(after)
		answer.Marker = &after
		if found.IsTruncated && query.Get("delimiter") != "" {
			answer.NextMarker = encode(found.NextMarker)
		}
	}
	for _, content := range found.Contents {
		content.Key = encode(content.Key)
		answer.Contents = append(answer.Contents, content)
	}
	for _, common := range found.CommonPrefixes {
		answer.CommonPrefixes = append(answer.CommonPrefixes, gofakes3.CommonPrefix{Prefix: encode(common.Prefix)})
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write([]byte(xml.Header))
	_ = xml.NewEncoder(w).Encode(answer) // fails if the client has gone
	return true
}
