package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	serving "github.com/mapjob/mapjob/internal/console"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/waiting"
	"github.com/mapjob/mapjob/internal/protocol"
)

const smallMachine = "arn:aws:states:us-east-1:123456789012:stateMachine:Nightly"

// small is a Step Functions with few executions, which a test starts, ends and removes.
type small struct {
	operate.API
	objects
	mutex sync.Mutex
	runs  []*smallRun // the newest first
	// trouble is what GetExecutionHistory answers with.
	trouble error
}

type smallRun struct {
	name    string
	started time.Time
	ended   *time.Time
	done    int64
	broken  bool
}

func (r *smallRun) arn() *string {
	return aws.String("arn:aws:states:us-east-1:123456789012:execution:Nightly:" + r.name)
}

func (r *smallRun) status() types.ExecutionStatus {
	if r.ended == nil {
		return types.ExecutionStatusRunning
	}
	return types.ExecutionStatusSucceeded
}

// of returns an execution. It is called with the lock.
func (s *small) of(arn *string) (*smallRun, error) {
	for _, r := range s.runs {
		if *r.arn() == aws.ToString(arn) {
			if r.broken {
				return nil, errors.New("reading the execution: got a file that is cut off, expected JSON")
			}
			return r, nil
		}
	}
	return nil, &types.ExecutionDoesNotExist{Message: aws.String("Execution does not exist: '" + aws.ToString(arn) + "'")}
}

const smallItems, smallFailed = 1000, 3

func (s *small) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, err := s.of(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	d := &sfn.DescribeExecutionOutput{ExecutionArn: r.arn(), Name: &r.name, Status: r.status(), Input: aws.String("{}"), StartDate: &r.started, StopDate: r.ended}
	if r.ended != nil {
		d.Output = aws.String(fmt.Sprintf(`{"total": %d, "succeeded": %d, "failed": %d, "errors": {}, "report": {"bucket": "b", "prefix": "p"}}`, smallItems, smallItems-smallFailed, smallFailed))
	}
	return d, nil
}

func (s *small) ListExecutions(_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	out := &sfn.ListExecutionsOutput{}
	for _, r := range s.runs {
		if in.StatusFilter == "" || in.StatusFilter == r.status() {
			out.Executions = append(out.Executions, types.ExecutionListItem{ExecutionArn: r.arn(), Name: &r.name, StateMachineArn: aws.String(smallMachine), Status: r.status(), StartDate: &r.started, StopDate: r.ended})
		}
	}
	return out, nil
}

func (s *small) ListMapRuns(_ context.Context, in *sfn.ListMapRunsInput, _ ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error) {
	name := (*in.ExecutionArn)[strings.LastIndex(*in.ExecutionArn, ":")+1:]
	if name == "inline" {
		return &sfn.ListMapRunsOutput{}, nil
	}
	return &sfn.ListMapRunsOutput{MapRuns: []types.MapRunListItem{{ExecutionArn: in.ExecutionArn, MapRunArn: aws.String("arn:aws:states:us-east-1:123456789012:mapRun:Nightly/Map:" + name), StartDate: aws.Time(time.Now())}}}, nil
}

func (s *small) DescribeMapRun(_ context.Context, in *sfn.DescribeMapRunInput, _ ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	name := (*in.MapRunArn)[strings.LastIndex(*in.MapRunArn, ":")+1:]
	i := slices.IndexFunc(s.runs, func(r *smallRun) bool { return r.name == name })
	if i < 0 {
		return nil, &types.ResourceNotFound{Message: aws.String("no Map Run " + name)}
	}
	r := s.runs[i]
	if r.ended == nil {
		r.done = min(r.done+1, smallItems-10)
	} else {
		r.done = smallItems
	}
	return &sfn.DescribeMapRunOutput{MapRunArn: in.MapRunArn, ExecutionArn: r.arn(), StartDate: &r.started, Status: types.MapRunStatusRunning,
		ItemCounts:      &types.MapRunItemCounts{Total: smallItems, Succeeded: r.done, Running: min(10, smallItems-r.done), Pending: max(0, smallItems-r.done-10)},
		ExecutionCounts: &types.MapRunExecutionCounts{Total: smallItems, Succeeded: r.done}}, nil
}

func (s *small) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.trouble != nil {
		return nil, s.trouble
	}
	r, err := s.of(in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	events := []types.HistoryEvent{
		{Id: 1, Type: types.HistoryEventTypeExecutionStarted, ExecutionStartedEventDetails: &types.ExecutionStartedEventDetails{Input: aws.String(`{"day": 1.50}`)}},
		{Id: 2, Type: types.HistoryEventTypeMapStateEntered, StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: aws.String("Map"), Input: aws.String(`{"day": 1.50}`)}},
		{Id: 3, Type: types.HistoryEventTypeExecutionSucceeded, ExecutionSucceededEventDetails: &types.ExecutionSucceededEventDetails{Output: aws.String(`{}`)}},
	}
	if r.ended == nil {
		events = events[:2]
	}
	for i := range events {
		events[i].Timestamp, events[i].PreviousEventId = &r.started, int64(i)
	}
	return &sfn.GetExecutionHistoryOutput{Events: events}, nil
}

// The source of the console.

type smallSource struct{ *small }

func (s smallSource) service() *operate.Service {
	return &operate.Service{API: s.small, Store: s.small, Region: "us-east-1", Pause: 100 * time.Millisecond}
}

func (s smallSource) Open(context.Context) (*serving.Jobs, error) {
	return &serving.Jobs{Service: s.service(), Machines: []string{smallMachine}, Command: typed, Close: closed}, nil
}

