package asl

import (
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
)

// ResultWriter stores the results of a Distributed Map.
type ResultWriter struct {
	// Resource is empty if the results are only transformed and stay in the output.
	Resource  Resource
	Arguments *expression.Template
	// OutputType is JSON or JSONL.
	OutputType string
	// Transformation is NONE, COMPACT or FLATTEN.
	Transformation string
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
		g.reader.problem(g.path, "got neither Resource nor WriterConfig, expected at least one of them")
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

func (f fields) argumentsTemplate(of string) *expression.Template {
	return f.objectTemplate(f.argumentsName(), of+"/"+f.argumentsName())
}

// s3Resource reads the Resource of a reader or a writer.
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
	if !f.reader.substituted(f.at("Resource"), arn) {
		f.reader.problem(f.at("Resource"), "got %q, expected arn:aws:states:::%s", arn, strings.Join(allowed, " or arn:aws:states:::"))
	}
	return Resource{}
}
