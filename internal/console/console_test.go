package console

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/waiting"
	"github.com/mapjob/mapjob/internal/protocol"
)

const (
	machine = "arn:aws:states:us-east-1:123456789012:stateMachine:Nightly"
	monday  = "arn:aws:states:us-east-1:123456789012:execution:Nightly:monday"
)

// account is an AWS with one execution, and a source over it.
type account struct {
	operate.API
	mutex   sync.Mutex
	status  types.ExecutionStatus
	failed  int
	objects map[string]string // by key
	asked   int
	started []string // inputs
	logs    []functionlog.Log
	waiting *waiting.Service // nil: nothing waits
	parts   Parts            // that a rerun starts
	again   []string
	input   string // of the execution; "": an object without members
}

// newAccount has an execution that ended with these failed items and their errors.
func newAccount(items, names []string) *account {
	var lines strings.Builder
	for i, name := range names {
		fmt.Fprintf(&lines, "{\"index\":%d,\"error\":%q}\n", 10*i, name)
	}
	at := protocol.Folder{Bucket: "b", Prefix: "p"}.File(protocol.FailuresFile)
	return &account{status: types.ExecutionStatusSucceeded, failed: len(items),
		objects: map[string]string{at.Key: strings.Join(items, "\n") + "\n", protocol.ErrorsOf(at).Key: lines.String()}}
}

func (a *account) DescribeExecution(_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	d := &sfn.DescribeExecutionOutput{ExecutionArn: in.ExecutionArn, Name: aws.String("monday"), Status: a.status, StartDate: aws.Time(time.Now().Add(-time.Minute)), Input: aws.String(cmp.Or(a.input, "{}"))}
	if a.status != types.ExecutionStatusRunning {
		d.StopDate = aws.Time(time.Now())
		d.Output = aws.String(fmt.Sprintf(`{"total": 5000, "succeeded": %d, "failed": %d, "errors": {}, "output": "<img>", "report": {"bucket": "b", "prefix": "p"}}`, 5000-a.failed, a.failed))
	}
	return d, nil
}

func (a *account) ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	return &sfn.ListExecutionsOutput{Executions: []types.ExecutionListItem{{ExecutionArn: aws.String(monday), Name: aws.String("monday"), Status: a.status, StartDate: aws.Time(time.Now())}}}, nil
}

func (a *account) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	if in.NextToken != nil {
		return nil, &types.InvalidToken{Message: aws.String("Invalid Token: '" + *in.NextToken + "'")}
	}
	return &sfn.GetExecutionHistoryOutput{Events: []types.HistoryEvent{
		{Id: 1, Type: types.HistoryEventTypeExecutionStarted, Timestamp: aws.Time(time.Now())},
		{Id: 2, PreviousEventId: 1, Type: types.HistoryEventTypeTaskStateEntered, Timestamp: aws.Time(time.Now()), StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: aws.String("Map"), Input: aws.String(`{"a":1}`)}},
		{Id: 3, PreviousEventId: 2, Type: types.HistoryEventTypeTaskFailed, Timestamp: aws.Time(time.Now()), TaskFailedEventDetails: &types.TaskFailedEventDetails{Error: aws.String("Boom")}},
	}}, nil
}

func (a *account) ListMapRuns(context.Context, *sfn.ListMapRunsInput, ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error) {
	return &sfn.ListMapRunsOutput{}, nil
}

func (a *account) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.started = append(a.started, *in.Input)
	return &sfn.StartExecutionOutput{ExecutionArn: aws.String(strings.Replace(machine, "stateMachine", "execution", 1) + ":" + *in.Name)}, nil
}

func (a *account) StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.status = types.ExecutionStatusAborted
	return &sfn.StopExecutionOutput{StopDate: aws.Time(time.Now())}, nil
}

type store map[string]string

func (s store) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	text, ok := s[at.Key]
	if !ok {
		return nil, fmt.Errorf("s3://%s/%s: %w", at.Bucket, at.Key, fs.ErrNotExist)
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (s store) OpenAt(_ context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	text, ok := s[at.Key]
	if !ok {
		return nil, fmt.Errorf("s3://%s/%s: %w", at.Bucket, at.Key, fs.ErrNotExist)
	}
	return io.NopCloser(strings.NewReader(text[min(bytes, int64(len(text))):])), nil
}

func (s store) Keys(_ context.Context, folder protocol.Folder) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(s)) {
			if strings.HasPrefix(key, folder.Prefix+"/") && !yield(key, nil) {
				return
			}
		}
	}
}

