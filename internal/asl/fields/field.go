package fields

import (
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/expression"
)

// Language is the language of the expressions in a state.
type Language string

// The two query languages.
const (
	JSONPath Language = "JSONPath"
	JSONata  Language = "JSONata"
)

// languages names the query languages in which a field is allowed.
type languages int

const (
	bothLanguages languages = iota
	onlyJSONPath
	onlyJSONata
)

// Kind names a kind of object in a definition.
type Kind string

// The kinds of objects. Those of states have the names of the types.
const (
	MachineKind    Kind = "StateMachine"
	BranchKind     Kind = "Branch"
	ProcessorKind  Kind = "ItemProcessor"
	ConfigKind     Kind = "ProcessorConfig"
	ReaderKind     Kind = "ItemReader"
	ReadConfigKind Kind = "ReaderConfig"
	BatcherKind    Kind = "ItemBatcher"
	WriterKind     Kind = "ResultWriter"
	WritingKind    Kind = "WriterConfig"
	RetrierKind    Kind = "Retry"
	CatcherKind    Kind = "Catch"
	RuleKind       Kind = "Choices"
	TestKind       Kind = "Choices (nested)"
	RoleKind       Kind = "Credentials"
	taskKind       Kind = "Task"
	passKind       Kind = "Pass"
	choiceKind     Kind = "Choice"
	waitKind       Kind = "Wait"
	succeedKind    Kind = "Succeed"
	failKind       Kind = "Fail"
	parallelKind   Kind = "Parallel"
	mapKind        Kind = "Map"
)

