// Package standin stands in for an account of AWS on this machine: moto, patched and
// filled in where it leaves something out, and the engine for executions, which moto can't
// run. It says nothing of what AWS does: it shows that the check of deployments asks an
// account what it should, and sees a wrong answer.
package standin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/internal/sfnapi"
	"github.com/mapjob/mapjob/test/deploy/engine"
	"github.com/mapjob/mapjob/test/moto"
)

// Options say how an account is made.
type Options struct {
	Moto   string // moto's server
	Folder string // gets files
	// Orders begins the name of the table whose items the job reads.
	Orders string
	// Engine starts the engine for the job, with a file of the items of that table.
	Engine func(ctx context.Context, orders string) (*engine.Engine, error)
}

// Account is an account of AWS on this machine.
type Account struct {
	URL string

	options   Options
	moto      *moto.Server
	proxy     *httputil.ReverseProxy // to moto
	validator *sfnapi.Service
	server    *http.Server
	engine    func() (*engine.Engine, error)
	started   *engine.Engine

	lock sync.Mutex
	liar Liar
}

// Call is a request to an account and its answer.
type Call struct {
	Service string // as signatures name it, such as states
	Action  string // such as StartExecution, or for APIs of REST a method and a path
	Input   []byte

	Status int
	Header http.Header
	Output []byte
}

// A Liar changes answers. It calls honest to have the account do and answer what it
// should.
type Liar func(c *Call, honest func())

// Start starts an account. It ends with ctx.
func Start(ctx context.Context, o Options) (*Account, error) {
	server, err := moto.Start(ctx, moto.Options{Program: o.Moto, Folder: o.Folder, Patches: []string{moto.ChangeSets, moto.Filled}})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		server.Stop()
		return nil, err
	}
	to, err := url.Parse(server.URL)
	if err != nil {
		server.Stop()
		return nil, err
	}
	a := &Account{URL: "http://" + listener.Addr().String(), options: o, moto: server, validator: sfnapi.New(nil, nil)}
	a.proxy = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	a.engine = sync.OnceValues(func() (*engine.Engine, error) { return a.startEngine(ctx) })
	a.server = &http.Server{Handler: a}
	go func() { _ = a.server.Serve(listener) }()
	return a, nil
}

// Stop ends the account.
func (a *Account) Stop() {
	_ = a.server.Close()
	a.validator.Close()
	a.moto.Stop()
	if a.started != nil {
		a.started.Stop()
	}
}

// Lie has a liar change answers from now on; nil none.
func (a *Account) Lie(liar Liar) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.liar = liar
}

// Trace returns a failure of moto's own, if it printed one.
func (a *Account) Trace() string { return a.moto.Trace() }

// toEngine has the actions of Step Functions that the engine answers.
var toEngine = []string{"DescribeExecution", "DescribeMapRun", "GetExecutionHistory", "ListMapRuns", "StartExecution"}

func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	input, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := &Call{Service: service(r), Action: action(r, input), Input: input, Header: http.Header{}}
	a.lock.Lock()
	liar := a.liar
	a.lock.Unlock()
	if liar == nil {
		liar = func(_ *Call, honest func()) { honest() }
	}
	liar(c, func() { a.answer(c, r) })
	for name, values := range c.Header {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(c.Status)
	_, _ = w.Write(c.Output)
}

func (a *Account) answer(c *Call, r *http.Request) {
	r.Body = io.NopCloser(bytes.NewReader(c.Input))
	r.ContentLength = int64(len(c.Input))
	switch {
	case c.Service == "cloudtrail": // the CDK looks there for causes of a failure
		c.Status, c.Output = http.StatusOK, []byte(`{"Events":[]}`)
	case c.Service != "states":
		a.proxy.ServeHTTP(&keeper{c}, r)
	case c.Action == "ValidateStateMachineDefinition":
		a.validator.ServeHTTP(&keeper{c}, r)
	case slices.Contains(toEngine, c.Action):
		if err := a.execute(c, r); err != nil {
			c.Status = http.StatusBadRequest
			c.Output, _ = json.Marshal(map[string]string{"__type": "StandIn", "message": err.Error()})
		}
	default:
		a.proxy.ServeHTTP(&keeper{c}, r)
	}
}

// keeper keeps an answer in a call.
type keeper struct{ call *Call }

func (k *keeper) Header() http.Header    { return k.call.Header }
func (k *keeper) WriteHeader(status int) { k.call.Status = status }
func (k *keeper) Write(b []byte) (int, error) {
	k.call.Output = append(k.call.Output, b...)
	return len(b), nil
}

// credential finds the service in a signature.
var credential = regexp.MustCompile(`Credential=[^/]*/[0-9]+/[^/]+/([^/]+)/`)

func service(r *http.Request) string {
	if found := credential.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		return found[1]
	}
	return ""
}

func action(r *http.Request, input []byte) string {
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(input))
		if err == nil && form.Get("Action") != "" {
			return form.Get("Action")
		}
	}
	return r.Method + " " + r.URL.RequestURI()
}

// execute has the engine answer. It knows its own state machine only.
func (a *Account) execute(c *Call, r *http.Request) error {
	e, err := a.engine()
	if err != nil {
		return err
	}
	input := c.Input
	if c.Action == "StartExecution" {
		var start map[string]any
		if err := json.Unmarshal(input, &start); err != nil {
			return err
		}
		start["stateMachineArn"] = e.Machine
		if input, err = json.Marshal(start); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, e.URL, bytes.NewReader(input))
	if err != nil {
		return err
	}
	request.Header = r.Header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	c.Status, c.Header = response.StatusCode, response.Header
	c.Output, err = io.ReadAll(response.Body)
	return err
}

func (a *Account) startEngine(ctx context.Context) (*engine.Engine, error) {
	orders := filepath.Join(a.options.Folder, "table.jsonl")
	if err := a.save(ctx, orders); err != nil {
		return nil, err
	}
	started, err := a.options.Engine(ctx, orders)
	a.started = started
	return started, err
}

// save writes the items of the job's table into a file.
func (a *Account) save(ctx context.Context, file string) error {
	client := dynamodb.NewFromConfig(a.moto.Config)
	tables, err := client.ListTables(ctx, nil)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(tables.TableNames, func(name string) bool { return strings.HasPrefix(name, a.options.Orders) })
	if at < 0 {
		return fmt.Errorf("got the tables %q, expected %s", tables.TableNames, a.options.Orders)
	}
	var lines bytes.Buffer
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: aws.String(tables.TableNames[at])})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var items []map[string]any
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &items); err != nil {
			return err
		}
		encoder := json.NewEncoder(&lines)
		for _, item := range items {
			if err := encoder.Encode(item); err != nil {
				return err
			}
		}
	}
	if lines.Len() == 0 {
		return errors.New("got no items in " + tables.TableNames[at])
	}
	return os.WriteFile(file, lines.Bytes(), 0o644)
}
