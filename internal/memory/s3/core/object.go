package core

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxKey      = 1024    // bytes
	maxMetadata = 2 << 10 // bytes of names and values
	minPart     = 5 << 20 // bytes of a part that is not the last
	maxPart     = 10_000  // number
	MaxList     = 1000    // keys in a page
	defaultType = "binary/octet-stream"
)

// Object is an object. It does not change: a write puts another one in its place.
type Object struct {
	Content  []byte
	Modified time.Time // set by Put
	Attributes

	sum sync.Once
	tag string // with its quotes; after sum, or of an upload in parts
}

// Attributes are what S3 keeps beside the content of an object.
type Attributes struct {
	Headers  map[string]string // such as Content-Type, by their canonical names
	Metadata map[string]string // by names in lower case
}

// Set sets a header.
func (a *Attributes) Set(name, value string) {
	if a.Headers == nil {
		a.Headers = map[string]string{}
	}
	a.Headers[name] = value
}

// Describe sets a value of the metadata.
func (a *Attributes) Describe(name, value string) {
	if a.Metadata == nil {
		a.Metadata = map[string]string{}
	}
	a.Metadata[strings.ToLower(name)] = value
}

// ETag returns the ETag, with its quotes. It is made when it is first asked for: most objects of a test
// are written, and never read by a client that looks at it.
func (o *Object) ETag() string {
	o.sum.Do(func() {
		if o.tag == "" {
			o.tag = etagOf(o.Content)
		}
	})
	return o.tag
}

func etagOf(content []byte) string {
	sum := md5.Sum(content)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// ContentType returns the Content-Type.
func (o *Object) ContentType() string {
	if t := o.Headers["Content-Type"]; t != "" {
		return t
	}
	return defaultType
}

// Find returns an object.
func (s *Store) Find(bucket, key string) (*Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	if o := b.objects[key]; o != nil {
		return o, nil
	}
	return nil, noSuchKey()
}

// Put writes an object if the conditions hold.
func (s *Store) Put(bucket, key string, o *Object, c Conditions) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	size := 0
	for name, value := range o.Metadata {
		size += len(name) + len(value)
	}
	if size > maxMetadata {
		return Refuse(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
	}
	o.Modified = time.Now()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	b, err := s.bucket(bucket)
	if err != nil {
		return err
	}
	before := b.objects[key]
	if err := c.beforeWrite(before); err != nil {
		return err
	}
	b.objects[key] = o
	if before == nil {
		b.keys = nil
	}
	return nil
}

// Remove deletes an object, if there is one.
func (s *Store) Remove(bucket, key string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	b, err := s.bucket(bucket)
	if err != nil {
		return err
	}
	if b.objects[key] != nil {
		delete(b.objects, key)
		b.keys = nil
	}
	return nil
}

// CheckKey returns the error of a key that no object can have.
func CheckKey(key string) error {
	switch {
	case key == "":
		return Invalid("the key is empty")
	case !utf8.ValidString(key):
		return Refuse(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	case len(key) > maxKey:
		return Refuse(http.StatusBadRequest, "KeyTooLongError", fmt.Sprintf("Your key is too long: it has %d bytes, expected at most %d", len(key), maxKey))
	}
	return nil
}