func (s store) Create(_ context.Context, at protocol.Object, _ map[string]string, from io.Reader) error {
	text, err := io.ReadAll(from)
	s[at.Key] = string(text)
	return err
}

func (a *account) service() *operate.Service {
	return &operate.Service{API: a, Store: store(a.objects), Region: "us-east-1", Pause: 5 * time.Millisecond}
}

func command(name string, words ...string) string {
	return strings.Join(append([]string{"mapjob", name}, words...), " ")
}

func nothing() error { return nil }

func (a *account) Open(context.Context) (*Jobs, error) {
	a.asked++
	return &Jobs{Service: a.service(), Machines: []string{machine}, Command: command, Close: nothing}, nil
}

func (a *account) Execution(ctx context.Context, arn string) (*Opened, error) {
	a.mutex.Lock()
	a.asked++
	a.mutex.Unlock()
	s := a.service()
	x, err := s.Describe(ctx, arn)
	return &Opened{Service: s, Execution: x, Command: command, Close: nothing,
		Logs: func(context.Context) ([]functionlog.Log, error) {
			if a.logs == nil {
				return nil, errors.New("no log group")
			}
			return a.logs, nil
		},
		Waiting: func() (*waiting.Service, error) {
			if a.waiting == nil {
				return nil, errors.New("nothing waits")
			}
			return a.waiting, nil
		},
		Again: func(context.Context) []string { return a.again },
		Live: func(context.Context, bool) (*operate.Service, Parts, error) {
			return s, a.parts, nil
		}}, err
}

// serve serves a console over an account.
func serve(t *testing.T, a *account, options Options) *Server {
	t.Helper()
	return serveSource(t, a, options)
}

