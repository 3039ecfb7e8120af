package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/s3/core"
)

// body decodes the XML of a request.
func (r *request) body(into any) error {
	text, err := r.content()
	if err != nil {
		return err
	}
	if xml.Unmarshal(text, into) != nil {
		return core.Malformed()
	}
	return nil
}

// source returns the object that a copy reads. Its name is in the form of a URL.
func (s *Store) source(name string, c core.Conditions) (bucket, key string, o *core.Object, err error) {
	name, version, _ := strings.Cut(name, "?versionId=")
	if version != "" {
		return "", "", nil, core.NotImplemented("a version")
	}
	if name, err = url.PathUnescape(strings.ReplaceAll(name, "+", " ")); err == nil {
		bucket, key, _ = strings.Cut(strings.TrimPrefix(name, "/"), "/")
	}
	if err != nil || bucket == "" || key == "" {
		return "", "", nil, core.Invalid("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	if o, err = s.core.Find(bucket, key); err == nil {
		err = c.BeforeCopy(o)
	}
	return bucket, key, o, err
}

const copySource = "X-Amz-Copy-Source"

func (s *Store) serveCopy(w http.ResponseWriter, r *request) error {
	o, err := s.copy(r.bucket, r.key, r.Header.Get(copySource), r.Header.Get("X-Amz-Metadata-Directive") == "REPLACE", r.attributes(),
		conditionsOf(r.Header, copySource+"-"), conditionsOf(r.Header, ""))
	if err != nil {
		return err
	}
	writeXML(w, struct {
		XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyObjectResult"`
		LastModified, ETag string
	}{LastModified: timeOf(o.Modified), ETag: o.ETag()})
	return nil
}

// copy writes an object with the content of another one.
func (s *Store) copy(bucket, key, from string, replace bool, a core.Attributes, ofSource, c core.Conditions) (*core.Object, error) {
	sourceBucket, sourceKey, source, err := s.source(from, ofSource)
	if err != nil {
		return nil, err
	}
	if sourceBucket == bucket && sourceKey == key && !replace {
		return nil, core.Refuse(http.StatusBadRequest, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	if !replace {
		a = source.Attributes
	}
	o := &core.Object{Content: source.Content, Attributes: a}
	return o, s.core.Put(bucket, key, o, c)
}

func (s *Store) serveCreateUpload(w http.ResponseWriter, r *request) error {
	id, err := s.core.CreateUpload(r.bucket, r.key, r.attributes())
	if err != nil {
		return err
	}
	writeXML(w, struct {
		XMLName     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ InitiateMultipartUploadResult"`
		Bucket, Key string
		UploadID    string `xml:"UploadId"`
	}{Bucket: r.bucket, Key: r.key, UploadID: id})
	return nil
}

func (r *request) part() (number int, id string) {
	number, _ = strconv.Atoi(r.query.Get("partNumber")) // 0 is refused
	return number, r.query.Get("uploadId")
}

func (s *Store) servePart(w http.ResponseWriter, r *request) error {
	content, err := r.content()
	if err != nil {
		return err
	}
	number, id := r.part()
	part, err := s.core.PutPart(r.bucket, r.key, id, number, content)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", part.ETag())
	return nil
}

func (s *Store) servePartCopy(w http.ResponseWriter, r *request) error {
	_, _, source, err := s.source(r.Header.Get(copySource), conditionsOf(r.Header, copySource+"-"))
	if err != nil {
		return err
	}
	from, to := 0, len(source.Content)
	if text := r.Header.Get(copySource + "-Range"); text != "" {
		var ok bool
		if from, to, ok, err = core.Range(text, len(source.Content)); err != nil || !ok {
			return core.Invalid("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
		}
	}
	number, id := r.part()
	part, err := s.core.PutPart(r.bucket, r.key, id, number, source.Content[from:to])
	if err != nil {
		return err
	}
	writeXML(w, struct {
		XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyPartResult"`
		LastModified, ETag string
	}{LastModified: timeOf(part.Modified), ETag: part.ETag()})
	return nil
}

func (s *Store) serveCompleteUpload(w http.ResponseWriter, r *request) error {
	var named struct{ Part []core.PartName }
	if err := r.body(&named); err != nil {
		return err
	}
	o, err := s.core.CompleteUpload(r.bucket, r.key, r.query.Get("uploadId"), named.Part, conditionsOf(r.Header, ""))
	if err != nil {
		return err
	}
	writeXML(w, struct {
		XMLName           xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}{Bucket: r.bucket, Key: r.key, ETag: o.ETag()})
	return nil
}

func (s *Store) serveUploads(w http.ResponseWriter, r *request) error {
	encode, err := encoderOf(r.query.Get("encoding-type"))
	if err != nil {
		return err
	}
	uploads, err := s.core.Uploads(r.bucket, r.query.Get("prefix"))
	if err != nil {
		return err
	}
	type entry struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	answer := struct {
		XMLName        xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListMultipartUploadsResult"`
		Bucket, Prefix string
		EncodingType   string `xml:",omitempty"`
		MaxUploads     int
		IsTruncated    bool
		Upload         []entry
	}{Bucket: r.bucket, Prefix: encode(r.query.Get("prefix")), EncodingType: r.query.Get("encoding-type"), MaxUploads: core.MaxList}
	for _, u := range uploads {
		answer.Upload = append(answer.Upload, entry{encode(u.Key), u.ID, timeOf(u.Created)})
	}
	writeXML(w, answer)
	return nil
}

func (s *Store) serveParts(w http.ResponseWriter, r *request) error {
	limit, err := r.limit("max-parts")
	if err != nil {
		return err
	}
	after, _ := strconv.Atoi(r.query.Get("part-number-marker"))
	parts, more, err := s.core.Parts(r.bucket, r.key, r.query.Get("uploadId"), after, limit)
	if err != nil {
		return err
	}
	type entry struct {
		PartNumber         int
		LastModified, ETag string
		Size               int
	}
	answer := struct {
		XMLName              xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListPartsResult"`
		Bucket, Key          string
		UploadID             string `xml:"UploadId"`
		StorageClass         string
		PartNumberMarker     int
		NextPartNumberMarker int `xml:",omitempty"`
		MaxParts             int
		IsTruncated          bool
		Part                 []entry
	}{Bucket: r.bucket, Key: r.key, UploadID: r.query.Get("uploadId"), StorageClass: "STANDARD", PartNumberMarker: after, MaxParts: limit, IsTruncated: more}
	for _, part := range parts {
		answer.Part = append(answer.Part, entry{part.Number, timeOf(part.Modified), part.ETag(), len(part.Content)})
		if more {
			answer.NextPartNumberMarker = part.Number
		}
	}
	writeXML(w, answer)
	return nil
}
