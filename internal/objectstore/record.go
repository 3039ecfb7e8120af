package objectstore

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/objectstore/incoming"
	"github.com/mapjob/mapjob/internal/objectstore/keypath"
)

// record has the facts about an object that its file does not show. Most objects
// have none: a small object without metadata needs only its file, whose checksum is
// computed for each request.
type record struct {
	Key    string            `json:"key"`
	Size   int64             `json:"size"`    // of the file that it is about
	ModNs  int64             `json:"modNs"`   // when that file was written
	MD5    string            `json:"md5"`     // in hex; "" if it was not computed yet
	Header map[string]string `json:"headers"` // of answers
}

// about reports whether the record is about a file as it is now.
func (r *record) about(info fs.FileInfo) bool {
	return r != nil && r.Size == info.Size() && r.ModNs == info.ModTime().UnixNano()
}

// findRecords notes the records of the folder.
func (f *files) findRecords() error {
	buckets, err := os.ReadDir(f.records)
	for _, bucket := range buckets {
		if !bucket.IsDir() {
			continue
		}
		entries, readErr := os.ReadDir(filepath.Join(f.records, bucket.Name()))
		err = errors.Join(err, readErr)
		for _, entry := range entries {
			f.recorded.Add(entry.Name())
		}
	}
	return err
}

// readRecord returns the record of a file; nil if there is none.
func (f *files) readRecord(bucket, key string, info fs.FileInfo) *record {
	name := keypath.Hash(key)
	if !f.recorded.MayHave(name) {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(f.records, bucket, name))
	if err != nil {
		return nil
	}
	r := &record{}
	if json.Unmarshal(text, r) != nil || !r.about(info) {
		return nil
	}
	return r
}

func (f *files) writeRecord(bucket string, r *record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	file, err := f.incoming.Receive(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return err
	}
	name := keypath.Hash(r.Key)
	f.recorded.Add(name)
	err = f.move(file, filepath.Join(f.records, bucket, name), bucket) // lists read records without a lock
	if err != nil {
		_ = file.Remove()
	}
	return err
}

// removeRecord removes the record of an object, if there is one.
func (f *files) removeRecord(bucket, key string) error {
	name := keypath.Hash(key)
	if !f.recorded.MayHave(name) {
		return nil
	}
	err := os.Remove(filepath.Join(f.records, bucket, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// isNeeded reports whether an object needs its record.
func (r *record) isNeeded(long bool) bool {
	return long || len(r.Header) > 0 || r.Size > incoming.MaxSmall && r.MD5 != ""
}

// contentType returns the type of an object without a record.
func contentType(key string) string {
	if path.Ext(key) == ".json" {
		return "application/json"
	}
	return "application/octet-stream"
}

// headers returns the headers to record of a request that writes an object.
func headers(key string, meta map[string]string) map[string]string {
	var kept map[string]string
	for name, value := range meta {
		if isRecorded(key, name, value) {
			if kept == nil {
				kept = map[string]string{}
			}
			kept[name] = value
		}
	}
	return kept
}

func isRecorded(key, name, value string) bool {
	switch name {
	case "Content-Type":
		return value != contentType(key)
	case "Content-Disposition":
		return true
	case "Content-Encoding":
		return value != "aws-chunked" // of the request
	}
	return strings.HasPrefix(name, "X-Amz-Meta-")
}

// checksum returns the MD5 of a file from its beginning, and leaves the file
// there.
func checksum(file *os.File) ([]byte, error) {
	sum := md5.New()
	_, err := io.Copy(sum, file)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	return sum.Sum(nil), err
}

func decodeMD5(text string) []byte {
	sum, _ := hex.DecodeString(text) // "" gives none
	return sum
}
