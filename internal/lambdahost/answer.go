package lambdahost

// CheckPayload returns the [*Error] with which Lambda refuses the payload of a
// synchronous invocation: one that is too large, or that is not JSON.
func CheckPayload(payload []byte) error {
	r := request{payload: payload, limit: maxRequestBytes}
	return r.checkPayload()
}

// Answer returns the response to an invocation that a function has answered. If the
// answer is too large, it is Lambda's error.
func Answer(payload []byte, requestID string) *Response {
	if len(payload) > maxResponseBytes {
		return responseOf(responseTooLarge().outcome(requestID), requestID)
	}
	return responseOf(succeeded(payload), requestID)
}

// Failure returns the response to an invocation whose function has failed.
func Failure(errorType, message string) *Response {
	return responseOf(failure{errorType: errorType, message: message, anonymous: true}.outcome(""), "")
}

func responseOf(out outcome, requestID string) *Response {
	return &Response{Payload: out.payload, FunctionError: out.functionError, RequestID: requestID}
}
