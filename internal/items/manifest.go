package items

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// inventoryManifest is the manifest.json of an inventory (Amazon S3 user guide,
// "Locating your inventory list").
type inventoryManifest struct {
	DestinationBucket string `json:"destinationBucket"` // an ARN
	FileFormat        string `json:"fileFormat"`
	FileSchema        string `json:"fileSchema"` // of CSV: names with commas in between
	Files             []struct {
		Key string `json:"key"`
	} `json:"files"`
}

// inventory returns the rows of all files that a manifest names.
func (o *opener) inventory() (*chain, error) {
	at := address(o.from.Bucket, o.from.Key)
	text, err := o.manifest()
	if err != nil {
		return nil, err
	}
	refused := func(format string, arguments ...any) error {
		return &Error{At: at, Cause: fmt.Errorf(format, arguments...)}
	}
	var m inventoryManifest
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte(byteOrderMark)), &m); err != nil {
		return nil, refused("got text that cannot be read (%v), expected the manifest.json of an S3 inventory", err)
	}
	if m.FileFormat != "CSV" {
		return nil, refused("got an inventory in the format %q, expected CSV: choose CSV as the output format in the configuration of the inventory, and wait for its next list", m.FileFormat)
	}
	if m.Files == nil || m.FileSchema == "" {
		return nil, refused("got no files or no fileSchema, expected the manifest.json of an S3 inventory with both")
	}
	names := strings.Split(m.FileSchema, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	bucket := o.from.Bucket
	if m.DestinationBucket != "" {
		bucket = m.DestinationBucket[strings.LastIndexByte(m.DestinationBucket, ':')+1:]
	}
	for i, file := range m.Files {
		if file.Key == "" {
			return nil, refused("got no key of file %d, expected one", i+1)
		}
	}
	return &chain{open: func() (stream, error) {
		if len(m.Files) == 0 {
			return nil, io.EOF
		}
		key := m.Files[0].Key
		m.Files = m.Files[1:]
		body, err := o.unzipped(bucket, key)
		if err != nil {
			return nil, err
		}
		in := newInput(address(bucket, key), body)
		t := &table{in: in, rows: rows{in: in, delimiter: ','}, exact: true}
		return t, t.setNames(names)
	}}, nil
}

func (o *opener) manifest() ([]byte, error) {
	body, err := o.objects.Open(o.ctx, o.from.Bucket, o.from.Key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// unload returns the items of the data files that an Athena UNLOAD wrote. Its
// manifest has the address of one in each line.
func (o *opener) unload() (*chain, error) {
	at := address(o.from.Bucket, o.from.Key)
	text, err := o.manifest()
	if err != nil {
		return nil, err
	}
	addresses := strings.Fields(string(text))
	return &chain{open: func() (stream, error) {
		if len(addresses) == 0 {
			return nil, io.EOF
		}
		file, err := url.Parse(addresses[0])
		if err != nil || file.Scheme != "s3" {
			return nil, &Error{At: at, Cause: fmt.Errorf("got the data file %q, expected an address such as s3://bucket/key", addresses[0])}
		}
		addresses = addresses[1:]
		key := strings.TrimPrefix(file.Path, "/")
		if !strings.HasSuffix(key, ".gz") {
			return o.object(file.Host, key)
		}
		body, err := o.unzipped(file.Host, key)
		if err != nil {
			return nil, err
		}
		return openStream(address(file.Host, key), body, o.from.Layout)
	}}, nil
}

// unzipped opens a file that is compressed with gzip.
func (o *opener) unzipped(bucket, key string) (io.ReadCloser, error) {
	body, err := o.objects.Open(o.ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	return unzip(address(bucket, key), body)
}
