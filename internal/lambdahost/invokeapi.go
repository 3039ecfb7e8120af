package lambdahost

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/uuid"
)

// newInvokeAPI returns a handler for the Invoke operation of Lambda's API (AWS
// Lambda API reference, "Invoke"), without authentication: it answers programs of
// this machine.
func newInvokeAPI(h *Host) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{function}/invocations", h.serveInvoke)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, &Error{Code: codeUnknown, Message: "got " + r.Method + " " + r.URL.Path +
			", expected POST /2015-03-31/functions/NAME/invocations: this host has no other operation"})
	})
	return loopback.Only(mux)
}

func (h *Host) serveInvoke(w http.ResponseWriter, r *http.Request) {
	id := uuid.New()
	w.Header().Set("X-Amzn-Requestid", id)
	req := request{
		function:    r.PathValue("function"),
		qualifier:   r.URL.Query().Get("Qualifier"),
		id:          id,
		traceID:     r.Header.Get("X-Amzn-Trace-Id"),
		limit:       maxRequestBytes,
		wantLogTail: r.Header.Get("X-Amz-Log-Type") == "Tail",
	}
	// One byte above the limit shows that the payload is too large.
	payload, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes+1))
	if err != nil {
		return // the client disconnected
	}
	req.payload = payload
	if encoded := r.Header.Get("X-Amz-Client-Context"); encoded != "" {
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || !json.Valid(decoded) {
			writeError(w, &Error{Code: codeInvalidContent, Message: "Client context must be a valid Base64-encoded JSON object."})
			return
		}
		req.clientContext = oneLine(decoded)
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		h.serveRequestResponse(r.Context(), w, req)
	case "Event":
		req.limit, req.wantLogTail = maxEventBytes, false
		if err := h.startEvent(req); err != nil {
			writeError(w, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		if _, _, err := h.find(req.function); err != nil {
			writeError(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		writeError(w, &Error{Code: codeInvalidParam, Message: "got invocation type " + kind + ", expected RequestResponse, Event or DryRun"})
	}
}

func (h *Host) serveRequestResponse(ctx context.Context, w http.ResponseWriter, req request) {
	response, err := h.invoke(ctx, req)
	if err != nil {
		writeError(w, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(response.Payload)))
	header.Set("X-Amz-Executed-Version", latestVersion)
	if response.FunctionError != "" {
		header.Set("X-Amz-Function-Error", response.FunctionError)
	}
	if response.logTail != nil {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(response.logTail))
	}
	_, _ = w.Write(response.Payload)
}

// writeError writes an error as AWS's JSON protocols do (AWS Lambda API reference,
// "Common Errors").
func writeError(w http.ResponseWriter, err error) {
	var refusal *Error
	if !errors.As(err, &refusal) {
		refusal = &Error{Code: codeService, Message: err.Error()}
	}
	body, _ := json.Marshal(struct {
		Type    string `json:"Type"`
		Reason  string `json:"Reason,omitempty"`
		Message string `json:"message"`
	}{"User", refusal.reason, refusal.Message})
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Amzn-Errortype", refusal.Code)
	w.WriteHeader(refusal.Status())
	_, _ = w.Write(body)
}

// oneLine returns JSON without line breaks, as a header needs it.
func oneLine(document []byte) string {
	var value json.RawMessage = document
	compact, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(compact)
}
