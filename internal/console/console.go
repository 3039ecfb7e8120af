// Package console serves a page on this machine that shows a job live: the executions,
// what happens in one of them, why items failed, and how to run them again. The page
// asks the HTTP API of this package, which asks Step Functions and S3 through package
// operate, as the commands do. Answers are pages and summaries, so neither the page
// nor this process keeps a million items.
package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/console/feed"
	"github.com/mapjob/mapjob/internal/console/page"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/graph"
	"github.com/mapjob/mapjob/internal/look"
	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/operate/waiting"
)

// Source opens what the console shows.
type Source interface {
	// Open opens the jobs. The session is closed after an answer.
	Open(ctx context.Context) (*Jobs, error)
	// Execution opens an execution, by its ARN.
	Execution(ctx context.Context, arn string) (*Opened, error)
}

// Jobs are the state machines whose executions are listed.
type Jobs struct {
	Service  *operate.Service
	Machines []string // their ARNs
	// Described is how many executions of a list are described; 0: all.
	Described int
	Command   func(name string, words ...string) string
	Close     func() error
}

// Opened is an execution, with what is asked about it.
type Opened struct {
	Service   *operate.Service
	Execution *operate.Execution
	Logs      func(context.Context) ([]functionlog.Log, error)
	Trace     func(context.Context) (*operate.Traced, error)
	// Live returns the service in which a rerun is started or the execution is stopped, and
	// the parts of a run that it has started for that; nil if there are none.
	Live func(ctx context.Context, start bool) (*operate.Service, Parts, error)
	// Waiting returns what lists and answers the tasks that wait for an answer to their
	// token; the error says why there are none.
	Waiting func() (*waiting.Service, error)
	Again   func(context.Context) []string // what can be done about failed items, in words
	// Command writes a command about the execution.
	Command func(name string, words ...string) string
	Close   func() error
}

// Parts are the parts of a run on this machine. Other processes may start executions in them, too.
type Parts interface {
	Idle() bool // no execution runs in them
	Close() error
}

// Options say what a console shows and allows.
type Options struct {
	Source  Source
	Local   bool   // the runs of this folder, else AWS
	Where   string // the folder, or the region and the account
	Actions bool   // executions may be started and stopped
	Version string
	Port    int // 0: any that is free
}

// Server is a console that serves.
type Server struct {
	Options
	host  string
	token string
	codes codes
	http  *http.Server
	feeds *feed.Feeds
	// searchTime is how long a search goes on before it answers with what it has.
	searchTime time.Duration
	ctx        context.Context // of what goes on without a request
	end        context.CancelFunc
	parts      chan struct{} // what starts or closes the parts of a run holds it: the next rerun finds them as they are
	going      sync.WaitGroup
}

// Serve starts to serve a console.
func Serve(options Options) (*Server, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(options.Port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, loopback.PortTaken("the console", "--port", options.Port)
	}
	if err != nil {
		return nil, fmt.Errorf("starting the console: %w", err)
	}
	ctx, end := context.WithCancel(context.Background())
	s := &Server{Options: options, host: listener.Addr().String(), token: newSecret(), codes: codes{now: time.Now}, searchTime: time.Second, ctx: ctx, end: end, parts: make(chan struct{}, 1)}
	s.feeds = feed.New(ctx, func(ctx context.Context, arn string) (*operate.Service, func() error, error) {
		x, err := s.Source.Execution(ctx, arn)
		if err != nil {
			return nil, nil, err
		}
		return x.Service, x.Close, nil
	})
	s.http = &http.Server{Handler: s.guard(s.routes()), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() { _ = s.http.Serve(listener) }() // ends with Close
	return s, nil
}

// URL is the address of the page, with the token. A browser does not send what follows
// the #, and the page takes it out of the address.
func (s *Server) URL() string { return "http://" + s.host + "/#token=" + s.token }

// OnceURL is an address of the page that works once, within a minute. It is for the command that
// opens the browser, whose arguments other users of this machine can see.
func (s *Server) OnceURL() string { return "http://" + s.host + "/#code=" + s.codes.make() }

// Close ends it, with the parts that a rerun has started.
func (s *Server) Close() error {
	s.end()
	err := s.http.Close()
	s.going.Wait()
	s.feeds.Wait()
	return err
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	files := http.FileServerFS(page.Files)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost || r.URL.Path != "/" && strings.HasSuffix(r.URL.Path, "/") {
			s.refuse(w, http.StatusNotFound, "the console has no "+r.URL.Path)
			return
		}
		files.ServeHTTP(w, r)
	})
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"POST " + codePath:                       s.exchange,
		"GET /api/session":                       s.session,
		"GET /api/executions":                    s.executions,
		"GET /api/executions/{arn}":              s.opened(s.status),
		"GET /api/executions/{arn}/report":       s.opened(s.report),
		"GET /api/executions/{arn}/failures":     s.opened(s.failures),
		"GET /api/executions/{arn}/items":        s.opened(s.items),
		"GET /api/executions/{arn}/items/{n}":    s.opened(s.item),
		"GET /api/executions/{arn}/history":      s.opened(s.history),
		"GET /api/executions/{arn}/history/{id}": s.opened(s.event),
		"GET /api/executions/{arn}/waiting":      s.opened(s.waiting),
		"POST /api/executions/{arn}/answer":      s.opened(s.answerTask),
		"POST /api/executions/{arn}/plan":        s.opened(s.plan),
		"POST /api/executions/{arn}/rerun":       s.opened(s.rerun),
		"POST /api/executions/{arn}/stop":        s.opened(s.stop),
		"POST /api/executions/{arn}/redrive":     s.opened(s.redrive),
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			v, err := answer(r)
			s.answer(w, v, err)
		})
	}
	mux.HandleFunc("GET /look.css", style(look.CSS))
	mux.HandleFunc("GET /graph.css", style(".graph {"+graph.Style+"}\n"))
	mux.HandleFunc("GET /api/executions/{arn}/graph", s.graph)
	mux.HandleFunc("GET /api/executions/{arn}/events", s.events)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, http.StatusNotFound, "the console has no "+r.URL.Path)
	})
	return mux
}

