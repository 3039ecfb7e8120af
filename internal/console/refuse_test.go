package console

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/protocol"
)

func TestBadInputIsRefusedWithWhatWasExpected(t *testing.T) {
	s := serve(t, newAccount([]string{"1", "2", "3"}, []string{"Boom", "Lost", "Boom"}), Options{Actions: true})
	var list itemList
	s.get(t, of("/items?limit=1"), &list)
	at := list.Next
	bytes, err := base64.RawURLEncoding.DecodeString(at)
	if err != nil || list.Done {
		t.Fatalf("got the cursor %q and %v, expected one", at, err)
	}
	bytes[7]++ // a line more
	changed := base64.RawURLEncoding.EncodeToString(bytes)
	other := serve(t, newAccount(nil, nil), Options{})
	huge := strings.Repeat("9", 30)
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"GET", "/api/executions?limit=0", "", 400, `limit: got \"0\", expected a number, 1 or more`},
		{"GET", "/api/executions?limit=-1", "", 400, `limit: got \"-1\"`},
		{"GET", "/api/executions?limit=" + huge, "", 400, "limit: got"},
		{"GET", "/api/executions?limit=1000000", "", 200, ""},
		{"GET", "/api/executions?status=odd", "", 400, "status: got"},
		{"GET", "/api/executions?job=nope", "", 200, `"executions":[]`},
		{"GET", "/api/executions/nope", "", 400, "expected the ARN"},
		{"GET", "/api/executions/nope/events", "", 400, "expected the ARN"},
		{"GET", "/api/executions/nope/graph", "", 400, "expected the ARN"},
		{"GET", "/api/executions/" + url.PathEscape(strings.Replace(monday, ":execution:", ":express:", 1)), "", 400, "expected the ARN"},
		{"GET", of("/failures?error=nope"), "", 404, `error: got \"nope\": no item failed with it, expected one of: Boom, Lost`},
		{"GET", of("/failures?error="), "", 404, "expected one of: Boom, Lost"},
		{"GET", of("/failures?search=" + strings.Repeat("x", 10_000)), "", 200, `"count":0`},
		{"GET", of("/items?limit=0"), "", 400, "limit: got"},
		{"GET", of("/items?limit=-3"), "", 400, "limit: got"},
		{"GET", of("/items?limit=x"), "", 400, "limit: got"},
		{"GET", of("/items?limit=" + huge), "", 400, "limit: got"},
		{"GET", of("/items?limit=1000000"), "", 200, `"done":true`},
		{"GET", of("/items?error=nope"), "", 200, `"items":[]`},
		{"GET", of("/items?after=" + at), "", 200, `"index":10`},
		{"GET", of("/items?after=1"), "", 400, "no cursor of this console and this execution"},
		{"GET", of("/items?after=-1"), "", 400, "no cursor"},
		{"GET", of("/items?after=" + strings.Repeat("A", 54)), "", 400, "no cursor"},
		{"GET", of("/items?after=" + at[:20]), "", 400, "no cursor"},
		{"GET", of("/items?after=" + changed), "", 400, "no cursor"},
		{"GET", of("/items?after=" + s.cursor(monday+"-2", failed.Place{Lines: 1})), "", 400, "no cursor"},
		{"GET", of("/items?after=" + other.cursor(monday, failed.Place{Lines: 1})), "", 400, "no cursor"},
		{"GET", of("/items?after=" + s.cursor(monday, failed.Place{Lines: 1, Items: 1, Errors: 3})), "", 409, "no line begins at this place"},
		{"GET", of("/items?after=" + s.cursor(monday, failed.Place{Lines: 9, Items: 1 << 40, Errors: 1 << 40})), "", 409, "no line begins at this place"},
		{"GET", of("/items/x"), "", 400, "expected an index"},
		{"GET", of("/items/-1"), "", 400, "expected an index"},
		{"GET", of("/items/1.5"), "", 400, "expected an index"},
		{"GET", of("/items/" + huge), "", 400, "expected an index"},
		{"GET", of("/items/5"), "", 404, "item 5: it is not among the failed items"},
		{"GET", of("/items/1000000000"), "", 404, "not among the failed items"},
		{"GET", of("/items/10?at=zzz"), "", 400, "no cursor"},
		{"GET", of("/history?after=zzz"), "", 400, `after: got \"zzz\", expected the next of an earlier answer`},
		{"GET", of("/history?limit=0"), "", 400, "limit: got"},
		{"GET", of("/history/0"), "", 400, "expected its number"},
		{"GET", of("/history/x"), "", 400, "expected its number"},
		{"GET", of("/history/99"), "", 404, "event: got 99"},
		{"GET", of("/report"), "", 404, "s3://b/p/report.json does not exist any more"},
		{"GET", of("/nope"), "", 404, "the console has no"},
		{"GET", "/api/nope", "", 404, "the console has no"},
		{"GET", "/api/code", "", 404, "the console has no"},
		{"POST", "/api/session", "{}", 404, "the console has no"},
		{"POST", "/api/code", `{"code": 5}`, 400, "code: got number, expected string"},
		{"POST", "/api/code", `{}`, 401, "not one of this console"},
		{"GET", of("/waiting"), "", 200, `"why":"nothing waits"`},
		{"GET", of("/waiting?limit=0"), "", 400, "limit: got"},
		{"POST", of("/answer"), "{}", 400, "expected one of them"},
		{"POST", of("/answer"), `{"output": "1", "error": "E"}`, 400, "expected one of them"},
		{"POST", of("/answer"), `{"token": "t", "error": "E"}`, 409, "nothing waits"},
		{"POST", of("/answer"), `{"token": "t", "all": true}`, 400, "unknown field"},
		{"POST", of("/plan"), "", 400, "the body of the request"},
		{"POST", of("/plan"), "[]", 400, "the body of the request"},
		{"POST", of("/plan"), `{"errors": "Boom"}`, 400, "errors: got string"},
		{"POST", of("/plan"), `{"errors": ["nope"]}`, 404, "no item failed with it"},
		{"POST", of("/plan"), `{"batchSize": -1}`, 400, "batchSize: got -1"},
		{"POST", of("/plan"), `{"all": true}`, 400, "unknown field"},
		{"POST", of("/plan"), `{"search": "` + strings.Repeat("x", maxBody) + `"}`, 413, "at most 1048576 bytes"},
		{"POST", of("/rerun"), `{"errors": ["nope"], "count": 1}`, 404, "no item failed with it"},
		{"POST", of("/rerun"), `{"count": 9}`, 409, "got 3 items to run again"},
		{"POST", of("/rerun"), `{"search": "nothing has this", "count": 0}`, 409, "no failed items to rerun"},
		{"POST", of("/redrive"), "{}", 409, "monday"},
		{"POST", of("/stop"), "{}", 409, "does not run: it ended as SUCCEEDED"},
		{"POST", of("/plan"), "[]", 400, "the body of the request: got array, expected an object"},
		{"POST", of("/plan"), `{"batchSize": 1.5}`, 400, "batchSize: got number 1.5, expected int"},
		{"POST", of("/plan"), `{} {}`, 400, "got something after the object"},
	} {
		status, _, text := s.ask(t, c.method, c.path, c.body, nil)
		if status != c.status || !strings.Contains(text, c.text) {
			t.Errorf("%s %.200s %.100s: got status %d and %s, expected %d and %q", c.method, c.path, c.body, status, text, c.status, c.text)
		}
	}
}

