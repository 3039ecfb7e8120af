package objectstore

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/objectstore/keypath"
)

// record has the facts about an object that its file does not show. Most objects
// have none: a small object without metadata needs only its file.
type record struct {
	Key    string            `json:"key"`
	Size   int64             `json:"size"`    // of the file that it is about
	ModNs  int64             `json:"modNs"`   // when that file was written
	MD5    string            `json:"md5"`     // in hex; "" if it was not computed yet
	Header map[string]string `json:"headers"` // of answers
}

// maxSmall is the size of the largest object whose checksum is computed for each
// request, and not recorded.
const maxSmall = 1 << 20

// about reports whether the record is about a file as it is now.
func (r *record) about(info fs.FileInfo) bool {
	return r != nil && r.Size == info.Size() && r.ModNs == info.ModTime().UnixNano()
}

func (f *files) recordPath(bucket, key string) string {
	return filepath.Join(f.records, bucket, keypath.Hash(key))
}

// readRecord returns the record of a file; nil if there is none.
func (f *files) readRecord(bucket, key string, info fs.FileInfo) *record {
	text, err := os.ReadFile(f.recordPath(bucket, key))
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
	file, err := f.create()
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = rename(file.Name(), f.recordPath(bucket, r.Key)) // lists read records without a lock
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// isNeeded reports whether an object needs its record.
func (r *record) isNeeded(long bool) bool {
	for name, value := range r.Header {
		if name != "Content-Type" || value != contentType(r.Key) {
			return true
		}
	}
	return long || r.Size > maxSmall && r.MD5 != ""
}

// contentType returns the type of an object without a record.
func contentType(key string) string {
	if path.Ext(key) == ".json" {
		return "application/json"
	}
	return "application/octet-stream"
}

// headers returns the headers to record of a request that writes an object.
func headers(meta map[string]string) map[string]string {
	kept := maps.Clone(meta)
	maps.DeleteFunc(kept, func(name, value string) bool {
		switch name {
		case "Content-Type", "Content-Disposition":
			return false
		case "Content-Encoding":
			return value == "aws-chunked" // of the request
		}
		return !strings.HasPrefix(name, "X-Amz-Meta-")
	})
	return kept
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
