package engine

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// reader is the source of a Map with an ItemReader. Nothing is opened yet: a
// reader that fails does so after the Map Run has started.
func (v *visit) reader(definition *asl.ItemReader) (itemSource, error) {
	arguments := value.NewObject()
	if definition.Arguments != nil {
		x, err := definition.Arguments.Evaluate(v.scope())
		if err != nil {
			return nil, err
		}
		arguments, _ = x.(*value.Object)
	}
	limit := int64(-1)
	if definition.MaxItems != nil {
		n, err := definition.MaxItems.Integer(v.scope())
		if err != nil {
			return nil, err
		}
		if n < 0 {
			return nil, &expression.Error{Name: errRuntime, Message: "MaxItems cannot be negative."}
		}
		if n > 0 { // 0 is all of them
			limit = n
		}
	}
	o := &opener{ctx: v.ctx, objects: v.objects, definition: definition}
	o.bucket, o.key, o.prefix = stringMember(arguments, "Bucket"), stringMember(arguments, "Key"), stringMember(arguments, "Prefix")
	uri := "S3://" + o.bucket
	if o.key != "" {
		uri += "/" + o.key
	}
	return &streamSource{ctx: v.ctx, loop: v.loop, open: o.openSource, uri: uri, limit: limit}, nil
}

func stringMember(object *value.Object, name string) string {
	x, _ := object.Get(name)
	text, _ := x.(string)
	return text
}

// opener opens what an ItemReader reads.
type opener struct {
	ctx        context.Context
	objects    Objects
	definition *asl.ItemReader
	bucket     string
	key        string
	prefix     string
}

func (o *opener) openSource() (stream, error) {
	if o.definition.Resource.Action == "listObjectsV2" {
		list := o.list(o.prefix)
		if o.definition.Flatten {
			return &flattened{opener: o, list: list}, nil
		}
		return list, nil
	}
	if o.definition.InputType == "MANIFEST" || o.definition.ManifestType != "" {
		return o.openManifest()
	}
	return o.openObject(o.bucket, o.key, o.definition.InputType)
}

// openObject opens one object of items.
func (o *opener) openObject(bucket, key, inputType string) (stream, error) {
	body, err := o.objects.Open(o.ctx, bucket, key)
	if err != nil {
		return nil, openFailure(err)
	}
	s, err := o.items(body, key, inputType)
	if err != nil {
		body.Close()
	}
	return s, err
}

func openFailure(err error) error {
	switch {
	case errors.Is(err, ErrNoBucket):
		return &readFailure{"The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket)"}
	case errors.Is(err, ErrNoObject):
		return &readFailure{"The specified key does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey)"}
	}
	return err
}

func (o *opener) items(body io.ReadCloser, key, inputType string) (stream, error) {
	switch inputType {
	case "JSON":
		return openJSON(body, o.definition.ItemsPointer)
	case "JSONL":
		return &jsonLines{value.NewDecoder(body), body}, nil
	case "CSV":
		return openCSV(body, o.definition)
	}
	return nil, &readFailure{fmt.Sprintf("The InputType %s of the object %s is not one that can be read here.", inputType, key)}
}

// jsonLines are JSON values one after the other.
type jsonLines struct {
	decoder *value.Decoder
	io.Closer
}

func (s *jsonLines) read() (any, error) {
	x, err := s.decoder.Next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &readFailure{"The JSON Lines file could not be parsed: " + err.Error()}
	}
	return x, err
}

// jsonArray are the elements of an array.
type jsonArray struct {
	elements *value.Elements
	io.Closer
}

func openJSON(body io.ReadCloser, pointer string) (stream, error) {
	decoder := value.NewDecoder(body)
	elements, err := decoder.Elements(pointer)
	if errors.Is(err, value.ErrNotArray) {
		return nil, &readFailure{"Attempting to map over non-iterable node."}
	}
	if err != nil {
		return nil, &readFailure{"The JSON file could not be parsed: " + err.Error()}
	}
	return &jsonArray{elements, body}, nil
}

func (s *jsonArray) read() (any, error) {
	x, err := s.elements.Next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &readFailure{"The JSON file could not be parsed: " + err.Error()}
	}
	return x, err
}

// table are the rows of a CSV file, objects with the headers for names. A row
// with too many fields loses them; one with too few has empty ones.
type table struct {
	rows    *csv.Reader
	headers []string
	io.Closer
}

func openCSV(body io.ReadCloser, definition *asl.ItemReader) (stream, error) {
	rows := csv.NewReader(body)
	rows.Comma = definition.Delimiter
	rows.FieldsPerRecord = -1
	rows.LazyQuotes = true
	rows.ReuseRecord = true
	t := &table{rows, definition.Headers, body}
	if definition.HeaderLocation == "FIRST_ROW" {
		headers, err := rows.Read()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, &readFailure{"The CSV file could not be parsed: " + err.Error()}
		}
		t.headers = append([]string(nil), headers...)
		if len(t.headers) > 0 {
			t.headers[0] = strings.TrimPrefix(t.headers[0], "\ufeff")
		}
	}
	return t, nil
}

func (t *table) read() (any, error) {
	row, err := t.rows.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, &readFailure{"The CSV file could not be parsed: " + err.Error()}
	}
	item := value.WithCapacity(len(t.headers))
	for i, header := range t.headers {
		field := ""
		if i < len(row) {
			field = row[i]
		}
		item.Set(header, field)
	}
	return item, nil
}

// objectList are the objects of a bucket under a prefix.
type objectList struct {
	next func() (ObjectInfo, error, bool)
	stop func()
}

func (o *opener) list(prefix string) *objectList {
	next, stop := iter.Pull2(o.objects.List(o.ctx, o.bucket, prefix))
	return &objectList{next, stop}
}

func (l *objectList) object() (ObjectInfo, error) {
	info, err, ok := l.next()
	if !ok {
		return info, io.EOF
	}
	if err != nil {
		return info, openFailure(err)
	}
	return info, nil
}

func (l *objectList) read() (any, error) {
	info, err := l.object()
	if err != nil {
		return nil, err
	}
	return value.NewObject(
		"Etag", info.ETag,
		"Key", info.Key,
		"LastModified", float64(info.LastModified.Unix()),
		"Size", float64(info.Size),
		"StorageClass", info.StorageClass,
	), nil
}

func (l *objectList) Close() error {
	l.stop()
	return nil
}

// flattened are the items of all objects of a list (LOAD_AND_FLATTEN).
type flattened struct {
	*opener
	list *objectList
	open stream
}

func (f *flattened) read() (any, error) {
	for {
		if f.open != nil {
			x, err := f.open.read()
			if !errors.Is(err, io.EOF) {
				return x, err
			}
			f.open.Close()
			f.open = nil
		}
		info, err := f.list.object()
		if err != nil {
			return nil, err
		}
		if f.open, err = f.openObject(f.bucket, info.Key, f.definition.InputType); err != nil {
			return nil, err
		}
	}
}

func (f *flattened) Close() error {
	if f.open != nil {
		f.open.Close()
	}
	return f.list.Close()
}