// fieldTable holds all fields that a definition may have, by the kind of object.
// docs/states-language.md names those that differ from AWS here.
var fieldTable = map[Kind]map[string]languages{
	MachineKind: {
		"Comment": bothLanguages, "QueryLanguage": bothLanguages, "StartAt": bothLanguages,
		"States": bothLanguages, "TimeoutSeconds": bothLanguages, "Version": bothLanguages,
	},
	taskKind: with(commonFields, map[string]languages{
		"Arguments": onlyJSONata, "Assign": bothLanguages, "Catch": bothLanguages, "Credentials": bothLanguages,
		"End": bothLanguages, "HeartbeatSeconds": bothLanguages, "HeartbeatSecondsPath": onlyJSONPath,
		"Next": bothLanguages, "Output": onlyJSONata, "Parameters": onlyJSONPath, "Resource": bothLanguages,
		"ResultPath": onlyJSONPath, "ResultSelector": onlyJSONPath, "Retry": bothLanguages,
		"TimeoutSeconds": bothLanguages, "TimeoutSecondsPath": onlyJSONPath,
	}),
	passKind: with(commonFields, map[string]languages{
		"Assign": bothLanguages, "End": bothLanguages, "Next": bothLanguages, "Output": onlyJSONata,
		"Parameters": onlyJSONPath, "Result": onlyJSONPath, "ResultPath": onlyJSONPath,
	}),
	choiceKind: with(commonFields, map[string]languages{
		"Assign": bothLanguages, "Choices": bothLanguages, "Default": bothLanguages, "Output": onlyJSONata,
	}),
	waitKind: with(commonFields, map[string]languages{
		"Assign": bothLanguages, "End": bothLanguages, "Next": bothLanguages, "Output": onlyJSONata,
		"Seconds": bothLanguages, "SecondsPath": onlyJSONPath, "Timestamp": bothLanguages, "TimestampPath": onlyJSONPath,
	}),
	succeedKind: with(commonFields, map[string]languages{
		"Output": onlyJSONata,
	}),
	failKind: {
		"Cause": bothLanguages, "CausePath": onlyJSONPath, "Comment": bothLanguages, "Error": bothLanguages,
		"ErrorPath": onlyJSONPath, "QueryLanguage": bothLanguages, "Type": bothLanguages,
	},
	parallelKind: with(commonFields, map[string]languages{
		"Arguments": onlyJSONata, "Assign": bothLanguages, "Branches": bothLanguages, "Catch": bothLanguages,
		"End": bothLanguages, "Next": bothLanguages, "Output": onlyJSONata, "Parameters": onlyJSONPath,
		"ResultPath": onlyJSONPath, "ResultSelector": onlyJSONPath, "Retry": bothLanguages,
	}),
	mapKind: with(commonFields, map[string]languages{
		"Assign": bothLanguages, "Catch": bothLanguages, "End": bothLanguages, "ItemBatcher": bothLanguages,
		"ItemProcessor": bothLanguages, "ItemReader": bothLanguages, "ItemSelector": bothLanguages, "Items": onlyJSONata,
		"ItemsPath": onlyJSONPath, "Iterator": bothLanguages, "Label": bothLanguages, "MaxConcurrency": bothLanguages,
		"MaxConcurrencyPath": onlyJSONPath, "Next": bothLanguages, "Output": onlyJSONata, "Parameters": onlyJSONPath,
		"ResultPath": onlyJSONPath, "ResultSelector": onlyJSONPath, "ResultWriter": bothLanguages, "Retry": bothLanguages,
		"ToleratedFailureCount": bothLanguages, "ToleratedFailureCountPath": onlyJSONPath,
		"ToleratedFailurePercentage": bothLanguages, "ToleratedFailurePercentagePath": onlyJSONPath,
	}),
	BranchKind: {
		"Comment": bothLanguages, "QueryLanguage": bothLanguages, "StartAt": bothLanguages, "States": bothLanguages,
	},
	ProcessorKind: {
		"Comment": bothLanguages, "ProcessorConfig": bothLanguages, "QueryLanguage": bothLanguages,
		"StartAt": bothLanguages, "States": bothLanguages,
	},
	ConfigKind: {"ExecutionType": bothLanguages, "Mode": bothLanguages},
	ReaderKind: {
		"Arguments": onlyJSONata, "Comment": bothLanguages, "Parameters": onlyJSONPath,
		"ReaderConfig": bothLanguages, "Resource": bothLanguages,
	},
	ReadConfigKind: {
		"CSVDelimiter": bothLanguages, "CSVHeaderLocation": bothLanguages, "CSVHeaders": bothLanguages,
		"InputType": bothLanguages, "ItemsPointer": bothLanguages, "ManifestType": bothLanguages,
		"MaxItems": bothLanguages, "MaxItemsPath": onlyJSONPath, "Transformation": bothLanguages,
	},
	BatcherKind: {
		"BatchInput": bothLanguages, "Comment": bothLanguages, "MaxInputBytesPerBatch": bothLanguages,
		"MaxInputBytesPerBatchPath": onlyJSONPath, "MaxItemsPerBatch": bothLanguages, "MaxItemsPerBatchPath": onlyJSONPath,
	},
	WriterKind: {
		"Arguments": onlyJSONata, "Comment": bothLanguages, "Parameters": onlyJSONPath, "Resource": bothLanguages,
		"WriterConfig": bothLanguages,
	},
	WritingKind: {"OutputType": bothLanguages, "Transformation": bothLanguages},
	RetrierKind: {
		"BackoffRate": bothLanguages, "Comment": bothLanguages, "ErrorEquals": bothLanguages, "IntervalSeconds": bothLanguages,
		"JitterStrategy": bothLanguages, "MaxAttempts": bothLanguages, "MaxDelaySeconds": bothLanguages,
	},
	CatcherKind: {
		"Assign": bothLanguages, "Comment": bothLanguages, "ErrorEquals": bothLanguages, "Next": bothLanguages,
		"Output": onlyJSONata, "ResultPath": onlyJSONPath,
	},
	RuleKind: with(comparisonFields, map[string]languages{
		"Assign": bothLanguages, "Comment": bothLanguages, "Condition": onlyJSONata, "Next": bothLanguages, "Output": onlyJSONata,
	}),
	TestKind: with(comparisonFields, map[string]languages{"Comment": bothLanguages}),
	RoleKind: {"RoleArn": bothLanguages, "RoleArn.$": onlyJSONPath},
}

var commonFields = map[string]languages{
	"Comment": bothLanguages, "InputPath": onlyJSONPath, "OutputPath": onlyJSONPath,
	"QueryLanguage": bothLanguages, "Type": bothLanguages,
}

func with(a, b map[string]languages) map[string]languages {
	all := make(map[string]languages, len(a)+len(b))
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

// names returns the fields of a kind of object in a query language, sorted.
func names(kind Kind, language Language) []string {
	var names []string
	for name, languages := range fieldTable[kind] {
		if languages == bothLanguages || (languages == onlyJSONPath) == (language == JSONPath) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// comparisonFields holds the fields of a JSONPath comparison.
var comparisonFields = func() map[string]languages {
	all := map[string]languages{"Variable": onlyJSONPath, "And": onlyJSONPath, "Or": onlyJSONPath, "Not": onlyJSONPath}
	for _, name := range expression.Comparisons() {
		all[name] = onlyJSONPath
		if expression.ComparisonOf(name).TakesPath {
			all[name+"Path"] = onlyJSONPath
		}
	}
	return all
}()

// IsComparison reports whether a field of a choice rule holds a comparison: an
// operator, or And, Or or Not.
func IsComparison(name string) bool {
	_, ok := comparisonFields[name]
	return ok && name != "Variable"
}
