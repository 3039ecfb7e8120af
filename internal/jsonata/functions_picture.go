package jsonata

import (
	"errors"
	"math"

	"github.com/mapjob/mapjob/internal/jsonata/internal/picture"
	"github.com/mapjob/mapjob/internal/value"
)

func formatNumber(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	options, _ := c.value(2).(*value.Object)
	text, err := picture.FormatNumber(c.number(0), c.string(1), options)
	if err != nil {
		return nil, pictureFailure(err)
	}
	return c.text(text)
}

func formatInteger(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	p, err := picture.ParseInteger(c.string(1))
	if err != nil {
		return nil, pictureFailure(err)
	}
	return c.text(p.Format(math.Floor(c.number(0))))
}

func parseInteger(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	p, err := picture.ParseInteger(c.string(1))
	if err != nil {
		return nil, pictureFailure(err)
	}
	return c.finite(p.Parse(c.string(0)))
}

// pictureFailure converts an error of package picture.
func pictureFailure(err error) error {
	if errors.Is(err, picture.ErrTooLong) {
		return &Error{Message: memoryExceeded}
	}
	if e, ok := errors.AsType[*picture.Error](err); ok {
		return &Error{Code: e.Code, Value: e.Value}
	}
	return err
}
