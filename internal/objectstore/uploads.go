package objectstore

import (
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/objectstore/incoming"
)

// uploads are the multipart uploads that were neither completed nor aborted
// (Amazon S3 API reference, "CreateMultipartUpload"). Each part has a file.
type uploads struct {
	mutex sync.Mutex
	last  int
	open  map[gofakes3.UploadID]*multipartUpload
}

type multipartUpload struct {
	bucket, key string
	meta        map[string]string
	conditions  atomic.Pointer[gofakes3.PutConditions] // of the request that completes it
	mutex       sync.Mutex
	parts       map[int]*incoming.File
}

func etag(p *incoming.File) string { return `"` + hex.EncodeToString(p.MD5) + `"` }

func (f *files) CreateMultipartUpload(bucket, key string, meta map[string]string) (gofakes3.UploadID, error) {
	f.uploads.mutex.Lock()
	defer f.uploads.mutex.Unlock()
	f.uploads.last++
	id := gofakes3.UploadID(strconv.Itoa(f.uploads.last))
	if f.uploads.open == nil {
		f.uploads.open = map[gofakes3.UploadID]*multipartUpload{}
	}
	f.uploads.open[id] = &multipartUpload{bucket: bucket, key: key, meta: meta, parts: map[int]*incoming.File{}}
	return id, nil
}

func (f *files) upload(bucket, key string, id gofakes3.UploadID) (*multipartUpload, error) {
	f.uploads.mutex.Lock()
	defer f.uploads.mutex.Unlock()
	u := f.uploads.open[id]
	if u == nil || u.bucket != bucket || u.key != key {
		return nil, gofakes3.ErrNoSuchUpload
	}
	return u, nil
}

func (f *files) UploadPart(bucket, key string, id gofakes3.UploadID, number int, size int64, input io.Reader) (string, error) {
	u, err := f.upload(bucket, key, id)
	if err != nil {
		return "", err
	}
	p, err := f.incoming.Receive(input, size)
	if err == nil {
		_, err = p.Path() // parts may be many: they are not kept in memory
	}
	if err != nil {
		return "", err
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.parts == nil { // it has ended
		_ = p.Remove()
		return "", gofakes3.ErrNoSuchUpload
	}
	if replaced, ok := u.parts[number]; ok {
		err = replaced.Remove()
	}
	u.parts[number] = p
	return etag(p), err
}

func (f *files) CompleteMultipartUpload(bucket, key string, id gofakes3.UploadID, request *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	u, err := f.upload(bucket, key, id)
	if err != nil {
		return "", "", err
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if len(request.Parts) == 0 {
		return "", "", gofakes3.ErrMalformedXML
	}
	content := &partsReader{}
	defer content.Close()
	size, last := int64(0), 0
	for _, named := range request.Parts {
		p, ok := u.parts[named.PartNumber]
		if !ok || strings.Trim(named.ETag, `"`) != strings.Trim(etag(p), `"`) {
			return "", "", gofakes3.ErrInvalidPart
		}
		if named.PartNumber <= last {
			return "", "", gofakes3.ErrInvalidPartOrder
		}
		last = named.PartNumber
		path, err := p.Path()
		if err != nil {
			return "", "", err
		}
		content.files = append(content.files, path)
		size += p.Size
	}
	sum, err := f.put(bucket, key, u.meta, content, size, u.conditions.Load())
	if err != nil {
		return "", "", err
	}
	return "", gofakes3.FormatETag(sum), f.forget(id, u)
}

func (f *files) AbortMultipartUpload(bucket, key string, id gofakes3.UploadID) error {
	u, err := f.upload(bucket, key, id)
	if err != nil {
		return err
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return f.forget(id, u)
}

// forget ends an upload. Callers hold its mutex.
func (f *files) forget(id gofakes3.UploadID, u *multipartUpload) error {
	f.uploads.mutex.Lock()
	delete(f.uploads.open, id)
	f.uploads.mutex.Unlock()
	var errs []error
	for _, p := range u.parts {
		errs = append(errs, p.Remove())
	}
	u.parts = nil
	return errors.Join(errs...)
}

func (f *files) ListMultipartUploads(bucket string, _ *gofakes3.UploadListMarker, prefix gofakes3.Prefix, limit int64) (*gofakes3.ListMultipartUploadsResult, error) {
	f.uploads.mutex.Lock()
	defer f.uploads.mutex.Unlock()
	result := &gofakes3.ListMultipartUploadsResult{Bucket: bucket, Prefix: prefix.Prefix, MaxUploads: limit}
	for id, u := range f.uploads.open {
		if u.bucket == bucket && strings.HasPrefix(u.key, prefix.Prefix) {
			result.Uploads = append(result.Uploads, gofakes3.ListMultipartUploadItem{Key: u.key, UploadID: id})
		}
	}
	slices.SortFunc(result.Uploads, func(a, b gofakes3.ListMultipartUploadItem) int { return strings.Compare(a.Key, b.Key) })
	return result, nil
}

func (f *files) ListParts(bucket, key string, id gofakes3.UploadID, marker int, limit int64) (*gofakes3.ListMultipartUploadPartsResult, error) {
	u, err := f.upload(bucket, key, id)
	if err != nil {
		return nil, err
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	result := &gofakes3.ListMultipartUploadPartsResult{Bucket: bucket, Key: key, UploadID: id, PartNumberMarker: marker, MaxParts: limit}
	for number, p := range u.parts {
		if number > marker {
			result.Parts = append(result.Parts, gofakes3.ListMultipartUploadPartItem{PartNumber: number, ETag: etag(p), Size: p.Size})
		}
	}
	slices.SortFunc(result.Parts, func(a, b gofakes3.ListMultipartUploadPartItem) int { return a.PartNumber - b.PartNumber })
	return result, nil
}

// partsReader reads one file after the other, and keeps one open at a time.
type partsReader struct {
	files   []string
	current *os.File
}

func (r *partsReader) Read(p []byte) (int, error) {
	for {
		if r.current == nil {
			if len(r.files) == 0 {
				return 0, io.EOF
			}
			file, err := os.Open(filepath.Clean(r.files[0]))
			if err != nil {
				return 0, err
			}
			r.current, r.files = file, r.files[1:]
		}
		n, err := r.current.Read(p)
		if errors.Is(err, io.EOF) {
			err = r.Close()
			if n == 0 && err == nil {
				continue
			}
		}
		return n, err
	}
}

func (r *partsReader) Close() error {
	if r.current == nil {
		return nil
	}
	err := r.current.Close()
	r.current = nil
	return err
}