func serveSource(t *testing.T, source Source, options Options) *Server {
	t.Helper()
	options.Source = source
	s, err := Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends a request as the page does, after a change.
func (s *Server) ask(t *testing.T, method, path, body string, change func(*http.Request)) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.host+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0")
	if method == http.MethodPost {
		r.Header.Set("Origin", "http://"+s.host)
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// of is the path of an execution in the API.
func of(rest string) string { return "/api/executions/" + url.PathEscape(monday) + rest }

// get asks for an answer, and decodes it.
func (s *Server) get(t *testing.T, path string, v any) string {
	t.Helper()
	status, header, text := s.ask(t, http.MethodGet, path, "", nil)
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		t.Fatalf("GET %s: got status %d and %s, expected 200 and JSON: %s", path, status, header.Get("Content-Type"), text)
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
	return text
}

// requests are one of each kind that the API has.
var requests = []struct{ method, path string }{
	{"GET", "/api/session"}, {"GET", "/api/executions"}, {"GET", of("")}, {"GET", of("/events")}, {"GET", of("/graph")}, {"GET", of("/report")},
	{"GET", of("/failures")}, {"GET", of("/items")}, {"GET", of("/items/0")}, {"GET", of("/history")}, {"GET", of("/history/1")},
	{"GET", of("/waiting")}, {"POST", of("/answer")}, {"POST", of("/plan")}, {"POST", of("/rerun")}, {"POST", of("/stop")}, {"POST", of("/redrive")},
}

func TestOtherPagesAndProgramsWithoutTheTokenGetNothing(t *testing.T) {
	a := newAccount([]string{`{"secret": 1}`}, []string{"Boom"})
	s := serve(t, a, Options{Actions: true})
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	_, port, _ := strings.Cut(s.host, ":")
	for name, c := range map[string]struct {
		status int
		change func(*http.Request)
	}{
		"a script of another site":   {403, set("Origin", "https://evil.example")},
		"a sandboxed frame":          {403, set("Origin", "null")},
		"a page of another port":     {403, set("Origin", "http://127.0.0.1:1")},
		"an origin by another name":  {403, set("Origin", "http://localhost:"+port)},
		"the origin with https":      {403, set("Origin", "https://"+s.host)},
		"two origins":                {403, func(r *http.Request) { r.Header["Origin"] = []string{"http://" + s.host, "https://evil.example"} }},
		"an image of another site":   {403, set("Sec-Fetch-Site", "cross-site")},
		"an image of another port":   {403, set("Sec-Fetch-Site", "same-site")},
		"a host name that was bound": {403, func(r *http.Request) { r.Host = "evil.example:" + port }},
		"a host name without a port": {403, func(r *http.Request) { r.Host = "127.0.0.1" }},
		"a subdomain of localhost":   {403, func(r *http.Request) { r.Host = "evil.localhost:" + port }},
		"a bound name as its origin": {403, func(r *http.Request) {
			r.Host = "evil.example:" + port
			r.Header.Set("Origin", "http://evil.example:"+port)
		}},
		"no token":            {401, func(r *http.Request) { r.Header.Del("Authorization") }},
		"another token":       {401, set("Authorization", "Bearer "+strings.Repeat("0", 48))},
		"the token's start":   {401, set("Authorization", "Bearer "+s.token[:47])},
		"an empty token":      {401, set("Authorization", "Bearer ")},
		"a token in a cookie": {401, func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("Cookie", "token="+s.token) }},
		"a token in the address": {401, func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "token=" + s.token
		}},
	} {
		for _, request := range requests {
			status, header, text := s.ask(t, request.method, request.path, "{}", c.change)
			if status != c.status || strings.Contains(text, "secret") {
				t.Errorf("%s: got status %d for %s %s, expected %d: %s", name, status, request.method, request.path, c.status, text)
			}
			for member := range header {
				if strings.HasPrefix(member, "Access-Control-") {
					t.Errorf("%s: got header %s, expected none that lets a page read the answer", name, member)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		method string
		status int
		change func(*http.Request)
	}{
		"a form":          {"POST", 415, func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }},
		"text":            {"POST", 415, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }},
		"no type":         {"POST", 415, func(r *http.Request) { r.Header.Del("Content-Type") }},
		"a preflight":     {"OPTIONS", 405, nil},
		"another method":  {"DELETE", 405, nil},
		"a stop by a GET": {"GET", 404, nil},
	} {
		if status, _, text := s.ask(t, c.method, of("/stop"), "{}", c.change); status != c.status && !(c.method == "GET" && status == 405) {
			t.Errorf("%s: got status %d, expected %d: %s", name, status, c.status, text)
		}
	}
	if a.asked > 0 || len(a.started) > 0 {
		t.Errorf("got %d requests at the account and %d executions, expected none", a.asked, len(a.started))
	}
	if status, _, text := s.ask(t, "GET", "/api/session", "", nil); status != 200 {
		t.Errorf("got status %d for the page itself, expected 200: %s", status, text)
	}
	if status, _, _ := s.ask(t, "GET", "/api/session", "", func(r *http.Request) { r.Host = "localhost:" + port }); status != 200 {
		t.Errorf("got status %d for localhost, expected 200", status)
	}
}

func TestTheConsoleListensOnThisMachineOnly(t *testing.T) {
	s := serve(t, newAccount(nil, nil), Options{})
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Errorf("got %s, expected an address of this machine", s.URL())
	}
	if other := serve(t, newAccount(nil, nil), Options{}); other.token == s.token || len(s.token) < 32 {
		t.Errorf("got tokens %s and %s, expected two secrets", s.token, other.token)
	}
}

func TestAnItemIsDataWhateverItSays(t *testing.T) {
	script := `{"name": "<script>alert(1)</script><img src=x onerror=alert(2)>"}`
	s := serve(t, newAccount([]string{script}, []string{`<b>"Boom"</b>`}), Options{})
	var list itemList
	s.get(t, of("/items"), &list)
	var item shownItem
	s.get(t, of("/items/0"), &item)
	if len(list.Items) != 1 || list.Items[0].Item != script || item.Item != script || item.Error != `<b>"Boom"</b>` {
		t.Errorf("got %+v and %+v, expected the text as it is", list, item)
	}
	for _, path := range []string{"/", "/js/main.js", "/console.css", "/look.css", "/graph.css", "/vendor/preact.mjs", of("/items/0")} {
		status, header, _ := s.ask(t, "GET", path, "", nil)
		csp := header.Get("Content-Security-Policy")
		if status != 200 || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got status %d and headers %v", path, status, header)
		}
	}
	for path, kind := range map[string]string{"/": "text/html", "/js/main.js": "text/javascript", "/vendor/htm.mjs": "text/javascript", "/console.css": "text/css", "/graph.css": "text/css", "/look.css": "text/css", "/icon.svg": "image/svg+xml"} {
		if _, header, _ := s.ask(t, "GET", path, "", nil); !strings.HasPrefix(header.Get("Content-Type"), kind) {
			t.Errorf("%s: got %s, expected %s", path, header.Get("Content-Type"), kind)
		}
	}
	for _, path := range []string{"/js/", "/vendor/", "/page.go", "/../console.go", "/vendor/vendor.sh"} {
		if status, _, _ := s.ask(t, "GET", path, "", nil); status == 200 {
			t.Errorf("%s: got status 200, expected that it is not served", path)
		}
	}
}

