package asl

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// Map holds the fields of a Map state.
type Map struct {
	Processor Processor
	// Items (in JSONata) and ItemsPath (in JSONPath) select the items. If both are
	// nil, the state's input is the items.
	Items     *expression.Template
	ItemsPath *expression.Path
	// ItemSelector also holds the older field Parameters.
	ItemSelector   *expression.Template
	ItemReader     *ItemReader
	ItemBatcher    *ItemBatcher
	ResultWriter   *ResultWriter
	MaxConcurrency *expression.Dynamic
	// ToleratedCount and ToleratedPercentage are nil if the definition does not
	// set them.
	ToleratedCount      *expression.Dynamic
	ToleratedPercentage *expression.Dynamic
	Label               string
}

// Processor is the ItemProcessor of a Map state, or its older Iterator.
type Processor struct {
	Flow
	// Distributed is true if each item or batch is a child execution.
	Distributed bool
	// Express is true if the child executions are Express.
	Express bool
}

// Limits of a Map state (developer guide, "Map state in Distributed mode").
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
			f.reader.problem(f.at("Parameters"), "got both Parameters and ItemSelector, expected ItemSelector")
		}
	}
	m.ItemReader = f.itemReader()
	m.ItemBatcher = f.itemBatcher()
	m.ResultWriter = f.resultWriter()
	if !m.Processor.Distributed {
		for _, name := range []string{"ItemReader", "ItemBatcher", "ResultWriter"} {
			if f.has(name) {
				f.reader.problem(f.at(name), "got a Distributed Map field in a Map state whose Mode is INLINE, expected ProcessorConfig.Mode DISTRIBUTED")
			}
		}
	}
	if f.has("Label") {
		f.label(m.Label)
	}
	return m
}

// notInLabels holds the characters that a Label must not contain, in addition to
// white space and control characters, because it becomes part of an ARN
// (developer guide, "Label").
const notInLabels = "?*<>{}[]:;,\\|^~$#%&`\""

func (f fields) label(label string) {
	n := utf8.RuneCountInString(label)
	if n == 0 || n > maxLabel && !f.reader.anySize {
		f.reader.problem(f.at("Label"), "got a label of %d characters, expected 1 to %d", n, maxLabel)
	}
	for _, c := range label {
		if unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(notInLabels, c) {
			f.reader.problem(f.at("Label"), "got %q in the label, expected no white space, no control characters and none of %s", c, notInLabels)
			return
		}
	}
}

func (f fields) items() *expression.Template {
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
	f.reader.problem(f.at("Items"), "got %s, expected an array, an object or a JSONata expression {%% … %%}", value.Describe(v))
	return nil
}

func (f fields) processor(m *Map) {
	name := "ItemProcessor"
	if f.has("Iterator") {
		if f.has(name) {
			f.reader.problem(f.at("Iterator"), "got both ItemProcessor and Iterator, expected ItemProcessor")
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
				config.missing("ExecutionType", `"STANDARD" or "EXPRESS" if Mode is DISTRIBUTED`)
			}
		}
	}
	g.flow(&m.Processor.Flow)
}
