package items

import (
	"encoding/json"
	"errors"
	"io"
	"iter"

	"github.com/mapjob/mapjob/internal/value"
)

// list are the objects of a bucket.
type list struct {
	next func() (Object, error, bool)
	stop func()
}

func (o *opener) list() *list {
	next, stop := iter.Pull2(o.objects.List(o.ctx, o.from.Bucket, o.from.Prefix))
	return &list{next, stop}
}

func (l *list) object() (Object, error) {
	object, err, ok := l.next()
	if !ok {
		return object, io.EOF
	}
	return object, err
}

// value returns the next object with the members that an ItemReader gives it:
// LastModified is in seconds since 1970.
func (l *list) value() (any, error) {
	object, err := l.object()
	if err != nil {
		return nil, err
	}
	return value.NewObject(
		"Etag", object.ETag,
		"Key", object.Key,
		"LastModified", float64(object.LastModified.Unix()),
		"Size", float64(object.Size),
		"StorageClass", object.StorageClass,
	), nil
}

func (l *list) text() (json.RawMessage, error) {
	v, err := l.value()
	if err != nil {
		return nil, err
	}
	return value.Append(nil, v), nil
}

func (l *list) close() error {
	l.stop()
	return nil
}

// chain are the items of streams that are opened one after the other.
type chain struct {
	open func() (stream, error) // io.EOF after the last one
	end  func()                 // of the list of streams; may be nil
	at   stream
}

func (c *chain) value() (v any, err error) {
	err = c.read(func(s stream) (err error) {
		v, err = s.value()
		return err
	})
	return v, err
}

func (c *chain) text() (text json.RawMessage, err error) {
	err = c.read(func(s stream) (err error) {
		text, err = s.text()
		return err
	})
	return text, err
}

func (c *chain) read(item func(stream) error) error {
	for {
		if c.at == nil {
			at, err := c.open()
			if err != nil {
				return err
			}
			c.at = at
		}
		if err := item(c.at); !errors.Is(err, io.EOF) {
			return err
		}
		_ = c.at.close() // all of it was read
		c.at = nil
	}
}

func (c *chain) close() error {
	if c.end != nil {
		c.end()
	}
	if c.at == nil {
		return nil
	}
	return c.at.close()
}

// loaded returns the items of all objects of a list (LOAD_AND_FLATTEN).
func (o *opener) loaded() *chain {
	l := o.list()
	return &chain{end: l.stop, open: func() (stream, error) {
		object, err := l.object()
		if err != nil {
			return nil, err
		}
		return o.object(o.from.Bucket, object.Key)
	}}
}
