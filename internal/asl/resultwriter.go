package asl

import (
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/expression"
)

// ResultWriter stores the results of a Distributed Map.
type ResultWriter struct {
	// Resource is empty if the results are only transformed and stay in the output.
	Resource  services.Resource
	Arguments *expression.Template
	// OutputType is JSON or JSONL.
	OutputType string
	// Transformation is NONE, COMPACT or FLATTEN.
	Transformation string
}

func (p *parser) resultWriter(f fields.Object) *ResultWriter {
	v, ok := f.Get("ResultWriter")
	if !ok {
		return nil
	}
	g, ok := f.Document.Open(v, f.At("ResultWriter"), "a result writer", fields.WriterKind, f.Language)
	if !ok {
		return nil
	}
	w := &ResultWriter{OutputType: "JSON", Transformation: "NONE"}
	if g.Has("Resource") {
		w.Resource = p.s3Resource(g, "s3:putObject")
	}
	w.Arguments = p.argumentsTemplate(g, "ResultWriter")
	if v, ok := g.Get("WriterConfig"); ok {
		if config, ok := f.Document.Open(v, g.At("WriterConfig"), "WriterConfig", fields.WritingKind, f.Language); ok {
			w.OutputType = config.OneOf("OutputType", "JSON", "JSON", "JSONL")
			w.Transformation = config.OneOf("Transformation", "NONE", "NONE", "COMPACT", "FLATTEN")
		}
	} else if !g.Has("Resource") {
		g.Document.Problem(g.Path, "got neither Resource nor WriterConfig, expected at least one of them")
	}
	if g.Has("Resource") && w.Arguments == nil {
		g.Missing(p.argumentsName(g), "the bucket and the prefix of the results")
	}
	return w
}

func (p *parser) argumentsName(f fields.Object) string {
	if f.Language == JSONata {
		return "Arguments"
	}
	return "Parameters"
}

func (p *parser) argumentsTemplate(f fields.Object, of string) *expression.Template {
	return f.ObjectTemplate(p.argumentsName(f), of+"/"+p.argumentsName(f))
}

// s3Resource reads the Resource of a reader or a writer.
func (p *parser) s3Resource(f fields.Object, allowed ...string) services.Resource {
	if !f.Has("Resource") {
		f.Missing("Resource", "arn:aws:states:::"+allowed[0])
		return services.Resource{}
	}
	arn := f.Text("Resource")
	r, ok := services.Parse(arn)
	if ok && r.Pattern == services.RequestResponse {
		if slices.Contains(allowed, r.Service+":"+r.Action) {
			return r
		}
	}
	if !f.Document.Substituted(f.At("Resource"), arn) {
		f.Document.Problem(f.At("Resource"), "got %q, expected arn:aws:states:::%s", arn, strings.Join(allowed, " or arn:aws:states:::"))
	}
	return services.Resource{}
}
