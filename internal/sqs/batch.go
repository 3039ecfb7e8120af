package sqs

// entryFailure is the answer to an entry of a batch that failed.
type entryFailure struct {
	ID          string `json:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

// batchAnswer is the answer of the batch operations.
type batchAnswer struct {
	Successful []any
	Failed     []entryFailure
}

// inBatch performs an operation for each entry of a batch. The IDs of the entries
// must be distinct (API reference, "Errors" of the batch operations).
func inBatch[Entry any](entries []Entry, id func(*Entry) string, do func(*Entry) (any, *Error)) (any, *Error) {
	switch {
	case len(entries) == 0:
		return nil, refuse("EmptyBatchRequest", "There should be at least one entry in the request.")
	case len(entries) > maxBatchEntries:
		return nil, refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxBatchEntries, len(entries))
	}
	seen := map[string]bool{}
	for i := range entries {
		name := id(&entries[i])
		if !queueName.MatchString(name) { // the same syntax
			return nil, refuse("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long: got %q.", name)
		}
		if seen[name] {
			return nil, refuse("BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		}
		seen[name] = true
	}
	answer := batchAnswer{Successful: []any{}, Failed: []entryFailure{}}
	for i := range entries {
		done, refused := do(&entries[i])
		if refused != nil {
			answer.Failed = append(answer.Failed, entryFailure{id(&entries[i]), refused.queryCode(), refused.Message, true})
			continue
		}
		answer.Successful = append(answer.Successful, done)
	}
	return answer, nil
}
