package lambdahost

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/loopback"
)

// runtimeAPI serves the Lambda Runtime API to one process on a port of its own. The
// port identifies the process, because AWS_LAMBDA_RUNTIME_API holds only a host and
// a port.
type runtimeAPI struct {
	process  *process
	listener net.Listener

	mu     sync.Mutex
	conns  map[*runtimeConn]struct{}
	closed bool
}

const runtimePrefix = "/2018-06-01/runtime/"

func serveRuntimeAPI(listener net.Listener, p *process) *runtimeAPI {
	a := &runtimeAPI{process: p, listener: listener, conns: map[*runtimeConn]struct{}{}}
	go a.accept()
	return a
}

func (a *runtimeAPI) accept() {
	for {
		conn, err := a.listener.Accept()
		if err != nil {
			return // closed
		}
		c := &runtimeConn{api: a, conn: conn, in: bufio.NewReader(conn)}
		a.mu.Lock()
		closed := a.closed
		a.conns[c] = struct{}{}
		a.mu.Unlock()
		if closed {
			_ = conn.Close()
			return
		}
		go c.serve()
	}
}

// drop removes a connection that has ended.
func (a *runtimeAPI) drop(c *runtimeConn) {
	_ = c.conn.Close()
	a.mu.Lock()
	delete(a.conns, c)
	a.mu.Unlock()
	a.process.fn.pool.hungUp(a.process, c)
}

func (a *runtimeAPI) close() {
	_ = a.listener.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for c := range a.conns {
		_ = c.conn.Close()
	}
}

// handle answers a request of the process. It may leave the body unread.
func (a *runtimeAPI) handle(c *runtimeConn, r *http.Request) {
	if err := loopback.Check(r); err != nil {
		c.refuse(http.StatusForbidden, "AccessDenied", err.Error())
		return
	}
	path, known := strings.CutPrefix(r.URL.Path, runtimePrefix)
	switch {
	case known && path == "invocation/next" && r.Method == http.MethodGet:
		a.next(c)
		return
	case known && path == "init/error" && r.Method == http.MethodPost:
		a.initError(c, r)
		return
	case known && r.Method == http.MethodPost:
		rest, ok := strings.CutPrefix(path, "invocation/")
		id, action, _ := strings.Cut(rest, "/")
		switch {
		case ok && action == "response":
			a.response(c, r, id)
			return
		case ok && action == "error":
			a.invocationError(c, r, id)
			return
		}
	}
	c.refuse(http.StatusNotFound, "NotFound", "got "+r.Method+" "+r.URL.Path+", expected a path of the Runtime API")
}

// next records that the process waits for an invocation. The goroutine of the
// invocation writes the answer.
func (a *runtimeAPI) next(c *runtimeConn) {
	p := a.process
	undelivered, allowed := p.fn.pool.asked(p, c)
	switch {
	case !allowed:
		c.refuse(http.StatusForbidden, "InvalidStateTransition",
			"the last invocation has no answer yet: POST its response or error first")
	case undelivered != nil:
		p.deliver(c, undelivered)
	}
}

// response receives the answer to an invocation.
func (a *runtimeAPI) response(c *runtimeConn, r *http.Request, id string) {
	body, err := readBody(r)
	if !a.takes(id) {
		return
	}
	inv, current := a.process.fn.pool.answered(a.process, id)
	switch {
	case !current:
		c.refuseRequestID()
	case errors.Is(err, errBodyTooLarge):
		inv.done <- responseTooLarge().outcome(id)
		c.refuse(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			"Exceeded maximum allowed payload size ("+strconv.Itoa(maxResponseBytes)+" bytes).")
	case err != nil:
		inv.done <- failure{errorType: "Runtime.TruncatedResponse", message: "Response truncated: " + err.Error()}.outcome(id)
		c.refuse(http.StatusBadRequest, "TruncatedResponse", err.Error())
	case r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "":
		inv.done <- failed(trailerError(r.Trailer))
		c.accept()
	default:
		inv.done <- succeeded(body)
		c.accept()
	}
}

// takes reports whether an answer is taken. If it is not, the process waits for the
// host's answer until it is killed: now, or when its time is up.
func (a *runtimeAPI) takes(id string) bool {
	switch a.process.fate(id) {
	case Kill:
		a.process.kill()
		return false
	case Hold:
		return false
	}
	return true
}

// invocationError receives the error of an invocation.
func (a *runtimeAPI) invocationError(c *runtimeConn, r *http.Request, id string) {
	body, err := readBody(r)
	if !a.takes(id) {
		return
	}
	inv, current := a.process.fn.pool.answered(a.process, id)
	switch {
	case !current:
		c.refuseRequestID()
	case errors.Is(err, errBodyTooLarge):
		inv.done <- responseTooLarge().outcome(id)
		c.accept()
	default:
		inv.done <- failed(errorBody(body, r.Header))
		c.accept()
	}
}

// initError receives the error of a process that can't initialize. The invocation
// that it was started for fails with this error.
func (a *runtimeAPI) initError(c *runtimeConn, r *http.Request) {
	body, _ := readBody(r)
	p := a.process
	p.fn.pool.mu.Lock()
	early := p.state == starting
	if early {
		p.initError = errorBody(body, r.Header)
	}
	p.fn.pool.mu.Unlock()
	if !early {
		c.refuse(http.StatusForbidden, "InvalidStateTransition", "the initialization has already ended")
		return
	}
	c.accept()
	// "Runtime should exit promptly": the invocation fails when the process exits, so
	// the host kills a process that does not.
	time.AfterFunc(100*time.Millisecond, p.kill)
}

var errBodyTooLarge = errors.New("the body is larger than Lambda allows")

// readBody reads the body of a request. It also reads, and drops, a body that is too
// large, so that the function gets an answer instead of a broken connection.
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

// trailerError returns the error of a function that failed while it streamed its
// response (developer guide, "Using the Lambda runtime API", mid-stream errors).
func trailerError(trailer http.Header) []byte {
	body, err := base64.StdEncoding.DecodeString(trailer.Get("Lambda-Runtime-Function-Error-Body"))
	if err != nil {
		body = nil
	}
	return errorBody(body, trailer)
}

// errorBody returns the error in the body. If the runtime sent no body, it makes one
// from the header.
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

// accept answers without Lambda's body, {"status":"OK"}, which no runtime looks at: a
// Go function needs two more switches between its goroutines to read one.
func (c *runtimeConn) accept() { c.answer(http.StatusAccepted, nil) }

func (c *runtimeConn) refuseRequestID() {
	c.refuse(http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
}

func (c *runtimeConn) refuse(status int, errorType, message string) {
	body, _ := json.Marshal(map[string]string{"errorType": errorType, "errorMessage": message})
	c.answer(status, body)
}
