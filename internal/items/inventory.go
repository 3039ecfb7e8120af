package itemsource

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
)

// manifest is the manifest.json of an inventory (Amazon S3 user guide,
// "Locating your inventory list").
type manifest struct {
	DestinationBucket string `json:"destinationBucket"` // an ARN
	FileFormat        string `json:"fileFormat"`
	FileSchema        string `json:"fileSchema"` // of CSV: names with commas in between
	Files             []struct {
		Key string `json:"key"`
	} `json:"files"`
}

// readInventory reads the rows of all files that a manifest names.
func readInventory(ctx context.Context, from *Source, yield func(json.RawMessage) error) error {
	m, err := readManifest(ctx, from)
	if err != nil {
		return err
	}
	names := strings.Split(m.FileSchema, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	bucket := from.Bucket
	if m.DestinationBucket != "" {
		bucket = m.DestinationBucket[strings.LastIndexByte(m.DestinationBucket, ':')+1:]
	}
	columns := columnsOf(names)
	for _, file := range m.Files {
		if err := readInventoryFile(ctx, bucket, file.Key, columns, yield); err != nil {
			return err
		}
	}
	return nil
}

func readManifest(ctx context.Context, from *Source) (*manifest, error) {
	object, err := open(ctx, from.Bucket, from.Key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	content := textOf(object, object)
	var m manifest
	if err := json.NewDecoder(content).Decode(&m); err != nil {
		if content.err != nil {
			return nil, content.err
		}
		return nil, failed("%s: got text that cannot be read (%v), expected the manifest.json of an S3 inventory", object, err)
	}
	if m.FileFormat != "CSV" {
		return nil, failed("%s: got an inventory in the format %q, expected CSV: choose CSV as the output format in the configuration of the inventory, and wait for its next list", object, m.FileFormat)
	}
	if m.Files == nil || m.FileSchema == "" {
		return nil, failed("%s: got no files or no fileSchema, expected the manifest.json of an S3 inventory with both", object)
	}
	for i, file := range m.Files {
		if file.Key == "" {
			return nil, failed("%s: got no key of file %d, expected one", object, i+1)
		}
	}
	return &m, nil
}

func readInventoryFile(ctx context.Context, bucket, key string, columns []column, yield func(json.RawMessage) error) error {
	object, err := open(ctx, bucket, key)
	if err != nil {
		return err
	}
	defer object.Close()
	zipped := bufio.NewReaderSize(object, 1<<16)
	unzipped, err := gzip.NewReader(zipped)
	if err != nil {
		return notGzip(object, err)
	}
	content := textOf(object, &fileContent{unzipped, object})
	return eachRow(content, csv.NewReader(content), columns, false, yield)
}

// fileContent is a file of an inventory, unzipped.
type fileContent struct {
	unzipped *gzip.Reader
	object   *object
}

func (f *fileContent) Read(p []byte) (int, error) {
	n, err := f.unzipped.Read(p)
	if err != nil && err != io.EOF {
		err = notGzip(f.object, err)
	}
	return n, err
}

// notGzip tells what is wrong with the file from what is wrong with the way
// to it.
func notGzip(o *object, err error) error {
	if err := o.Err(); err != nil {
		return named(err)
	}
	return failed("%s: got %v, expected a file of an S3 inventory, which is a whole gzip file", o, err)
}