func TestAnItemOfFiveMegabytesIsCut(t *testing.T) {
	large := `"` + strings.Repeat("ü", 5<<19) + `"`
	s := serve(t, newAccount([]string{"1", large, "3"}, []string{"Boom", "Boom", "Boom"}), Options{})
	var list itemList
	text := s.get(t, of("/items"), &list)
	if len(text) > 4096 || len(list.Items) != 3 || list.Items[1].Bytes != len(large) || !list.Items[1].Truncated || strings.ContainsRune(list.Items[1].Item, '\uFFFD') {
		t.Errorf("got %d bytes and %d items, expected three with the beginning of the second", len(text), len(list.Items))
	}
	var item shownItem
	text = s.get(t, of("/items/10"), &item)
	if len(text) > itemBytes+8192 || item.Bytes != len(large) || !item.Truncated || !strings.HasPrefix(large, item.Item) || len(item.Item) < itemBytes-4 {
		t.Errorf("got %d bytes and an item of %d, expected the first %d", len(text), len(item.Item), itemBytes)
	}
	if item.NoLog != "no log group" || item.Lines == nil {
		t.Errorf("got %+v, expected why there is no log", item.NoLog)
	}
}

// brokenLog can't be read.
type brokenLog struct{ functionlog.Log }

func (brokenLog) Search(context.Context, *functionlog.Query, func(*functionlog.Line) error) error {
	return errors.New("access denied")
}

func TestTheOutcomeOfAnItemIsAskedForWithoutItsLog(t *testing.T) {
	for name, logs := range map[string][]functionlog.Log{"no log group": nil, "access denied": {brokenLog{}}} {
		a := newAccount([]string{"1"}, []string{"Boom"})
		a.logs = logs
		var item shownItem
		serve(t, a, Options{}).get(t, of("/items/0"), &item)
		if item.NoLog != name || !strings.Contains(item.NoOutcome, "no Map Run of the execution has left results") {
			t.Errorf("%s: got %q and %q, expected why there is neither a log nor an outcome", name, item.NoLog, item.NoOutcome)
		}
	}
}

func TestItemsArePages(t *testing.T) {
	var items, names []string
	for i := range 100_000 {
		items = append(items, fmt.Sprintf(`{"order": "A-%d"}`, i))
		names = append(names, []string{"Even", "Odd"}[i%2])
	}
	s := serve(t, newAccount(items, names), Options{})
	seen := 0
	for after, read, done := "", 0, false; !done; {
		var list itemList
		s.get(t, of("/items?error=Odd&search=a-999&limit=40&after="+after), &list)
		if len(list.Items) > 40 || list.Read <= read || list.Done != (list.Next == "") {
			t.Fatalf("got %d items and %d lines after %d, and the cursor %q", len(list.Items), list.Read, read, list.Next)
		}
		for _, found := range list.Items {
			var item shownItem
			s.get(t, of(fmt.Sprintf("/items/%d?at=%s", found.Index, found.At)), &item)
			if item.Item != found.Item || item.Index != found.Index {
				t.Fatalf("got %+v at the cursor of %+v", item.row, found)
			}
		}
		seen += len(list.Items)
		after, read, done = list.Next, list.Read, list.Done
	}
	if expected := 1 + 5 + 50; seen != expected { // 999, 9991 to 9999, 99901 to 99999
		t.Errorf("got %d items, expected %d", seen, expected)
	}
	var failures struct {
		Count   int
		Command string
		Errors  []struct {
			Error string
			Count int
		}
	}
	s.get(t, of("/failures?error=Odd&search=a-999"), &failures)
	if failures.Count != 56 || len(failures.Errors) != 1 || failures.Command != "mapjob failures --error Odd --search a-999" {
		t.Errorf("got %+v, expected 56 of one error", failures)
	}
}

// busy are [Parts] in which an execution runs until it is over.
type busy struct {
	over   atomic.Bool
	closed chan struct{}
}

func (b *busy) Idle() bool { return b.over.Load() }

func (b *busy) Close() error {
	close(b.closed)
	return nil
}

