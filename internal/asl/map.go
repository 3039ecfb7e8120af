package asl

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/value"
)

// Map is what a Map state has of its own.
type Map struct {
	Processor Processor
	// Items is Items in JSONata, where it may be an array with expressions in
	// it; ItemsPath is its like in JSONPath. Without either, the items are the
	// state's input.
	Items     *Template
	ItemsPath *Path
	// ItemSelector is also what the older field Parameters becomes.
	ItemSelector   *Template
	ItemReader     *ItemReader
	ItemBatcher    *ItemBatcher
	ResultWriter   *ResultWriter
	MaxConcurrency *Dynamic
	// ToleratedCount and ToleratedPercentage are nil where the definition has
	// none.
	ToleratedCount      *Dynamic
	ToleratedPercentage *Dynamic
	Label               string
}

// Processor is the ItemProcessor of a Map state, or its older Iterator.
type Processor struct {
	Flow
	// Distributed is true for children that are executions of their own.
	Distributed bool
	// Express is true for children that are Express executions.
	Express bool
}

// ItemReader reads the items of a Distributed Map.
type ItemReader struct {
	Resource Resource
	// Arguments is Arguments in JSONata and Parameters in JSONPath.
	Arguments *Template
	// InputType is JSON, JSONL, CSV, PARQUET, MANIFEST, or empty for a list of
	// objects.
	InputType      string
	HeaderLocation string // FIRST_ROW or GIVEN
	Headers        []string
	Delimiter      rune
	ManifestType   string // S3_INVENTORY or ATHENA_DATA
	ItemsPointer   string
	Flatten        bool // LOAD_AND_FLATTEN
	MaxItems       *Dynamic
}

// ItemBatcher groups the items of a Distributed Map.
type ItemBatcher struct {
	MaxItems *Dynamic
	MaxBytes *Dynamic
	Input    *Template
}

// ResultWriter stores the results of a Distributed Map.
type ResultWriter struct {
	// Resource is empty where results are shaped but stay in the output.
	Resource  Resource
	Arguments *Template
	// OutputType is JSON or JSONL.
	OutputType string
	// Transformation is NONE, COMPACT or FLATTEN.
	Transformation string
}

// What AWS allows in a Map state (developer guide, "Map state in Distributed
// mode").
const (
	maxConcurrency   = math.MaxInt32
	maxBatchBytes    = 262144
	maxItemsOfReader = 100_000_000
	maxLabel         = 40
	maxTolerated     = 10_000_000
)

func (f fields) mapState(s *State) *Map {
	m := &Map{
		MaxConcurrency:      f.dynamic("MaxConcurrency", "MaxConcurrency", wholeIn(0, maxConcurrency)),
		ToleratedCount:      f.dynamic("ToleratedFailureCount", "ToleratedFailureCount", wholeIn(0, maxTolerated)),
		ToleratedPercentage: f.dynamic("ToleratedFailurePercentage", "ToleratedFailurePercentage", numberIn(0, 100)),
		Label:               f.text("Label"),
	}
	f.processor(m)
	if f.language == JSONata {
		m.Items = f.items()
	} else {
		m.ItemsPath = f.queryPath("ItemsPath")
		m.ItemSelector = f.template("Parameters", "Parameters")
	}
	if selector := f.objectTemplate("ItemSelector", "ItemSelector"); selector != nil {
		m.ItemSelector = selector
		if f.has("Parameters") {
			f.problem(f.at("Parameters"), "got both Parameters and ItemSelector, expected ItemSelector")
		}
	}
	m.ItemReader = f.itemReader()
	m.ItemBatcher = f.itemBatcher()
	m.ResultWriter = f.resultWriter()
	if !m.Processor.Distributed {
		for _, name := range []string{"ItemReader", "ItemBatcher", "ResultWriter"} {
			if f.has(name) {
				f.problem(f.at(name), "got a field of distributed mode in a Map state whose Mode is INLINE, expected ProcessorConfig.Mode DISTRIBUTED")
			}
		}
	}
	if f.has("Label") {
		f.label(m.Label)
	}
	return m
}

// notInLabels are the characters that a Label, which becomes part of an ARN,
// may not have, beside white space and control characters (developer guide,
// "Label").
const notInLabels = "?*<>{}[]:;,\\|^~$#%&`\""

func (f fields) label(label string) {
	n := utf8.RuneCountInString(label)
	if n == 0 || n > maxLabel && !f.anySize {
		f.problem(f.at("Label"), "got a label of %d characters, expected 1 to %d", n, maxLabel)
	}
	for _, c := range label {
		if unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(notInLabels, c) {
			f.problem(f.at("Label"), "got %q in the label, expected no white space, no control characters and none of %s", c, notInLabels)
			return
		}
	}
}

func (f fields) items() *Template {
	v, ok := f.object.Get("Items")
	if !ok {
		return nil
	}
	switch v := v.(type) {
	case []any, *value.Object:
		return f.template("Items", "Items")
	case string:
		if hasDelimiters(v) {
			return f.template("Items", "Items")
		}
	}
	f.problem(f.at("Items"), "got %s, expected an array, an object or a JSONata expression {%% … %%}", describe(v))
	return nil
}