func (s smallSource) Execution(ctx context.Context, arn string) (*serving.Opened, error) {
	service := s.service()
	x, err := service.Describe(ctx, arn)
	return &serving.Opened{Service: service, Execution: x, Command: typed, Close: closed,
		Logs:    func(context.Context) ([]functionlog.Log, error) { return nil, errors.New("no log group") },
		Trace:   func(context.Context) (*operate.Traced, error) { return nil, errors.New("no definition") },
		Waiting: func() (*waiting.Service, error) { return nil, errors.New("nothing waits here") },
		Again:   func(context.Context) []string { return nil },
		Live:    func(context.Context, bool) (*operate.Service, serving.Parts, error) { return service, nil, nil }}, err
}

// stage is a console behind a proxy, which can be taken away, and what a story does to both.
type stage struct {
	t      *testing.T
	small  *small
	mutex  sync.Mutex
	server *serving.Server
	proxy  *http.Server
	host   string
	asked  []string // requests of the API since a story has asked for them
}

// open starts a console, in place of the one before, and returns its addresses at the proxy: the
// printed one, and one that works once.
func (s *stage) open() ([]string, error) {
	server, err := serving.Serve(serving.Options{Source: smallSource{s.small}, Local: true, Where: "this folder"})
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.server != nil {
		err = s.server.Close()
	}
	s.server = server
	return []string{s.outside(server.URL()), s.outside(server.OnceURL())}, err
}

// outside returns an address of the console at the proxy.
func (s *stage) outside(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		s.t.Error(err)
		return address
	}
	u.Host = s.host
	return u.String()
}

// up lets the proxy listen: at its address, if it had one.
func (s *stage) up() error {
	listener, err := net.Listen("tcp", s.host)
	if err != nil {
		return err
	}
	s.host = listener.Addr().String()
	s.proxy = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		inside, _ := url.Parse(s.server.URL())
		r.SetURL(&url.URL{Scheme: "http", Host: inside.Host})
		r.Out.Host = inside.Host
		if r.In.Header.Get("Origin") != "" {
			r.Out.Header.Set("Origin", "http://"+inside.Host)
		}
		if strings.HasPrefix(r.In.URL.Path, "/api/") {
			s.asked = append(s.asked, r.In.Method+" "+r.In.URL.Path)
		}
	}, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0)}}
	go func() { _ = s.proxy.Serve(listener) }()
	return nil
}

// ServeHTTP does what a story asks for.
func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	run := r.URL.Query().Get("run")
	s.small.mutex.Lock()
	at := slices.IndexFunc(s.small.runs, func(x *smallRun) bool { return x.name == run })
	now := time.Now()
	switch r.URL.Path {
	case "/start":
		s.small.runs = slices.Insert(s.small.runs, 0, &smallRun{name: run, started: now})
	case "/end":
		s.small.runs[at].ended = &now
	case "/remove":
		s.small.runs = slices.Delete(s.small.runs, at, at+1)
	case "/break":
		s.small.runs[at].broken = true
	case "/trouble":
		s.small.trouble = errors.New("the service has a problem")
	case "/calm":
		s.small.trouble = nil
	}
	s.small.mutex.Unlock()
	var err error
	switch r.URL.Path {
	case "/down":
		err = s.proxy.Close()
	case "/up":
		err = s.up()
	case "/restart":
		var addresses []string
		addresses, err = s.open()
		_, _ = fmt.Fprint(w, strings.Join(addresses, "\n"))
	case "/asked":
		s.mutex.Lock()
		_, _ = fmt.Fprint(w, strings.Join(s.asked, ", "))
		s.asked = nil
		s.mutex.Unlock()
	}
	if err != nil {
		s.t.Errorf("%s: %v", r.URL.Path, err)
	}
}

// TestTheConsoleInTrouble opens the console without runs, and watches what it says when runs come
// and go, when the console goes away and comes back, and when its token is not that of the page.
// It walks through all views with the keyboard. With the variable CONSOLE_SHOTS, a folder, it
// leaves screenshots there.
func TestTheConsoleInTrouble(t *testing.T) {
	t.Parallel() // it waits most of the time
	chromium := find(t)
	node := nodeWithPlaywright(t)
	s := &stage{t: t, small: &small{objects: objects(t.TempDir())}, host: "127.0.0.1:0"}
	at := protocol.Folder{Bucket: "b", Prefix: "p"}.File(protocol.FailuresFile)
	for key, line := range map[string]string{at.Key: `{"order": "A-%07d"}` + "\n", protocol.ErrorsOf(at).Key: `{"index":%d,"error":"Refused"}` + "\n"} {
		var text strings.Builder
		for i := range smallFailed {
			fmt.Fprintf(&text, line, i)
		}
		if err := os.WriteFile(filepath.Join(string(s.small.objects), filepath.Base(key)), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(s.proxy.Close(), s.server.Close()); err != nil {
			t.Error(err)
		}
	}()
	addresses, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	control := httptest.NewServer(s)
	defer control.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	story := exec.CommandContext(ctx, node, "states.mjs")
	story.Env = append(os.Environ(), "ADDRESS="+addresses[0], "CONTROL="+control.URL, "CHROMIUM="+chromium, "SHOTS="+os.Getenv("CONSOLE_SHOTS"))
	story.Cancel, story.WaitDelay = func() error { return story.Process.Signal(os.Interrupt) }, 30*time.Second
	if problems, err := story.CombinedOutput(); err != nil {
		t.Errorf("the console in trouble: %v\n%s", err, problems)
	}
}
