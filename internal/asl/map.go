package asl

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/asl/fields"
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

func (p *parser) mapState(f fields.Object) *Map {
	m := &Map{
		MaxConcurrency:      f.Dynamic("MaxConcurrency", "MaxConcurrency", fields.WholeIn(0, maxConcurrency)),
		ToleratedCount:      f.Dynamic("ToleratedFailureCount", "ToleratedFailureCount", fields.WholeIn(0, maxTolerated)),
		ToleratedPercentage: f.Dynamic("ToleratedFailurePercentage", "ToleratedFailurePercentage", fields.NumberIn(0, 100)),
		Label:               f.Text("Label"),
	}
	p.processor(f, m)
	if f.Language == JSONata {
		m.Items = p.items(f)
	} else {
		m.ItemsPath = f.MustPath("ItemsPath")
		m.ItemSelector = f.Template("Parameters", "Parameters")
	}
	if selector := f.ObjectTemplate("ItemSelector", "ItemSelector"); selector != nil {
		m.ItemSelector = selector
		if f.Has("Parameters") {
			f.Document.Problem(f.At("Parameters"), "got both Parameters and ItemSelector, expected ItemSelector")
		}
	}
	m.ItemReader = p.itemReader(f)
	m.ItemBatcher = p.itemBatcher(f)
	m.ResultWriter = p.resultWriter(f)
	if !m.Processor.Distributed {
		for _, name := range []string{"ItemReader", "ItemBatcher", "ResultWriter"} {
			if f.Has(name) {
				f.Document.Problem(f.At(name), "got a Distributed Map field in a Map state whose Mode is INLINE, expected ProcessorConfig.Mode DISTRIBUTED")
			}
		}
	}
	if f.Has("Label") {
		p.label(f, m.Label)
	}
	return m
}

// notInLabels holds the characters that a Label must not contain, in addition to
// white space and control characters, because it becomes part of an ARN
// (developer guide, "Label").
const notInLabels = "?*<>{}[]:;,\\|^~$#%&`\""

func (p *parser) label(f fields.Object, label string) {
	n := utf8.RuneCountInString(label)
	if n == 0 || n > maxLabel && !p.anySize {
		f.Document.Problem(f.At("Label"), "got a label of %d characters, expected 1 to %d", n, maxLabel)
	}
	for _, c := range label {
		if unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(notInLabels, c) {
			f.Document.Problem(f.At("Label"), "got %q in the label, expected no white space, no control characters and none of %s", c, notInLabels)
			return
		}
	}
}

func (p *parser) items(f fields.Object) *expression.Template {
	v, ok := f.Get("Items")
	if !ok {
		return nil
	}
	switch v := v.(type) {
	case []any, *value.Object:
		return f.Template("Items", "Items")
	case string:
		if _, ok := expression.JSONataSource(v); ok {
			return f.Template("Items", "Items")
		}
	}
	f.Document.Problem(f.At("Items"), "got %s, expected an array, an object or a JSONata expression {%% … %%}", value.Describe(v))
	return nil
}

func (p *parser) processor(f fields.Object, m *Map) {
	name := "ItemProcessor"
	if f.Has("Iterator") {
		if f.Has(name) {
			f.Document.Problem(f.At("Iterator"), "got both ItemProcessor and Iterator, expected ItemProcessor")
		} else {
			name = "Iterator"
		}
	}
	v, ok := f.Get(name)
	if !ok {
		f.Missing("ItemProcessor", "the states that process an item")
		return
	}
	g, ok := f.Document.Open(v, f.At(name), "an item processor", fields.ProcessorKind, p.flowLanguage(v))
	if !ok {
		return
	}
	if v, ok := g.Get("ProcessorConfig"); ok {
		if config, ok := f.Document.Open(v, g.At("ProcessorConfig"), "ProcessorConfig", fields.ConfigKind, g.Language); ok {
			m.Processor.Distributed = config.OneOf("Mode", "INLINE", "INLINE", "DISTRIBUTED") == "DISTRIBUTED"
			kind := config.OneOf("ExecutionType", "", "STANDARD", "EXPRESS")
			m.Processor.Express = kind == "EXPRESS"
			if m.Processor.Distributed && kind == "" {
				config.Missing("ExecutionType", `"STANDARD" or "EXPRESS" if Mode is DISTRIBUTED`)
			}
		}
	}
	if m.Processor.Distributed { // its children read no variables from outside
		defer p.scopes.Hide()()
	}
	p.flow(g, &m.Processor.Flow)
}