func TestPartsOfARerunStayAsLongAsExecutionsRunInThem(t *testing.T) {
	a := newAccount([]string{"1"}, []string{"Boom"})
	waits, next := &busy{closed: make(chan struct{})}, &busy{closed: make(chan struct{})}
	a.parts = waits
	s := serve(t, a, Options{Local: true})
	rerun := func() {
		t.Helper()
		if status, _, text := s.ask(t, "POST", of("/rerun"), `{"count": 1}`, nil); status != 200 {
			t.Fatalf("got status %d and %s, expected a rerun", status, text)
		}
	}
	rerun()
	a.parts = next
	rerun() // it does not wait for the one before
	a.parts = nil
	rerun() // the parts run already
	next.over.Store(true)
	<-next.closed
	select {
	case <-waits.closed:
		t.Error("parts were closed while an execution ran in them")
	case <-time.After(2 * pause):
	}
	waits.over.Store(true)
	<-waits.closed
	a.parts = &busy{closed: make(chan struct{})}
	rerun()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-a.parts.(*busy).closed // with the console
}

func TestARunThatCannotBeRerunSaysWhatToDo(t *testing.T) {
	a := newAccount([]string{"1"}, []string{"Boom"})
	a.again = []string{"they can't be rerun: it was stopped", "run them as a new job: mapjob run --items f"}
	s := serve(t, a, Options{Local: true})
	if status, _, text := s.ask(t, "POST", of("/plan"), `{"errors": ["Boom"]}`, nil); status != 200 {
		t.Errorf("got status %d and %s, expected a plan", status, text)
	}
	a.status = types.ExecutionStatusRunning // which has no report
	status, _, text := s.ask(t, "POST", of("/plan"), "{}", nil)
	if expected := "they can't be rerun: it was stopped. run them as a new job: mapjob run --items f"; status != 409 || !strings.Contains(text, expected) {
		t.Errorf("got status %d and %s, expected 409 and %q", status, text, expected)
	}
}

func TestARerunNamesTheEarlierExecution(t *testing.T) {
	a := newAccount(nil, nil)
	var run running
	s := serve(t, a, Options{})
	if s.get(t, of(""), &run); run.Earlier != "" {
		t.Errorf("got %q of an execution that is no rerun, expected none", run.Earlier)
	}
	a.input = `{"mapjobRerun": {"execution": "` + monday + `-0", "bucket": "b", "key": "k", "count": 1}}`
	if s.get(t, of(""), &run); run.Earlier != monday+"-0" {
		t.Errorf("got %q, expected the execution whose items run again", run.Earlier)
	}
}

func TestActionsOnAWSHaveToBeAllowed(t *testing.T) {
	for name, c := range map[string]struct {
		options  Options
		expected int
	}{"reads only": {Options{}, 403}, "allowed": {Options{Actions: true}, 200}} {
		a := newAccount([]string{"1", "2", "3"}, []string{"Boom", "Lost", "Boom"})
		s := serve(t, a, c.options)
		var plan struct {
			Count   int
			Command string
		}
		if status, _, text := s.ask(t, "POST", of("/plan"), `{"errors": ["Boom"], "batchSize": 1}`, nil); status != 200 || json.Unmarshal([]byte(text), &plan) != nil || plan.Count != 2 || plan.Command != "mapjob rerun --error Boom --batch 1" {
			t.Errorf("%s: got status %d and the plan %s", name, status, text)
		}
		status, _, text := s.ask(t, "POST", of("/rerun"), `{"errors": ["Boom"], "batchSize": 1, "count": 2}`, nil)
		if status != c.expected {
			t.Errorf("%s: got status %d, expected %d: %s", name, status, c.expected, text)
		}
		if c.expected == 200 && (len(a.started) != 1 || !strings.Contains(a.started[0], `"count":2`) || !strings.Contains(text, ":execution:Nightly:rerun-")) {
			t.Errorf("%s: got %s and the executions %v, expected one of two items", name, text, a.started)
		}
		if status, _, text := s.ask(t, "POST", of("/rerun"), `{"errors": ["Boom"], "count": 3}`, nil); c.expected == 200 && (status != 409 || !strings.Contains(text, "got 2 items to run again, expected the 3 that were shown")) {
			t.Errorf("%s: got status %d for items that were not shown: %s", name, status, text)
		}
		if status, _, text := s.ask(t, "POST", of("/rerun"), `{"count": 2, "all": true}`, nil); c.expected == 200 && status != 400 {
			t.Errorf("%s: got status %d for a member that is not known, expected 400: %s", name, status, text)
		}
		a.status = types.ExecutionStatusRunning
		if status, _, text := s.ask(t, "POST", of("/stop"), "{}", nil); status != c.expected || (a.status == types.ExecutionStatusAborted) != (c.expected == 200) {
			t.Errorf("%s: got status %d of a stop and %s, expected %d: %s", name, status, a.status, c.expected, text)
		}
		if c.expected == 403 && len(a.started) > 0 {
			t.Errorf("%s: got the executions %v, expected none", name, a.started)
		}
	}
}

