package core

import (
	"net/http"
	"strings"
	"time"
)

// Conditions are those of a request (Amazon S3 user guide, "Conditional requests").
type Conditions struct {
	IfMatch, IfNoneMatch           string // ETags, with or without their quotes
	ModifiedSince, UnmodifiedSince time.Time
}

func sameTag(wanted string, o *Object) bool {
	return wanted == "*" || strings.Trim(wanted, `"`) == strings.Trim(o.ETag(), `"`)
}

// BeforeRead returns the error of a request to read an object, or nil.
func (c Conditions) BeforeRead(o *Object) error {
	modified := o.Modified.Truncate(time.Second)
	switch {
	case c.IfMatch != "" && !sameTag(c.IfMatch, o),
		c.IfMatch == "" && !c.UnmodifiedSince.IsZero() && modified.After(c.UnmodifiedSince):
		return preconditionFailed()
	case c.IfNoneMatch != "" && sameTag(c.IfNoneMatch, o),
		c.IfNoneMatch == "" && !c.ModifiedSince.IsZero() && !modified.After(c.ModifiedSince):
		return Refuse(http.StatusNotModified, "NotModified", "Not Modified")
	}
	return nil
}

// BeforeCopy is BeforeRead for the source of a copy.
func (c Conditions) BeforeCopy(o *Object) error {
	if c.BeforeRead(o) != nil {
		return preconditionFailed()
	}
	return nil
}

// beforeWrite returns the error of a request to write an object in place of another
// one, which is nil if there is none.
func (c Conditions) beforeWrite(before *Object) error {
	switch {
	case c.IfNoneMatch != "" && c.IfNoneMatch != "*":
		return NotImplemented("a write with If-None-Match other than *")
	case c.IfNoneMatch != "" && before != nil:
		return preconditionFailed()
	case c.IfMatch == "":
		return nil
	case before == nil:
		return noSuchKey()
	case !sameTag(c.IfMatch, before):
		return preconditionFailed()
	}
	return nil
}
