package asl

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// ItemReader reads the items of a Distributed Map.
type ItemReader struct {
	Resource services.Resource
	// Arguments holds Arguments in JSONata and Parameters in JSONPath.
	Arguments *expression.Template
	// InputType is JSON, JSONL, CSV, PARQUET or MANIFEST. It is empty for an object
	// list, and may be for an inventory.
	InputType      string
	HeaderLocation string // FIRST_ROW or GIVEN
	Headers        []string
	Delimiter      rune
	ManifestType   string // S3_INVENTORY or ATHENA_DATA
	ItemsPointer   string
	Flatten        bool // LOAD_AND_FLATTEN
	MaxItems       *expression.Dynamic
}

func (p *parser) itemReader(f fields.Object) *ItemReader {
	v, ok := f.Get("ItemReader")
	if !ok {
		return nil
	}
	g, ok := f.Document.Open(v, f.At("ItemReader"), "an item reader", fields.ReaderKind, f.Language)
	if !ok {
		return nil
	}
	r := &ItemReader{Delimiter: ','}
	r.Resource = p.s3Resource(g, "s3:getObject", "s3:listObjectsV2")
	r.Arguments = p.argumentsTemplate(g, "ItemReader")
	if v, ok := g.Get("ReaderConfig"); ok {
		if config, ok := f.Document.Open(v, g.At("ReaderConfig"), "ReaderConfig", fields.ReadConfigKind, f.Language); ok {
			p.readerConfig(config, r)
			p.checkInputType(config, r)
		}
	}
	if r.InputType == "" && r.Resource.Action == "getObject" && !g.Has("ReaderConfig") {
		r.InputType = "JSON"
	}
	return r
}

var (
	inputTypes = []string{"CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"}
	delimiters = map[string]rune{"COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}
)

func (p *parser) readerConfig(f fields.Object, r *ItemReader) {
	r.InputType = f.OneOf("InputType", "", inputTypes...)
	r.HeaderLocation = f.OneOf("CSVHeaderLocation", "", "FIRST_ROW", "GIVEN")
	r.ManifestType = f.OneOf("ManifestType", "", "S3_INVENTORY", "ATHENA_DATA")
	r.Flatten = f.OneOf("Transformation", "NONE", "NONE", "LOAD_AND_FLATTEN") == "LOAD_AND_FLATTEN"
	r.ItemsPointer = f.Text("ItemsPointer")
	r.MaxItems = f.Dynamic("MaxItems", "MaxItems", fields.WholeIn(0, maxItemsOfReader))
	r.Delimiter = delimiters[f.OneOf("CSVDelimiter", "COMMA", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")]
	for i, v := range f.List("CSVHeaders", "column names") {
		header, ok := v.(string)
		if !ok {
			f.Document.Problem(fields.Element(f.At("CSVHeaders"), i), "got %s, expected a column name", value.Describe(v))
		}
		r.Headers = append(r.Headers, header)
	}
	if fields.HasSubstitution(r.InputType) {
		return // the fields depend on a value that is not known yet
	}
	csv := r.InputType == "CSV"
	switch {
	case csv && !f.Has("CSVHeaderLocation"):
		f.Missing("CSVHeaderLocation", `"FIRST_ROW" or "GIVEN" if InputType is CSV`)
	case csv && r.HeaderLocation == "GIVEN" && len(r.Headers) == 0:
		f.Missing("CSVHeaders", "column names if CSVHeaderLocation is GIVEN")
	case r.HeaderLocation == "FIRST_ROW" && len(r.Headers) > 0:
		f.Document.Problem(f.At("CSVHeaders"), "got column names although CSVHeaderLocation is FIRST_ROW, expected GIVEN")
	}
	if !csv && r.InputType != "" {
		for _, name := range []string{"CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"} {
			if f.Has(name) {
				f.Document.Problem(f.At(name), "got a CSV field although InputType is %s, expected InputType CSV", r.InputType)
			}
		}
	}
	if !jsontext.Pointer(r.ItemsPointer).IsValid() && !f.Document.Substituted(f.At("ItemsPointer"), r.ItemsPointer) {
		f.Document.Problem(f.At("ItemsPointer"), "got %q, expected a JSON pointer such as /orders/items", r.ItemsPointer)
	}
	if r.ItemsPointer != "" && r.InputType != "JSON" {
		f.Document.Problem(f.At("ItemsPointer"), "got a JSON pointer although InputType is %s, expected InputType JSON", r.InputType)
	}
}

// checkInputType reports an InputType that does not fit what is read: an inventory
// has its own, and objects that are listed only need one to be loaded.
func (p *parser) checkInputType(f fields.Object, r *ItemReader) {
	switch {
	case !f.Has("InputType"):
		if r.Flatten || r.ManifestType != "S3_INVENTORY" && r.Resource.Action == "getObject" {
			f.Document.Problem(f.At("InputType"), "got nothing, expected %s", fields.Alternatives(inputTypes))
		}
	case r.ManifestType == "ATHENA_DATA" && (r.InputType == "JSON" || r.InputType == "MANIFEST"):
		f.Document.Problem(f.At("InputType"), "got %q although ManifestType is ATHENA_DATA, expected \"CSV\", \"JSONL\" or \"PARQUET\"", r.InputType)
	case r.ManifestType == "S3_INVENTORY" && r.InputType != "MANIFEST" && slices.Contains(inputTypes, r.InputType):
		f.Document.Problem(f.At("InputType"), "got %q although ManifestType is S3_INVENTORY, expected none: the inventory says its format", r.InputType)
	}
}
