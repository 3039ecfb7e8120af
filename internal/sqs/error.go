package sqs

import "fmt"

// Error is a refusal in the words of the API.
type Error struct {
	Name    string // of the exception, such as QueueDoesNotExist
	Message string
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

func refuse(name, format string, args ...any) *Error {
	return &Error{name, fmt.Sprintf(format, args...)}
}

// queryCodes are the codes that exceptions had in the older query protocol,
// where they differ. The SDKs give them to programs that were written for it
// (API reference, "Errors" of each operation).
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

// queryCode is the code in the query protocol.
func (e *Error) queryCode() string {
	if code, ok := queryCodes[e.Name]; ok {
		return code
	}
	return e.Name
}
