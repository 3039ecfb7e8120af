// Package definition reads the definitions of state machines in templates.
package definition

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/yaml"
)

// properties are those of a state machine that say what it runs (CloudFormation
// user guide, AWS::StepFunctions::StateMachine).
type properties struct {
	DefinitionString        string
	Definition              json.RawMessage
	DefinitionS3Location    struct{ Bucket, Key string }
	DefinitionSubstitutions map[string]any
	StateMachineType        string
}

// Of returns the definition of a state machine, with its substitutions made, and
// whether it is an Express one.
func Of(r *template.Resource) (text string, express bool, err error) {
	var p properties
	if err := r.Decode(&p); err != nil {
		return "", false, err
	}
	text, err = p.text(r)
	return text, p.StateMachineType == "EXPRESS", err
}

func (p *properties) text(r *template.Resource) (string, error) {
	var texts []string
	quoted := false // whether a substitution is within a string of JSON for sure
	if p.DefinitionString != "" {
		texts = append(texts, p.DefinitionString)
	}
	if len(p.Definition) > 0 && string(p.Definition) != "null" {
		texts, quoted = append(texts, string(p.Definition)), true
	}
	if key := p.DefinitionS3Location.Key; key != "" {
		text, err := stored(r, p.DefinitionS3Location.Bucket, key)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	if len(texts) != 1 {
		return "", fmt.Errorf("got %d of DefinitionString, Definition and DefinitionS3Location, expected one", len(texts))
	}
	return substitute(texts[0], p.DefinitionSubstitutions, quoted), nil
}

// stored reads a definition that is an asset. Its name says whether it is YAML.
func stored(r *template.Resource, bucket, key string) (string, error) {
	file, ok := r.Stack.Asset(key)
	if !ok {
		return "", fmt.Errorf("DefinitionS3Location: got s3://%s/%s, expected an asset of the app", bucket, key)
	}
	text, err := os.ReadFile(file)
	if err == nil && (path.Ext(key) == ".yaml" || path.Ext(key) == ".yml") {
		text, err = yaml.JSON(text)
		if said, ok := errors.AsType[*yaml.Error](err); ok {
			err = fmt.Errorf("%s:%d: %s", file, said.Line, said.Message)
		}
	}
	return string(text), err
}

// substitute replaces ${Name} by its value. Within a string of JSON, the value is
// escaped.
func substitute(text string, values map[string]any, quoted bool) string {
	var pairs []string
	for name, v := range values {
		s, isText := v.(string)
		if encoded, err := json.Marshal(v); err == nil && !isText {
			s = string(encoded)
		} else if quoted {
			s = strings.TrimSuffix(strings.TrimPrefix(string(encoded), `"`), `"`)
		}
		pairs = append(pairs, "${"+name+"}", s)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
