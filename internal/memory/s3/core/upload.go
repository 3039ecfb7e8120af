package core

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// upload is a multipart upload that was neither completed nor aborted. Its lock is
// that of the store.
type upload struct {
	bucket, key string
	Attributes
	created time.Time
	parts   map[int]*Object
}

// PartName names a part of the request that completes an upload.
type PartName struct {
	PartNumber int
	ETag       string
}

// CreateUpload begins an object in parts, and returns the ID of its upload.
func (s *Store) CreateUpload(bucket, key string, a Attributes) (string, error) {
	if err := CheckKey(key); err != nil {
		return "", err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := s.bucket(bucket); err != nil {
		return "", err
	}
	s.last++
	id := "upload-" + strconv.Itoa(s.last)
	s.uploads[id] = &upload{bucket: bucket, key: key, Attributes: a, created: time.Now(), parts: map[int]*Object{}}
	return id, nil
}

// upload returns an upload. Callers hold the lock.
func (s *Store) upload(bucket, key, id string) (*upload, error) {
	u := s.uploads[id]
	if u == nil || u.bucket != bucket || u.key != key {
		return nil, Refuse(http.StatusNotFound, "NoSuchUpload",
			"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	}
	return u, nil
}

// PutPart writes a part.
func (s *Store) PutPart(bucket, key, id string, number int, content []byte) (*Object, error) {
	if number < 1 || number > maxPart {
		return nil, Invalid(fmt.Sprintf("Part number must be an integer between 1 and %d, inclusive", maxPart))
	}
	part := &Object{Content: content, Modified: time.Now()}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	u, err := s.upload(bucket, key, id)
	if err != nil {
		return nil, err
	}
	u.parts[number] = part
	return part, nil
}

// CompleteUpload makes the parts of an upload an object.
func (s *Store) CompleteUpload(bucket, key, id string, names []PartName, c Conditions) (*Object, error) {
	u, parts, err := s.namedParts(bucket, key, id, names)
	if err != nil {
		return nil, err
	}
	size := 0
	for _, part := range parts {
		size += len(part.Content)
	}
	content, sums := make([]byte, 0, size), md5.New()
	for _, part := range parts {
		content = append(content, part.Content...)
		sum := md5.Sum(part.Content)
		sums.Write(sum[:])
	}
	o := &Object{Content: content, Attributes: u.Attributes,
		tag: fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(sums.Sum(nil)), len(parts))}
	if err := s.Put(bucket, key, o, c); err != nil {
		return nil, err
	}
	return o, s.AbortUpload(bucket, key, id)
}

func (s *Store) namedParts(bucket, key, id string, names []PartName) (*upload, []*Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	u, err := s.upload(bucket, key, id)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return nil, nil, Malformed()
	}
	var parts []*Object
	last := 0
	for _, name := range names {
		part := u.parts[name.PartNumber]
		switch {
		case name.PartNumber <= last:
			return nil, nil, Refuse(http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
		case part == nil || strings.Trim(name.ETag, `"`) != strings.Trim(part.ETag(), `"`):
			return nil, nil, Refuse(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
		}
		parts, last = append(parts, part), name.PartNumber
	}
	for _, part := range parts[:len(parts)-1] {
		if len(part.Content) < minPart {
			return nil, nil, Refuse(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
	}
	return u, parts, nil
}

// AbortUpload gives an object in parts up.
func (s *Store) AbortUpload(bucket, key, id string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, err := s.upload(bucket, key, id)
	delete(s.uploads, id)
	return err
}

// Part is a part in a list.
type Part struct {
	Number int
	*Object
}

// Parts returns the parts of an upload after a number, and whether there are more.
func (s *Store) Parts(bucket, key, id string, after, limit int) (list []Part, more bool, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	u, err := s.upload(bucket, key, id)
	if err != nil {
		return nil, false, err
	}
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		if number <= after {
			continue
		}
		if len(list) == limit {
			return list, true, nil
		}
		list = append(list, Part{number, u.parts[number]})
	}
	return list, false, nil
}

// Upload is an object in parts in a list.
type Upload struct {
	ID, Key string
	Created time.Time
}

// Uploads lists the uploads of a bucket that are open, by their keys.
func (s *Store) Uploads(bucket, prefix string) (list []Upload, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := s.bucket(bucket); err != nil {
		return nil, err
	}
	for id, u := range s.uploads {
		if u.bucket == bucket && strings.HasPrefix(u.key, prefix) {
			list = append(list, Upload{id, u.key, u.created})
		}
	}
	slices.SortFunc(list, func(a, b Upload) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return list, nil
}
