package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/internal/protocol"
)

func (b *builder) summary() awsstepfunctionstasks.LambdaInvoke {
	var request protocol.SummaryRequest
	payload := []message.Member{
		message.Set(&request.Version, protocol.Version),
		message.Set(&request.Job, b.job()),
		message.Set(&request.Execution, executionARN),
		message.Set(&request.Input, jsonata.Expression("$input")),
		message.Set(&request.Items, b.itemsForSummary()),
		message.Set(&request.Results, jsonata.Expression("$results")),
	}
	if b.settings.canRerun() {
		payload = append(payload, message.Set(&request.Rerun, jsonata.Expression("$%s", rerunVariable)))
	}
	if b.keepItems() {
		payload = append(payload, message.Set(&request.KeptItems, true))
	}
	if p := b.settings.ToleratedFailurePercentage; p != nil {
		payload = append(payload, message.Set(&request.Percentage, p))
	}
	if c := b.settings.ToleratedFailureCount; c != nil {
		payload = append(payload, message.Set(&request.Tolerance.Count, c))
	}
	if b.results != nil {
		payload = append(payload, message.Set(&request.Report, b.folder(protocol.ReportFolder)))
	}
	task := b.invoke(protocol.StateSummary, b.functions.summary, message.Object(&request, payload...), &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		Assign:  &jsonata.Object{"account": jsonata.Expression("$states.result.Payload")},
		Outputs: jsonata.Expression("$states.result.Payload"),
	})
	retryService(task, throttles, maxDelaySeconds)
	retryFailures(task)
	return task
}

// itemsForSummary returns where the items are. Items in the data are only
// counted: with the results they might not fit into one payload.
func (b *builder) itemsForSummary() any {
	var items protocol.Items
	counted := message.Object(&items, message.Set(&items.Count, jsonata.Expression("$count($items)")))
	switch {
	case b.settings.mode.inline:
		return counted
	case b.inputHasItems():
		return jsonata.Expression("%s ? $items : %s", isRerun, jsonata.Literal(counted))
	}
	return jsonata.Expression("$items")
}

// inputForSummary returns the execution's input, without items for the same
// reason.
func (b *builder) inputForSummary() string {
	if b.inputHasItems() {
		var answer protocol.StartAnswer
		return jsonata.Expression("$type($states.input) = 'object' ? $merge([{}, $sift($states.input, function($value, $name) { $name != '%s' })]) : {}",
			message.Name(&answer, &answer.Items))
	}
	return jsonata.Expression("$states.input")
}

// inputHasItems reports whether the execution's input has the items.
func (b *builder) inputHasItems() bool {
	return b.settings.JobStart == nil && b.settings.sourceReader.inInput()
}