func (f fields) processor(m *Map) {
	name := "ItemProcessor"
	if f.has("Iterator") {
		if f.has(name) {
			f.problem(f.at("Iterator"), "got both ItemProcessor and Iterator, expected ItemProcessor")
		} else {
			name = "Iterator"
		}
	}
	v, ok := f.object.Get(name)
	if !ok {
		f.missing("ItemProcessor", "the states that process an item")
		return
	}
	g, ok := f.reader.fields(v, f.at(name), "an item processor", kindProcessor, f.flowLanguage(v))
	if !ok {
		return
	}
	if v, ok := g.object.Get("ProcessorConfig"); ok {
		if config, ok := f.reader.fields(v, g.at("ProcessorConfig"), "ProcessorConfig", kindConfig, g.language); ok {
			m.Processor.Distributed = config.oneOf("Mode", "INLINE", "INLINE", "DISTRIBUTED") == "DISTRIBUTED"
			kind := config.oneOf("ExecutionType", "", "STANDARD", "EXPRESS")
			m.Processor.Express = kind == "EXPRESS"
			if m.Processor.Distributed && kind == "" {
				config.missing("ExecutionType", `"STANDARD" or "EXPRESS" in distributed mode`)
			}
		}
	}
	g.flow(&m.Processor.Flow)
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
			g.problem(step(g.at("ReaderConfig"), "InputType"), "got nothing, expected %s", oneOf(inputTypes))
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
			f.problem(element(f.at("CSVHeaders"), i), "got %s, expected a column name", describe(v))
		}
		r.Headers = append(r.Headers, header)
	}
	if substitution.MatchString(r.InputType) {
		return // which fields it takes is not known yet
	}
	csv := r.InputType == "CSV"
	switch {
	case csv && r.HeaderLocation == "":
		f.missing("CSVHeaderLocation", `"FIRST_ROW" or "GIVEN" where InputType is CSV`)
	case csv && r.HeaderLocation == "GIVEN" && len(r.Headers) == 0:
		f.missing("CSVHeaders", "column names where CSVHeaderLocation is GIVEN")
	case r.HeaderLocation == "FIRST_ROW" && len(r.Headers) > 0:
		f.problem(f.at("CSVHeaders"), "got column names where CSVHeaderLocation is FIRST_ROW, expected GIVEN")
	}
	if !csv && r.InputType != "" && !(r.InputType == "MANIFEST" && r.ManifestType == "ATHENA_DATA") && r.ManifestType == "" {
		for _, name := range []string{"CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"} {
			if f.has(name) {
				f.problem(f.at(name), "got a field of CSV where InputType is %s, expected it where InputType is CSV", r.InputType)
			}
		}
	}
	if r.ItemsPointer != "" && r.InputType != "JSON" {
		f.problem(f.at("ItemsPointer"), "got a JSON pointer where InputType is %s, expected InputType JSON", r.InputType)
	}
}

func (f fields) itemBatcher() *ItemBatcher {
	v, ok := f.object.Get("ItemBatcher")
	if !ok {
		return nil
	}
	g, ok := f.reader.fields(v, f.at("ItemBatcher"), "an item batcher", kindBatcher, f.language)
	if !ok {
		return nil
	}
	b := &ItemBatcher{
		MaxItems: g.dynamic("MaxItemsPerBatch", "ItemBatcher/MaxItemsPerBatch", wholeIn(1, maxItemsOfReader)),
		MaxBytes: g.dynamic("MaxInputBytesPerBatch", "ItemBatcher/MaxInputBytesPerBatch", wholeIn(1, maxBatchBytes)),
		Input:    g.objectTemplate("BatchInput", "ItemBatcher/BatchInput"),
	}
	if b.MaxItems == nil && b.MaxBytes == nil && !g.has("MaxItemsPerBatch") && !g.has("MaxInputBytesPerBatch") {
		g.problem(g.path, "got neither MaxItemsPerBatch nor MaxInputBytesPerBatch, expected at least one of them")
	}
	return b
}

func (f fields) resultWriter() *ResultWriter {
	v, ok := f.object.Get("ResultWriter")
	if !ok {
		return nil
	}
	g, ok := f.reader.fields(v, f.at("ResultWriter"), "a result writer", kindWriter, f.language)
	if !ok {
		return nil
	}
	w := &ResultWriter{OutputType: "JSON", Transformation: "NONE"}
	if g.has("Resource") {
		w.Resource = g.s3Resource("s3:putObject")
	}
	w.Arguments = g.argumentsTemplate("ResultWriter")
	if v, ok := g.object.Get("WriterConfig"); ok {
		if config, ok := f.reader.fields(v, g.at("WriterConfig"), "WriterConfig", kindWriting, f.language); ok {
			w.OutputType = config.oneOf("OutputType", "JSON", "JSON", "JSONL")
			w.Transformation = config.oneOf("Transformation", "NONE", "NONE", "COMPACT", "FLATTEN")
		}
	} else if !g.has("Resource") {
		g.problem(g.path, "got neither Resource nor WriterConfig, expected at least one of them")
	}
	if g.has("Resource") && w.Arguments == nil {
		g.missing(g.argumentsName(), "the bucket and the prefix of the results")
	}
	return w
}

func (f fields) argumentsName() string {
	if f.language == JSONata {
		return "Arguments"
	}
	return "Parameters"
}

func (f fields) argumentsTemplate(of string) *Template {
	return f.objectTemplate(f.argumentsName(), of+"/"+f.argumentsName())
}

// s3Resource is the Resource of a reader or a writer.
func (f fields) s3Resource(allowed ...string) Resource {
	if !f.has("Resource") {
		f.missing("Resource", "arn:aws:states:::"+allowed[0])
		return Resource{}
	}
	arn := f.text("Resource")
	r, ok := parseResource(arn)
	if ok && r.Pattern == RequestResponse {
		for _, name := range allowed {
			if r.Service+":"+r.Action == name {
				return r
			}
		}
	}
	if !f.substituted(f.at("Resource"), arn) {
		f.problem(f.at("Resource"), "got %q, expected arn:aws:states:::%s", arn, joinOr(allowed))
	}
	return Resource{}
}

func joinOr(names []string) string {
	text := names[0]
	for _, name := range names[1:] {
		text += " or arn:aws:states:::" + name
	}
	return text
}