// statusError is an error with the status of its answer.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

func refusef(status int, format string, args ...any) error {
	return &statusError{status, fmt.Sprintf(format, args...)}
}

// answer writes a value, or an error, as JSON.
func (s *Server) answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		status, text := statusOf(err)
		s.refuse(w, status, text)
		return
	}
	write(w, http.StatusOK, v)
}

// statusOf returns the status and the text of an error.
func statusOf(err error) (int, string) {
	if known, ok := errors.AsType[*statusError](err); ok {
		return known.status, err.Error()
	}
	if lacks, ok := errors.AsType[*operate.NoReportError](err); ok {
		return http.StatusConflict, lacks.Error()
	}
	if cannot, ok := errors.AsType[*operate.CannotRerunError](err); ok {
		return http.StatusConflict, cannot.Error()
	}
	if refused, ok := errors.AsType[*operate.RefusedError](err); ok {
		return http.StatusConflict, refused.Error()
	}
	if moved, ok := errors.AsType[*failed.MovedError](err); ok {
		return http.StatusConflict, moved.Error()
	}
	if refused, ok := errors.AsType[*waiting.Error](err); ok {
		return http.StatusConflict, refused.Error()
	}
	if no, ok := errors.AsType[*waiting.NoTaskError](err); ok {
		return http.StatusConflict, no.Error()
	}
	if no, ok := errors.AsType[*failed.NoSuchErrorError](err); ok {
		return http.StatusNotFound, fmt.Sprintf("error: got %q: %s", no.Name, no.Reason())
	}
	if _, gone := errors.AsType[*types.ExecutionDoesNotExist](err); gone || errors.Is(err, fs.ErrNotExist) {
		return http.StatusNotFound, err.Error()
	}
	return http.StatusBadGateway, err.Error() // Step Functions or S3 has said so
}

func (s *Server) refuse(w http.ResponseWriter, status int, text string) {
	write(w, status, map[string]string{"error": text})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // fails if the page has gone
}

// opened opens the execution of a request for an answer.
func (s *Server) opened(answer func(*http.Request, *Opened) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (v any, err error) {
		x, err := s.open(r)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		return answer(r, x)
	}
}

func (s *Server) open(r *http.Request) (*Opened, error) {
	arn := r.PathValue("arn")
	if operate.StateMachineOf(arn) == "" {
		return nil, refusef(http.StatusBadRequest, "execution: got %q, expected the ARN of an execution of a Standard state machine", arn)
	}
	return s.Source.Execution(r.Context(), arn)
}

// session says what the console shows.
func (s *Server) session(*http.Request) (any, error) {
	return map[string]any{"local": s.Local, "where": s.Where, "actions": s.Actions, "version": s.Version}, nil
}

// limit returns how many results an answer may have, which a request may say.
func limit(q url.Values, fallback, most int) (int, error) {
	text := q.Get("limit")
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, refusef(http.StatusBadRequest, "limit: got %q, expected a number, 1 or more", text)
	}
	return min(n, most), nil
}