func TestABodyHasToComeSoon(t *testing.T) {
	s := serve(t, newAccount(nil, nil), Options{})
	connection, err := net.Dial("tcp", s.host)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	began := time.Now()
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", codePath, s.host, s.host)
	text, err := io.ReadAll(connection)
	if took := time.Since(began); err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 408 ") || took < bodyTime || took > 3*bodyTime {
		t.Errorf("got %q and error %v after %v, expected 408 after %v", text, err, took, bodyTime)
	}
}

func TestAnObjectThatIsCutIsNamed(t *testing.T) {
	at := protocol.Folder{Bucket: "b", Prefix: "p"}
	items := at.File(protocol.FailuresFile)
	for name, c := range map[string]struct {
		key, content, path, text string
	}{
		"the report":             {at.File(protocol.ReportJSON).Key, `{"errors": [`, "/report", "reading s3://b/p/report.json: unexpected EOF"},
		"the report of failures": {at.File(protocol.ReportJSON).Key, `{"errors": [`, "/failures", "reading s3://b/p/report.json: unexpected EOF"},
		"an error":               {protocol.ErrorsOf(items).Key, "{\"index\":0,\"error\":\"Boom\"}\n{\"ind", "/failures", "reading s3://b/p/failures.errors.jsonl: unexpected end of JSON input"},
		"an error of a list":     {protocol.ErrorsOf(items).Key, "{\"index\":0,\"error\":\"Boom\"}\n{\"ind", "/items", "reading s3://b/p/failures.errors.jsonl"},
		"errors that are few":    {protocol.ErrorsOf(items).Key, "{\"index\":0,\"error\":\"Boom\"}\n", "/items", "reading s3://b/p/failures.errors.jsonl: got an error for each of 1 items"},
		"an item":                {items.Key, "1\n{\"ord", "/items", "reading s3://b/p/failures.jsonl: got text that is not JSON in item 10"},
	} {
		a := newAccount([]string{"1", "2"}, []string{"Boom", "Lost"})
		a.objects[c.key] = c.content
		s := serve(t, a, Options{})
		status, _, text := s.ask(t, "GET", of(c.path), "", nil)
		if status != 502 || !strings.Contains(text, c.text) {
			t.Errorf("%s: got status %d and %s, expected 502 and %q", name, status, text, c.text)
		}
	}
}

