package engine

import (
	"errors"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/value"
)

// reader returns the source of a Map with an ItemReader. It opens nothing yet: a
// reader that fails does so after the Map Run has started.
func (v *visit) reader(definition *asl.ItemReader) (itemSource, error) {
	arguments := value.NewObject()
	if definition.Arguments != nil {
		x, err := definition.Arguments.Evaluate(v.scope())
		if err != nil {
			return nil, err
		}
		arguments, _ = x.(*value.Object)
	}
	from := definitionSource(definition)
	from.Bucket, from.Key, from.Prefix = stringMember(arguments, "Bucket"), stringMember(arguments, "Key"), stringMember(arguments, "Prefix")
	uri := "s3://" + from.Bucket
	if from.Key != "" {
		uri += "/" + from.Key
	}
	s := &streamSource{ctx: v.run.ctx, loop: v.run.loop, uri: uri, loaded: from.Place == items.InLoaded, limit: -1}
	s.reader = items.Open(v.objectsContext(), openObjects{v.run.engine.objects, s}, from)
	return s, nil
}

// definitionSource returns what an ItemReader says about its items, apart from
// their address.
func definitionSource(d *asl.ItemReader) items.Source {
	from := items.Source{Layout: items.Layout{Format: items.Format(d.InputType), Pointer: d.ItemsPointer, Delimiter: byte(d.Delimiter)}}
	if d.HeaderLocation != "FIRST_ROW" {
		from.Layout.Headers = d.Headers
	}
	switch {
	case d.Resource.Action == "listObjectsV2" && d.Flatten:
		from.Place = items.InLoaded
	case d.Resource.Action == "listObjectsV2":
		from.Place = items.InList
	case d.ManifestType == "ATHENA_DATA":
		from.Place = items.InUnload
	case d.InputType == "MANIFEST" || d.ManifestType != "":
		from.Place = items.InInventory
	}
	return from
}

func stringMember(object *value.Object, name string) string {
	x, _ := object.Get(name)
	text, _ := x.(string)
	return text
}

// errMaxItems is AWS's cause of a MaxItems that evaluates to a negative number.
var errMaxItems = errors.New("field MaxItems must be positive")

// readCause is the cause of States.ItemReaderFailed, in the words of AWS where
// they are known.
func readCause(err error) string {
	switch {
	case errors.Is(err, ErrNoBucket):
		return "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket)"
	case errors.Is(err, ErrNoObject):
		return "The specified key does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey)"
	case errors.Is(err, items.ErrNotArray):
		return "Attempting to map over non-iterable node."
	case errors.Is(err, items.ErrRepeatedHeader):
		return "CSV headers cannot contain duplicates."
	}
	return err.Error()
}
