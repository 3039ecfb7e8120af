package sqs

import "fmt"

// Error is the API's answer to a request that it refuses.
type Error struct {
	Name    string // the name of the exception, such as QueueDoesNotExist
	Message string
}

// Error returns the name and the message.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

func refuse(name, format string, args ...any) *Error {
	return &Error{name, fmt.Sprintf(format, args...)}
}

// queryCodes maps the names of exceptions to their codes in the older query
// protocol, if these differ. The SDKs report these codes, so that programs written
// for that protocol keep working (API reference, "Errors" of each operation).
var queryCodes = map[string]string{
	"QueueDoesNotExist":            "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":              "QueueAlreadyExists",
	"MessageNotInflight":           "AWS.SimpleQueueService.MessageNotInflight",
	"EmptyBatchRequest":            "AWS.SimpleQueueService.EmptyBatchRequest",
	"TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"BatchEntryIdsNotDistinct":     "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"BatchRequestTooLong":          "AWS.SimpleQueueService.BatchRequestTooLong",
	"InvalidBatchEntryId":          "AWS.SimpleQueueService.InvalidBatchEntryId",
	"PurgeQueueInProgress":         "AWS.SimpleQueueService.PurgeQueueInProgress",
	"UnsupportedOperation":         "AWS.SimpleQueueService.UnsupportedOperation",
}

// queryCode returns the code in the query protocol.
func (e *Error) queryCode() string {
	if code, ok := queryCodes[e.Name]; ok {
		return code
	}
	return e.Name
}
