package functionlog

import (
	"encoding/json"
	"slices"
	"strings"
)

// InvokedByMaps returns the functions that the Maps of a definition invoke, by their
// names or ARNs.
func InvokedByMaps(definition string) ([]string, error) {
	var node any
	if err := json.Unmarshal([]byte(definition), &node); err != nil {
		return nil, err
	}
	return invoked(node, false, nil), nil
}

// invoked adds the functions that the tasks of a definition invoke within its Maps.
func invoked(node any, inMap bool, names []string) []string {
	switch node := node.(type) {
	case []any:
		for _, element := range node {
			names = invoked(element, inMap, names)
		}
	case map[string]any:
		if name := functionOf(node); inMap && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		for key, value := range node {
			names = invoked(value, inMap || key == "ItemProcessor" || key == "Iterator", names)
		}
	}
	slices.Sort(names)
	return names
}

// functionOf returns the function that a task invokes, without a version; "" if the
// node is no such task, or an expression names the function.
func functionOf(node map[string]any) string {
	resource, _ := node["Resource"].(string)
	name := resource
	if strings.Contains(resource, ":lambda:invoke") {
		for _, member := range []string{"Arguments", "Parameters"} {
			if arguments, ok := node[member].(map[string]any); ok {
				name, _ = arguments["FunctionName"].(string)
			}
		}
	} else if !strings.Contains(resource, ":function:") {
		return ""
	}
	if strings.HasPrefix(name, "{%") {
		return ""
	}
	if before, function, ok := strings.Cut(name, ":function:"); ok {
		function, _, _ = strings.Cut(function, ":")
		return before + ":function:" + function
	}
	name, _, _ = strings.Cut(name, ":")
	return name
}
