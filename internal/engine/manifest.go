package engine

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"net/url"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// openManifest reads what a manifest names: the objects of an S3 inventory, or
// the result files of an Athena UNLOAD (developer guide, "ItemReader").
func (o *opener) openManifest() (stream, error) {
	if o.definition.ManifestType == "ATHENA_DATA" {
		return o.openAthena()
	}
	body, err := o.objects.Open(o.ctx, o.bucket, o.key)
	if err != nil {
		return nil, openFailure(err)
	}
	defer body.Close()
	x, err := value.NewDecoder(body).Next()
	if err != nil {
		return nil, &readFailure{"The manifest could not be parsed: " + err.Error()}
	}
	manifest, _ := x.(*value.Object)
	files, _ := manifest.Get("files")
	list, ok := files.([]any)
	if !ok {
		return nil, &readFailure{"The manifest has no list of files."}
	}
	if format := stringMember(manifest, "fileFormat"); format != "CSV" {
		return nil, &readFailure{"The inventory's format is " + format + ", only CSV can be read."}
	}
	m := &inventory{opener: o, bucket: inventoryBucket(manifest, o.bucket)}
	for name := range strings.SplitSeq(stringMember(manifest, "fileSchema"), ",") {
		m.columns = append(m.columns, strings.TrimSpace(name))
	}
	for _, file := range list {
		entry, _ := file.(*value.Object)
		m.keys = append(m.keys, stringMember(entry, "key"))
	}
	return m, nil
}

// inventoryBucket is where the files of an inventory are: the bucket that its
// destination names.
func inventoryBucket(manifest *value.Object, fallback string) string {
	if bucket := stringMember(manifest, "destinationBucket"); bucket != "" {
		return bucket[strings.LastIndexByte(bucket, ':')+1:]
	}
	return fallback
}

// inventory are the rows of the gzip files that an S3 inventory's manifest
// names, objects with the names of its schema.
type inventory struct {
	*opener
	bucket  string
	columns []string
	keys    []string
	rows    *csv.Reader
	file    io.Closer
}

func (m *inventory) read() (any, error) {
	for {
		if m.rows != nil {
			row, err := m.rows.Read()
			if err == nil {
				item := value.WithCapacity(len(m.columns))
				for i, name := range m.columns {
					if i < len(row) {
						item.Set(name, row[i])
					}
				}
				return item, nil
			}
			if !errors.Is(err, io.EOF) {
				return nil, &readFailure{"The inventory could not be parsed: " + err.Error()}
			}
			m.Close()
		}
		if len(m.keys) == 0 {
			return nil, io.EOF
		}
		body, err := m.objects.Open(m.ctx, m.bucket, m.keys[0])
		if err != nil {
			return nil, openFailure(err)
		}
		m.file = body
		m.keys = m.keys[1:]
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, &readFailure{"The inventory could not be unpacked: " + err.Error()}
		}
		m.rows = csv.NewReader(unzipped)
		m.rows.ReuseRecord = true
	}
}

func (m *inventory) Close() error {
	m.rows = nil
	if m.file != nil {
		m.file.Close()
		m.file = nil
	}
	return nil
}

// openAthena reads the manifest of an UNLOAD: the address of a data file in
// each line.
func (o *opener) openAthena() (stream, error) {
	body, err := o.objects.Open(o.ctx, o.bucket, o.key)
	if err != nil {
		return nil, openFailure(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	a := &athena{opener: o}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			a.addresses = append(a.addresses, line)
		}
	}
	return a, nil
}

// athena are the items of all data files of an UNLOAD.
type athena struct {
	*opener
	addresses []string
	file      stream
}

func (a *athena) read() (any, error) {
	for {
		if a.file != nil {
			x, err := a.file.read()
			if !errors.Is(err, io.EOF) {
				return x, err
			}
			a.Close()
		}
		if len(a.addresses) == 0 {
			return nil, io.EOF
		}
		address, err := url.Parse(a.addresses[0])
		if err != nil || address.Scheme != "s3" {
			return nil, &readFailure{"The manifest names " + a.addresses[0] + ", which is no address of an object."}
		}
		a.addresses = a.addresses[1:]
		if a.file, err = a.openUnzipped(address.Host, strings.TrimPrefix(address.Path, "/")); err != nil {
			return nil, err
		}
	}
}

// openUnzipped opens a data file, which Athena compresses unless told not to.
func (a *athena) openUnzipped(bucket, key string) (stream, error) {
	body, err := a.objects.Open(a.ctx, bucket, key)
	if err != nil {
		return nil, openFailure(err)
	}
	if strings.HasSuffix(key, ".gz") {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			body.Close()
			return nil, &readFailure{"The data file could not be unpacked: " + err.Error()}
		}
		return a.items(readCloser{unzipped, body}, key, a.definition.InputType)
	}
	return a.items(body, key, a.definition.InputType)
}

func (a *athena) Close() error {
	if a.file != nil {
		a.file.Close()
		a.file = nil
	}
	return nil
}

type readCloser struct {
	io.Reader
	io.Closer
}
