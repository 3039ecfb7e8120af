package lambdahost

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// runtimeAPI serves the Lambda Runtime API to one process, on a port of its own:
// the port is what tells the processes apart, as AWS_LAMBDA_RUNTIME_API has room
// for a host and a port alone.
type runtimeAPI struct {
	process *process
	server  *http.Server
}

const runtimePrefix = "/2018-06-01/runtime/"

func serveRuntimeAPI(listener net.Listener, p *process) *runtimeAPI {
	a := &runtimeAPI{process: p}
	a.server = &http.Server{Handler: a, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = a.server.Serve(listener) }()
	return a
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, known := strings.CutPrefix(r.URL.Path, runtimePrefix)
	switch {
	case known && path == "invocation/next" && r.Method == http.MethodGet:
		a.next(w, r)
		return
	case known && path == "init/error" && r.Method == http.MethodPost:
		a.initError(w, r)
		return
	case known && r.Method == http.MethodPost:
		rest, ok := strings.CutPrefix(path, "invocation/")
		id, action, _ := strings.Cut(rest, "/")
		switch {
		case ok && action == "response":
			a.response(w, r, id)
			return
		case ok && action == "error":
			a.invocationError(w, r, id)
			return
		}
	}
	refuse(w, http.StatusNotFound, "NotFound", "the Runtime API has no "+r.Method+" "+r.URL.Path)
}

// next hands over an invocation as soon as there is one.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	p := a.process
	if !p.fn.pool.asked(p) {
		refuse(w, http.StatusForbidden, "InvalidStateTransition",
			"the last invocation has not been answered: POST its response or its error first")
		return
	}
	select {
	case inv := <-p.work:
		header := w.Header()
		header["Content-Type"] = []string{"application/json"}
		header["Content-Length"] = []string{strconv.Itoa(len(inv.request.payload))}
		header["Lambda-Runtime-Aws-Request-Id"] = []string{inv.request.id}
		header["Lambda-Runtime-Deadline-Ms"] = []string{strconv.FormatInt(inv.deadline.UnixMilli(), 10)}
		header["Lambda-Runtime-Invoked-Function-Arn"] = []string{inv.arn}
		header["Lambda-Runtime-Trace-Id"] = []string{inv.request.traceID}
		if inv.request.clientContext != "" {
			header["Lambda-Runtime-Client-Context"] = []string{inv.request.clientContext}
		}
		_, _ = w.Write(inv.request.payload)
	case <-r.Context().Done():
	}
}

// response takes the answer to an invocation.
func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request, id string) {
	body, err := readBody(r)
	inv, current := a.process.fn.pool.answered(a.process, id)
	switch {
	case !current:
		refuseRequestID(w)
	case errors.Is(err, errBodyTooLarge):
		inv.done <- responseTooLarge().outcome(id)
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			"Exceeded maximum allowed payload size ("+strconv.Itoa(maxResponseBytes)+" bytes).")
	case err != nil:
		inv.done <- failure{errorType: "Runtime.TruncatedResponse", message: "Response truncated: " + err.Error()}.outcome(id)
		refuse(w, http.StatusBadRequest, "TruncatedResponse", err.Error())
	case r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "":
		inv.done <- failed(trailerError(r.Trailer))
		accept(w)
	default:
		inv.done <- succeeded(body)
		accept(w)
	}
}

// invocationError takes the function's word for a failure.
func (a *runtimeAPI) invocationError(w http.ResponseWriter, r *http.Request, id string) {
	body, err := readBody(r)
	inv, current := a.process.fn.pool.answered(a.process, id)
	switch {
	case !current:
		refuseRequestID(w)
	case errors.Is(err, errBodyTooLarge):
		inv.done <- responseTooLarge().outcome(id)
		accept(w)
	default:
		inv.done <- failed(errorBody(body, r.Header))
		accept(w)
	}
}

// initError takes the word of a process that can't come up. The invocation that
// it was started for fails with it.
func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	body, _ := readBody(r)
	p := a.process
	p.fn.pool.mu.Lock()
	early := p.state == starting
	if early {
		p.initError = errorBody(body, r.Header)
	}
	p.fn.pool.mu.Unlock()
	if !early {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the initialization is over")
		return
	}
	accept(w)
	// "Runtime should exit promptly": the end is what fails the invocation, so it
	// must come even if the process does not do it by itself.
	time.AfterFunc(100*time.Millisecond, p.kill)
}

var errBodyTooLarge = errors.New("the body is larger than Lambda allows")

// readBody reads a request to its end; what is too large is read and dropped, so
// that the function sees the refusal instead of a broken connection.
func readBody(r *http.Request) ([]byte, error) {
	var body []byte
	var err error
	if n := r.ContentLength; n >= 0 && n <= maxResponseBytes {
		body = make([]byte, n)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxResponseBytes+1))
	}
	if err != nil {
		return nil, err
	}
	if len(body) > maxResponseBytes {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 10*maxResponseBytes))
		return nil, errBodyTooLarge
	}
	return body, nil
}

// trailerError is the error of a function that failed in the middle of streaming
// its response (developer guide, "Using the Lambda runtime API", mid-stream errors).
func trailerError(trailer http.Header) []byte {
	body, err := base64.StdEncoding.DecodeString(trailer.Get("Lambda-Runtime-Function-Error-Body"))
	if err != nil {
		body = nil
	}
	return errorBody(body, trailer)
}

// errorBody makes up an error from the header for a runtime that sends no body.
func errorBody(body []byte, header http.Header) []byte {
	if len(body) > 0 {
		return body
	}
	errorType := header.Get("Lambda-Runtime-Function-Error-Type")
	if errorType == "" {
		errorType = "Runtime.Unknown"
	}
	made, _ := json.Marshal(map[string]string{"errorType": errorType})
	return made
}

var (
	jsonContent  = []string{"application/json"}
	acceptedBody = []byte(`{"status":"OK"}` + "\n")
	acceptedSize = []string{strconv.Itoa(len(acceptedBody))}
)

func accept(w http.ResponseWriter) {
	header := w.Header()
	header["Content-Type"] = jsonContent
	header["Content-Length"] = acceptedSize
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(acceptedBody)
}

func refuseRequestID(w http.ResponseWriter) {
	refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
}

func refuse(w http.ResponseWriter, status int, errorType, message string) {
	body, _ := json.Marshal(map[string]string{"errorType": errorType, "errorMessage": message})
	w.Header()["Content-Type"] = jsonContent
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
