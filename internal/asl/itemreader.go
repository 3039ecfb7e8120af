package asl

import (
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// ItemReader reads the items of a Distributed Map.
type ItemReader struct {
	Resource Resource
	// Arguments holds Arguments in JSONata and Parameters in JSONPath.
	Arguments *expression.Template
	// InputType is JSON, JSONL, CSV, PARQUET or MANIFEST. It is empty for an object
	// list.
	InputType      string
	HeaderLocation string // FIRST_ROW or GIVEN
	Headers        []string
	Delimiter      rune
	ManifestType   string // S3_INVENTORY or ATHENA_DATA
	ItemsPointer   string
	Flatten        bool // LOAD_AND_FLATTEN
	MaxItems       *expression.Dynamic
}

func (f fields) itemReader() *ItemReader {
	v, ok := f.object.Get("ItemReader")
	if !ok {
		return nil
	}
	g, ok := f.reader.fields(v, f.at("ItemReader"), "an item reader", kindReader, f.language)
	if !ok {
		return nil
	}
	r := &ItemReader{Delimiter: ','}
	r.Resource = g.s3Resource("s3:getObject", "s3:listObjectsV2")
	r.Arguments = g.argumentsTemplate("ItemReader")
	if v, ok := g.object.Get("ReaderConfig"); ok {
		if config, ok := f.reader.fields(v, g.at("ReaderConfig"), "ReaderConfig", kindReadConfig, f.language); ok {
			config.readerConfig(r)
		}
	}
	if r.InputType == "" && r.Resource.Action == "getObject" {
		if g.has("ReaderConfig") {
			g.reader.problem(step(g.at("ReaderConfig"), "InputType"), "got nothing, expected %s", oneOf(inputTypes))
		} else {
			r.InputType = "JSON"
		}
	}
	return r
}

var (
	inputTypes = []string{"CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"}
	delimiters = map[string]rune{"COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}
)

func (f fields) readerConfig(r *ItemReader) {
	r.InputType = f.oneOf("InputType", "", inputTypes...)
	r.HeaderLocation = f.oneOf("CSVHeaderLocation", "", "FIRST_ROW", "GIVEN")
	r.ManifestType = f.oneOf("ManifestType", "", "S3_INVENTORY", "ATHENA_DATA")
	r.Flatten = f.oneOf("Transformation", "NONE", "NONE", "LOAD_AND_FLATTEN") == "LOAD_AND_FLATTEN"
	r.ItemsPointer = f.text("ItemsPointer")
	r.MaxItems = f.dynamic("MaxItems", "MaxItems", wholeIn(0, maxItemsOfReader))
	r.Delimiter = delimiters[f.oneOf("CSVDelimiter", "COMMA", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")]
	for i, v := range f.list("CSVHeaders", "column names") {
		header, ok := v.(string)
		if !ok {
			f.reader.problem(element(f.at("CSVHeaders"), i), "got %s, expected a column name", value.Describe(v))
		}
		r.Headers = append(r.Headers, header)
	}
	if substitution.MatchString(r.InputType) {
		return // the fields depend on a value that is not known yet
	}
	csv := r.InputType == "CSV"
	switch {
	case csv && r.HeaderLocation == "":
		f.missing("CSVHeaderLocation", `"FIRST_ROW" or "GIVEN" if InputType is CSV`)
	case csv && r.HeaderLocation == "GIVEN" && len(r.Headers) == 0:
		f.missing("CSVHeaders", "column names if CSVHeaderLocation is GIVEN")
	case r.HeaderLocation == "FIRST_ROW" && len(r.Headers) > 0:
		f.reader.problem(f.at("CSVHeaders"), "got column names although CSVHeaderLocation is FIRST_ROW, expected GIVEN")
	}
	if !csv && r.InputType != "" && !(r.InputType == "MANIFEST" && r.ManifestType == "ATHENA_DATA") && r.ManifestType == "" {
		for _, name := range []string{"CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"} {
			if f.has(name) {
				f.reader.problem(f.at(name), "got a CSV field although InputType is %s, expected InputType CSV", r.InputType)
			}
		}
	}
	if r.ItemsPointer != "" && r.InputType != "JSON" {
		f.reader.problem(f.at("ItemsPointer"), "got a JSON pointer although InputType is %s, expected InputType JSON", r.InputType)
	}
}
