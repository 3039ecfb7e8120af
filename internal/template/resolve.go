package template

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// omitted is the value of AWS::NoValue.
type omitted struct{}

// Resolve replaces the intrinsic functions in a value of the template by plain
// values: names and ARNs as the resources have them on this machine.
func (s *Stack) Resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for i, element := range v {
			r, err := s.Resolve(element)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			if r != (omitted{}) {
				list = append(list, r)
			}
		}
		return list, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
					resolved, err := s.intrinsic(name, argument)
					if text, ok := resolved.(string); ok && err == nil {
						return s.dynamic(text)
					}
					return resolved, err
				}
			}
		}
		return s.resolveObject(v)
	case string:
		if strings.Contains(v, dynamicBegin) {
			return s.dynamic(v)
		}
	}
	return v, nil
}

func (s *Stack) resolveObject(v map[string]any) (map[string]any, error) {
	object := make(map[string]any, len(v))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		r, err := s.Resolve(v[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if r != (omitted{}) {
			object[name] = r
		}
	}
	return object, nil
}

func (s *Stack) intrinsic(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return s.ref(id)
	case "Fn::GetAtt":
		if path, ok := argument.(string); ok {
			id, attribute, _ := strings.Cut(path, ".")
			return s.attribute(id, attribute)
		}
		pair, err := s.list(name, argument, 2)
		if err != nil {
			return nil, err
		}
		return s.attribute(fmt.Sprint(pair[0]), fmt.Sprint(pair[1]))
	case "Fn::Sub":
		return s.substitute(argument)
	case "Fn::If":
		parts, ok := argument.([]any) // the branch not taken is not resolved
		if !ok || len(parts) != 3 {
			return nil, fmt.Errorf("%s: got %v, expected a condition and two values", name, argument)
		}
		holds, err := s.condition(fmt.Sprint(parts[0]))
		if err != nil {
			return nil, err
		}
		if holds {
			return s.Resolve(parts[1])
		}
		return s.Resolve(parts[2])
	case "Condition":
		return s.condition(fmt.Sprint(argument))
	}

	args, err := s.list(name, argument, 0)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "Fn::Join" && len(args) == 2:
		parts, ok := args[1].([]any)
		if !ok {
			return nil, fmt.Errorf("%s: got %v, expected a list", name, args[1])
		}
		texts := make([]string, len(parts))
		for i, p := range parts {
			texts[i] = fmt.Sprint(p)
		}
		return strings.Join(texts, fmt.Sprint(args[0])), nil
	case name == "Fn::Split" && len(args) == 2:
		var list []any
		for part := range strings.SplitSeq(fmt.Sprint(args[1]), fmt.Sprint(args[0])) {
			list = append(list, part)
		}
		return list, nil
	case name == "Fn::Select" && len(args) == 2:
		at, err := strconv.Atoi(fmt.Sprint(args[0]))
		list, ok := args[1].([]any)
		if err != nil || !ok || at < 0 || at >= len(list) {
			return nil, fmt.Errorf("%s: got %v, expected an index into a list", name, args)
		}
		return list[at], nil
	case name == "Fn::FindInMap" && len(args) == 3:
		v, ok := s.document.Mappings[fmt.Sprint(args[0])][fmt.Sprint(args[1])][fmt.Sprint(args[2])]
		if !ok {
			return nil, fmt.Errorf("%s: got %v, expected keys of Mappings", name, args)
		}
		return v, nil
	case name == "Fn::ImportValue" && len(args) == 1:
		return s.imported(fmt.Sprint(args[0]))
	case name == "Fn::GetAZs" && len(args) == 1:
		region := cmp.Or(fmt.Sprint(args[0]), s.Region)
		return []any{region + "a", region + "b", region + "c"}, nil
	case name == "Fn::Base64" && len(args) == 1:
		return base64.StdEncoding.EncodeToString(fmt.Append(nil, args[0])), nil
	case name == "Fn::Length":
		return len(args), nil
	case name == "Fn::ToJsonString":
		text, err := json.Marshal(args[0])
		return string(text), err
	case name == "Fn::Equals" && len(args) == 2:
		return fmt.Sprint(args[0]) == fmt.Sprint(args[1]), nil
	case name == "Fn::Not" && len(args) == 1:
		return args[0] != true, nil
	case name == "Fn::And":
		return !slices.Contains(args, any(false)), nil
	case name == "Fn::Or":
		return slices.Contains(args, any(true)), nil
	}
	return nil, fmt.Errorf("got %s, which is not supported on this machine", name)
}

func (s *Stack) list(name string, argument any, length int) ([]any, error) {
	resolved, err := s.Resolve(argument)
	if err != nil {
		return nil, err
	}
	list, ok := resolved.([]any)
	if !ok {
		list = []any{resolved}
	}
	if length > 0 && len(list) != length {
		return nil, fmt.Errorf("%s: got %v, expected %d arguments", name, argument, length)
	}
	return list, nil
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func (s *Stack) substitute(argument any) (any, error) {
	text, variables := "", map[string]any{}
	switch argument := argument.(type) {
	case string:
		text = argument
	case []any:
		if len(argument) == 2 {
			text, _ = argument[0].(string)
			variables, _ = argument[1].(map[string]any)
		}
	}
	var failure error
	result := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := strings.TrimSpace(match[2 : len(match)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		var v any
		var err error
		if given, ok := variables[name]; ok {
			v, err = s.Resolve(given)
		} else if id, attribute, ok := strings.Cut(name, "."); ok {
			v, err = s.attribute(id, attribute)
		} else {
			v, err = s.ref(name)
		}
		if err != nil && failure == nil {
			failure = fmt.Errorf("Fn::Sub: %w", err)
		}
		return fmt.Sprint(v)
	})
	return result, failure
}

func (s *Stack) condition(name string) (bool, error) {
	expression, ok := s.document.Conditions[name]
	if !ok {
		return false, fmt.Errorf("got condition %q, expected one of the template", name)
	}
	v, err := s.Resolve(expression)
	return v == true, err
}
