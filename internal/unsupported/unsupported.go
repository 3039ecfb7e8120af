// Package unsupported lists what AWS accepts in a definition and a run on this machine
// refuses before it starts.
//
// The packages that refuse something take the reason from here. A test compares the list
// with the table in docs/states-language.md.
package unsupported

import "fmt"

// Feature describes something that is refused.
type Feature struct {
	// Field is the field of the definition, with the object that has it.
	Field string
	// What says which values of the field are refused.
	What string
	// Reason says why, and what is expected instead. It is a format of package fmt.
	Reason string
}

// The features that are refused.
var (
	Activity = Feature{"Task `Resource`", "an activity that is not mocked",
		"activities have no workers on this machine, expected a function"}
	Function = Feature{"Task `Resource`", "a function that is not one of the app",
		"the function does not run on this machine, expected one of the app"}
	DynamoDBAction = Feature{"Task `Resource`", "an action of `aws-sdk:dynamodb` that dynalite does not have",
		"the DynamoDB of this machine (dynalite) has no %s, and neither transactions nor a time to live, backups or PartiQL"}
	S3Action = Feature{"Task `Resource`", "an action of `aws-sdk:s3` that tasks do not have here",
		"the S3 of this machine has no %s for tasks, expected one of: %s"}
	Integration = Feature{"Task `Resource`", "any other integration that nothing answers",
		"it does not run on this machine, expected one of those that docs/local-run.md lists"}
	Unanswered = Feature{"Task `Resource`", "with `mapjob asl run`: whatever is not mocked and not answered by the engine",
		"nothing answers it, expected an integration for it"}
	Parquet = Feature{"ReaderConfig `InputType`", "`PARQUET`, also with the manifest of an Athena UNLOAD and `LOAD_AND_FLATTEN`",
		"Parquet is not read on this machine, expected CSV, JSON, JSONL or MANIFEST"}
	Reader = Feature{"Map `ItemReader`", "with `mapjob asl run`: any, without `--s3`",
		"nothing holds the objects, expected an object store to read from"}
	Writer = Feature{"Map `ResultWriter`", "with `mapjob asl run`: one with a `Resource`, without `--s3`",
		"nothing holds the objects, expected an object store to write to"}
	Substitution = Feature{"any", "a number, a path, an expression or the `Resource` of a reader or a writer with `${Name}` in it",
		"its value is not known, expected one: make the substitutions before running the definition"}
)

// All returns the features, in the order of the document.
func All() []Feature {
	return []Feature{
		Activity, Function, DynamoDBAction, S3Action, Integration, Unanswered,
		Parquet, Reader, Writer, Substitution,
	}
}

// Error formats the reason as an error.
func (f Feature) Error(args ...any) error { return fmt.Errorf(f.Reason, args...) }