func TestAPageFollowsAnExecutionToItsEnd(t *testing.T) {
	a := newAccount(nil, nil)
	a.status = types.ExecutionStatusRunning
	s := serve(t, a, Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.host+of("/events"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var seen []string
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		text := lines.Text()
		if event, ok := strings.CutPrefix(text, "event: "); ok {
			seen = append(seen, event)
		}
		if strings.Contains(text, `"status":"RUNNING"`) {
			seen = append(seen, "runs")
			a.mutex.Lock()
			a.status = types.ExecutionStatusSucceeded
			a.mutex.Unlock()
		}
		if strings.Contains(text, `"status":"SUCCEEDED"`) {
			seen = append(seen, "succeeded")
		}
	}
	if got := strings.Join(seen, " "); !strings.HasPrefix(got, "status runs series status succeeded") || !strings.HasSuffix(got, "end") {
		t.Errorf("got the events %s, expected that it runs, succeeds and ends", got)
	}
}

func TestTheListTheHistoryAndTheSessionNameTheirCommands(t *testing.T) {
	s := serve(t, newAccount([]string{"1"}, []string{"Boom"}), Options{Where: "Nightly in us-east-1"})
	var list struct {
		Executions []struct {
			Name, Job string
			Failed    int
			Account   map[string]any
		}
		Command string
	}
	s.get(t, "/api/executions?status=failed", &list)
	if len(list.Executions) != 1 || list.Executions[0].Job != "Nightly" || list.Executions[0].Failed != 1 || list.Executions[0].Account["output"] != nil || list.Command != "mapjob list --status failed" {
		t.Errorf("got %+v, expected one execution without the output of its summary", list)
	}
	if status, _, _ := s.ask(t, "GET", "/api/executions?status=odd", "", nil); status != 400 {
		t.Errorf("got status %d for another status, expected 400", status)
	}
	var history struct {
		Events []struct {
			ID    int
			State string
		}
		Command string
	}
	s.get(t, of("/history"), &history)
	if len(history.Events) != 3 || history.Events[2].State != "Map" || history.Command != "mapjob history" {
		t.Errorf("got %+v, expected three events, the last one of state Map", history)
	}
	var event struct{ Details map[string]any }
	s.get(t, of("/history/3"), &event)
	if len(event.Details) != 1 || event.Details["Error"] != "Boom" {
		t.Errorf("got %+v, expected the error alone", event.Details)
	}
	if status, _, _ := s.ask(t, "GET", of("/history/9"), "", nil); status != 404 {
		t.Errorf("got status %d for an event that does not exist, expected 404", status)
	}
	var status running
	s.get(t, of(""), &status)
	if status.Failed != 1 || !status.HasFailures || status.Commands["failures"] != "mapjob failures" {
		t.Errorf("got %+v, expected one failed item", status)
	}
	if code, _, text := s.ask(t, "GET", "/api/executions/"+url.PathEscape("arn:aws:s3:::bucket"), "", nil); code != 400 || !strings.Contains(text, "expected the ARN") {
		t.Errorf("got status %d for another ARN, expected 400: %s", code, text)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := serve(t, newAccount([]string{"1"}, []string{"Boom"}), Options{})
	w := httptest.NewRecorder()
	s.answer(w, nil, fmt.Errorf("explained: %w", &types.ExecutionDoesNotExist{}))
	if w.Code != 404 {
		t.Errorf("got status %d for an execution that does not exist, expected 404", w.Code)
	}
	status, _, text := s.ask(t, "GET", of("/history/99"), "", nil)
	if status != 404 || !strings.Contains(text, "event: got 99, expected one of the history of "+monday) {
		t.Errorf("got status %d for an event that does not exist: %s", status, text)
	}
	status, _, text = s.ask(t, "POST", of("/plan"), `{"batchSize": 1.5}`, nil)
	if status != 400 || !strings.Contains(text, "batchSize: got number 1.5, expected int") {
		t.Errorf("got status %d for half an item: %s", status, text)
	}
}