// A search that finds nothing answers after a while, says how far it is, and is continued.
func TestASearchAnswersBeforeItIsDone(t *testing.T) {
	const items = 20_000
	lines := strings.Split(strings.Repeat("{\"n\": 1}\n", items), "\n")[:items]
	names := strings.Split(strings.Repeat("Boom\n", items), "\n")[:items]
	s := serve(t, newAccount(lines, names), Options{})
	s.searchTime = time.Nanosecond
	var list itemList
	s.get(t, of("/items?search=nothing"), &list)
	if list.Done || list.Read != 1 || len(list.Items) > 0 || list.Next == "" {
		t.Errorf("got %+v, expected one item read and a cursor", list)
	}
	s.searchTime = time.Minute
	next := list.Next
	list = itemList{}
	s.get(t, of("/items?search=nothing&after="+next), &list)
	if !list.Done || list.Read != items || list.Next != "" {
		t.Errorf("got %+v, expected all items read", list)
	}
}

func (s *Server) exchangeOf(t *testing.T, address string, change func(*http.Request)) (status int, text string) {
	t.Helper()
	_, code, _ := strings.Cut(address, "#code=")
	status, _, text = s.ask(t, "POST", codePath, fmt.Sprintf(`{"code": %q}`, code), func(r *http.Request) {
		r.Header.Del("Authorization")
		if change != nil {
			change(r)
		}
	})
	return status, text
}

func (s *Server) statusWith(t *testing.T, token string) int {
	t.Helper()
	status, _, _ := s.ask(t, "GET", "/api/session", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	return status
}

func tokenIn(text string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), `{"token":"`), `"}`)
}

func TestACodeIsExchangedOnce(t *testing.T) {
	running := newAccount(nil, nil)
	running.status = types.ExecutionStatusRunning
	s := serve(t, running, Options{})
	now := time.Now()
	s.codes.now = func() time.Time { return now }
	address := s.OnceURL()
	if strings.Contains(address, s.token) {
		t.Fatalf("got %s, expected an address without the token", address)
	}
	status, text := s.exchangeOf(t, address, nil)
	token := tokenIn(text)
	if status != 200 || token == s.token || s.statusWith(t, token) != 200 {
		t.Fatalf("got status %d and %s, expected a token of its own that is valid", status, text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.host+of("/events"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	events, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	if events.StatusCode != http.StatusOK {
		t.Fatalf("got %s, expected events", events.Status)
	}
	// Who comes second is refused, and so is who came first from then on: one of them is
	// not the page.
	if status, text := s.exchangeOf(t, address, nil); status != 401 || !strings.Contains(text, "this address was opened before") {
		t.Errorf("used: got status %d and %s, expected 401", status, text)
	}
	if s.statusWith(t, token) != 401 || s.statusWith(t, s.token) != 200 {
		t.Error("got an answer for the token of a code that was used twice, expected one for the printed token only")
	}
	if _, err := io.Copy(io.Discard, events.Body); err != nil || ctx.Err() != nil {
		t.Errorf("got error %v from the events of a token that was taken back, expected that they end", err)
	}
	if s.statusWith(t, "") != 401 {
		t.Error("got an answer without a token")
	}

	late := s.OnceURL()
	now = now.Add(codeTime)
	if status, text := s.exchangeOf(t, late, nil); status != 401 || !strings.Contains(text, "more than a minute ago") {
		t.Errorf("expired: got status %d and %s, expected 401", status, text)
	}
	address = s.OnceURL()
	now = now.Add(codeTime - time.Second)
	for range 1000 { // guesses do not use it up
		if status, _ := s.exchangeOf(t, "#code="+newSecret(), nil); status != 401 {
			t.Fatalf("guessed: got status %d, expected 401", status)
		}
	}
	_, port, _ := strings.Cut(s.host, ":")
	for name, change := range map[string]func(*http.Request){
		"a foreign origin":     func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a sandboxed frame":    func(r *http.Request) { r.Header.Set("Origin", "null") },
		"a page of a port":     func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") },
		"a cross-site request": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a rebinding host":     func(r *http.Request) { r.Host = "evil.example:" + port },
		"a host and its origin": func(r *http.Request) {
			r.Host = "evil.example:" + port
			r.Header.Set("Origin", "http://evil.example:"+port)
		},
		"a form": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		if status, text := s.exchangeOf(t, address, change); status != 403 && status != 415 || strings.Contains(text, "token\":") {
			t.Errorf("%s: got status %d and %s, expected 403", name, status, text)
		}
	}
	other := serve(t, newAccount(nil, nil), Options{})
	if status, _ := other.exchangeOf(t, address, nil); status != 401 {
		t.Errorf("got status %d of another console, expected 401", status)
	}
	if status, text := s.exchangeOf(t, address, nil); status != 200 {
		t.Errorf("got status %d and %s after all attacks, expected a token", status, text)
	}
}

// A browser writes an error for each request that is refused.
func TestWithoutAReportTheAnswerSaysWhy(t *testing.T) {
	a := newAccount(nil, nil)
	a.status = types.ExecutionStatusRunning
	if status, _, text := serve(t, a, Options{}).ask(t, "GET", of("/report"), "", nil); status != 200 || !strings.Contains(text, `{"none":"execution monday has no report: it runs`) {
		t.Errorf("got status %d and %s, expected why there is no report", status, text)
	}
}
