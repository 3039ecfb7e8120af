package asl

import (
	"maps"
	"slices"
)

// languages names the query languages in which a field is allowed.
type languages int

const (
	bothLanguages languages = iota
	onlyJSONPath
	onlyJSONata
)

// fieldKind names a kind of object in a definition.
type fieldKind string

// Kinds of objects other than the eight types of states.
const (
	kindMachine    fieldKind = "StateMachine"
	kindBranch     fieldKind = "Branch"
	kindProcessor  fieldKind = "ItemProcessor"
	kindConfig     fieldKind = "ProcessorConfig"
	kindReader     fieldKind = "ItemReader"
	kindReadConfig fieldKind = "ReaderConfig"
	kindBatcher    fieldKind = "ItemBatcher"
	kindWriter     fieldKind = "ResultWriter"
	kindWriting    fieldKind = "WriterConfig"
	kindRetrier    fieldKind = "Retry"
	kindCatcher    fieldKind = "Catch"
	kindRule       fieldKind = "Choices"
	kindTest       fieldKind = "Choices (nested)"
	kindRole       fieldKind = "Credentials"
)

// fieldTable holds all fields that a definition may have, by the kind of object.
// docs/states-language.md has a row for each.
var fieldTable = map[fieldKind]map[string]languages{
	kindMachine: {
		"Comment": bothLanguages, "QueryLanguage": bothLanguages, "StartAt": bothLanguages,
		"States": bothLanguages, "TimeoutSeconds": bothLanguages, "Version": bothLanguages,
	},
	fieldKind(TaskState): with(commonFields, map[string]languages{
		"Arguments": onlyJSONata, "Assign": bothLanguages, "Catch": bothLanguages, "Credentials": bothLanguages,
		"End": bothLanguages, "HeartbeatSeconds": bothLanguages, "HeartbeatSecondsPath": onlyJSONPath,
		"Next": bothLanguages, "Output": onlyJSONata, "Parameters": onlyJSONPath, "Resource": bothLanguages,
		"ResultPath": onlyJSONPath, "ResultSelector": onlyJSONPath, "Retry": bothLanguages,
		"TimeoutSeconds": bothLanguages, "TimeoutSecondsPath": onlyJSONPath,
	}),
	fieldKind(PassState): with(commonFields, map[string]languages{
		"Assign": bothLanguages, "End": bothLanguages, "Next": bothLanguages, "Output": onlyJSONata,
		"Parameters": onlyJSONPath, "Result": onlyJSONPath, "ResultPath": onlyJSONPath,
	}),
	fieldKind(ChoiceState): with(commonFields, map[string]languages{
		"Assign": bothLanguages, "Choices": bothLanguages, "Default": bothLanguages, "Output": onlyJSONata,
	}),
	fieldKind(WaitState): with(commonFields, map[string]languages{
		"Assign": bothLanguages, "End": bothLanguages, "Next": bothLanguages, "Output": onlyJSONata,
		"Seconds": bothLanguages, "SecondsPath": onlyJSONPath, "Timestamp": bothLanguages, "TimestampPath": onlyJSONPath,
	}),
	fieldKind(SucceedState): with(commonFields, map[string]languages{
		"Output": onlyJSONata,
	}),
	fieldKind(FailState): {
		"Cause": bothLanguages, "CausePath": onlyJSONPath, "Comment": bothLanguages, "Error": bothLanguages,
		"ErrorPath": onlyJSONPath, "QueryLanguage": bothLanguages, "Type": bothLanguages,
	},
	fieldKind(ParallelState): with(commonFields, map[string]languages{
		"Arguments": onlyJSONata, "Assign": bothLanguages, "Branches": bothLanguages, "Catch": bothLanguages,
		"End": bothLanguages, "Next": bothLanguages, "Output": onlyJSONata, "Parameters": onlyJSONPath,
		"ResultPath": onlyJSONPath, "ResultSelector": onlyJSONPath, "Retry": bothLanguages,
	}),
	fieldKind(MapState): with(commonFields, map[string]languages{
		"Assign": bothLanguages, "Catch": bothLanguages, "End": bothLanguages, "ItemBatcher": bothLanguages,
		"ItemProcessor": bothLanguages, "ItemReader": bothLanguages, "ItemSelector": bothLanguages, "Items": onlyJSONata,
		"ItemsPath": onlyJSONPath, "Iterator": bothLanguages, "Label": bothLanguages, "MaxConcurrency": bothLanguages,
		"MaxConcurrencyPath": onlyJSONPath, "Next": bothLanguages, "Output": onlyJSONata, "Parameters": onlyJSONPath,
		"ResultPath": onlyJSONPath, "ResultSelector": onlyJSONPath, "ResultWriter": bothLanguages, "Retry": bothLanguages,
		"ToleratedFailureCount": bothLanguages, "ToleratedFailureCountPath": onlyJSONPath,
		"ToleratedFailurePercentage": bothLanguages, "ToleratedFailurePercentagePath": onlyJSONPath,
	}),
	kindBranch: {
		"Comment": bothLanguages, "QueryLanguage": bothLanguages, "StartAt": bothLanguages, "States": bothLanguages,
	},
	kindProcessor: {
		"Comment": bothLanguages, "ProcessorConfig": bothLanguages, "QueryLanguage": bothLanguages,
		"StartAt": bothLanguages, "States": bothLanguages,
	},
	kindConfig: {"ExecutionType": bothLanguages, "Mode": bothLanguages},
	kindReader: {
		"Arguments": onlyJSONata, "Comment": bothLanguages, "Parameters": onlyJSONPath,
		"ReaderConfig": bothLanguages, "Resource": bothLanguages,
	},
	kindReadConfig: {
		"CSVDelimiter": bothLanguages, "CSVHeaderLocation": bothLanguages, "CSVHeaders": bothLanguages,
		"InputType": bothLanguages, "ItemsPointer": bothLanguages, "ManifestType": bothLanguages,
		"MaxItems": bothLanguages, "MaxItemsPath": onlyJSONPath, "Transformation": bothLanguages,
	},
	kindBatcher: {
		"BatchInput": bothLanguages, "Comment": bothLanguages, "MaxInputBytesPerBatch": bothLanguages,
		"MaxInputBytesPerBatchPath": onlyJSONPath, "MaxItemsPerBatch": bothLanguages, "MaxItemsPerBatchPath": onlyJSONPath,
	},
	kindWriter: {
		"Arguments": onlyJSONata, "Comment": bothLanguages, "Parameters": onlyJSONPath, "Resource": bothLanguages,
		"WriterConfig": bothLanguages,
	},
	kindWriting: {"OutputType": bothLanguages, "Transformation": bothLanguages},
	kindRetrier: {
		"BackoffRate": bothLanguages, "Comment": bothLanguages, "ErrorEquals": bothLanguages, "IntervalSeconds": bothLanguages,
		"JitterStrategy": bothLanguages, "MaxAttempts": bothLanguages, "MaxDelaySeconds": bothLanguages,
	},
	kindCatcher: {
		"Assign": bothLanguages, "Comment": bothLanguages, "ErrorEquals": bothLanguages, "Next": bothLanguages,
		"Output": onlyJSONata, "ResultPath": onlyJSONPath,
	},
	kindRule: with(comparisonFields, map[string]languages{
		"Assign": bothLanguages, "Comment": bothLanguages, "Condition": onlyJSONata, "Next": bothLanguages, "Output": onlyJSONata,
	}),
	kindTest: with(comparisonFields, map[string]languages{"Comment": bothLanguages}),
	kindRole: {"RoleArn": bothLanguages, "RoleArn.$": onlyJSONPath},
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

// fieldNames returns the fields of a kind of object in a query language, sorted.
func fieldNames(kind fieldKind, language QueryLanguage) []string {
	var names []string
	for name, languages := range fieldTable[kind] {
		if languages == bothLanguages || (languages == onlyJSONPath) == (language == JSONPath) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
