package protocol

// Names of the errors that a job raises itself. [Errors] explains them.
const (
	ErrorInvalidInput     = "MapJob.InvalidInput"
	ErrorPanic            = "MapJob.Panic"
	ErrorHandlerExited    = "MapJob.HandlerExited"
	ErrorDeadline         = "MapJob.DeadlineExceeded"
	ErrorInvalidResult    = "MapJob.InvalidResult"
	ErrorResultTooLarge   = "MapJob.ResultTooLarge"
	ErrorInputTooLarge    = "MapJob.InputTooLarge"
	ErrorNotAllowed       = "MapJob.NotAllowed"
	ErrorInvalidRerun     = "MapJob.InvalidRerun"
	ErrorTooManyItems     = "MapJob.TooManyItems"
	ErrorItemReaderFailed = "MapJob.ItemReaderFailed"
	ErrorSourceChanged    = "MapJob.SourceChanged"
	ErrorAborted          = "MapJob.Aborted"
	ErrorNotStarted       = "MapJob.NotStarted"
	ErrorOutcomeUnknown   = "MapJob.OutcomeUnknown"
	ErrorItemUnknown      = "MapJob.ItemUnknown"
	ErrorInProgress       = "MapJob.InProgress"
	ErrorTooManyFailures  = "MapJob.TooManyFailures"
	ErrorLostItems        = "MapJob.LostItems"
	ErrorAlreadyRunning   = "MapJob.AlreadyRunning"
	ErrorReplaced         = "MapJob.Replaced"
	ErrorInterrupted      = "MapJob.Interrupted"
	ErrorInjected         = "MapJob.Injected"
)

// ErrorDescription explains an error's name.
type ErrorDescription struct {
	Name    string
	Ends    string // an item, a function or an execution
	Meaning string
	Remedy  string
}

// Errors lists every error that a job raises itself. The error catalogue in
// docs/errors.md has the same.
func Errors() []ErrorDescription {
	return []ErrorDescription{
		{ErrorInvalidInput, "an item, a function or an execution",
			"A message is not of the protocol, the execution's input does not say where the items are or has a member for the job itself that it does not know, or an item does not fit the handler's type.",
			"Compare what was got with what was expected, both in the cause. Retries do not help and are not made."},
		{ErrorPanic, "an item or a function", "The handler panicked.",
			"The function's log has the stack. Return an error for what can be expected."},
		{ErrorHandlerExited, "an item or a function", "The handler ended its goroutine, as runtime.Goexit does, and returned nothing.",
			"Return from the handler. Methods such as t.Fatal of package testing must not be called in it."},
		{ErrorDeadline, "an item or a function", "The invocation's time was up before the item, or the function, was done.",
			"Give the function more time, or make batches smaller. Run the failed items again."},
		{ErrorInvalidResult, "an item or an execution",
			"What a worker answered of an item is not an outcome. It ends an execution if its results name an item that the job does not have, or in a definition of an earlier release no item at all.",
			"Write the worker with job.Work, or follow the batch protocol."},
		{ErrorResultTooLarge, "an item or a function", "A result does not fit into an answer, a record or the data of an Inline job, and has no place in S3; or it is more than 63 MiB.",
			"Return less, such as the address of an object, or use Distributed mode."},
		{ErrorInputTooLarge, "an execution", "The execution's input is more than 240,000 bytes of JSON, which leaves too little room for what travels with it.",
			"Store the items in S3 and name the object in the input."},
		{ErrorNotAllowed, "an execution", "The execution's input names an object outside the buckets and folders from which the job takes items, or for a rerun an execution of another job.",
			"Store the items in the job's own folder of the results bucket, or list their bucket in the InputBuckets of the Source. Only failed items of the job itself can be its rerun."},
		{ErrorInvalidRerun, "an execution", "The execution's input names a rerun whose object does not exist or has another number of items, or the job is Inline and cannot rerun.",
			"Start the rerun with mapjob rerun, or name the failures.jsonl of an execution and their number. An Inline job needs a ResultsBucket, or Results, and a Summary. Objects expire, after 30 days by default."},
		{ErrorTooManyItems, "a function or an execution", "An Inline job has more items than its data holds with their outcomes, or more than its history holds with their retries.",
			"Use Distributed mode. The cause says how many items fit."},
		{ErrorItemReaderFailed, "a function", "The items of a Source could not be read.",
			"The cause names the object and what is wrong with it."},
		{ErrorSourceChanged, "a function", "The object with the items was overwritten or deleted while the job read it.",
			"Start the job again. Write each list of items to a key of its own."},
		{ErrorAborted, "an item", "The child execution with the item was stopped before it was done.",
			"Run the failed items again."},
		{ErrorNotStarted, "an item", "The Map ended before the item was started.",
			"See why the execution ended. Run the failed items again."},
		{ErrorOutcomeUnknown, "an item or a function",
			"The Map's results do not have the outcome of the item: their manifest is missing, a child execution is listed without its input, or there are the results of several Map Runs.",
			"See in the Map Run what its child executions did. Run the failed items again if it does no harm to do one twice."},
		{ErrorItemUnknown, "nothing", "The report says that failures.jsonl lacks some of the items that did not succeed, because their outcomes do not carry them.",
			"Find the items by their indexes, which the results have. A worker that is not written with job.Work has to add the item to the outcome of a failed one if its batch has keepItems."},
		{ErrorInProgress, "an item", "Another delivery is working on the item, and this one's time is up.",
			"Nothing, if the other delivery succeeds. Else run the failed items again."},
		{ErrorTooManyFailures, "an execution", "More items failed than the job tolerates.",
			"The report says which failed and why. Run the failed items again, or tolerate more."},
		{ErrorLostItems, "an execution", "Some items have no outcome.",
			"A worker that is not written with job.Work answered too few outcomes, or outcomes without the index of an item that it was given; or results were deleted while the job ran. The report says what was ignored in answers."},
		{ErrorAlreadyRunning, "an execution", "Another execution of the job holds the lock, and the overlap policy is Fail, or the wait was too long.",
			"Start the job again when the other execution has ended, or choose another overlap policy."},
		{ErrorReplaced, "an execution", "A later execution took this one's place, as the overlap policy Replace says.",
			"Nothing: the later execution does the work."},
		{ErrorInterrupted, "an execution", "The process that ran the execution on this machine ended before the execution did. It is the error of an ABORTED execution in the folder of a run.",
			"Start the job again, or run the items again that it had not done."},
		{ErrorInjected, "a function or an execution", "A fault of mapjob run --faults or of a test with sfntest made a task or a function fail. The fault names no other error.",
			"Nothing, it was meant to happen. Name another error in the fault if your retries or catches look for one."},
	}
}
