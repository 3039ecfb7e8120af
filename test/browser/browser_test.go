// Package browser opens a page of another origin in a browser, and lets it try to
// use the parts of a local run.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/sqs"
)

// page tries to read and to change each of the PARTS, and says what came of it.
const page = `<!doctype html><title>page</title><body><script>
const read = async (url, init) => { const r = await fetch(url, init); return r.type === 'opaque' ? 'sent' : r.status + ' ' + await r.text() }
const element = (name, url, attributes = {}) => new Promise(done => {
	const e = Object.assign(document.createElement(name), attributes)
	e.onload = () => done('loaded'); e.onerror = () => done('refused')
	e[name === 'link' ? 'href' : 'src'] = url
	document.body.append(e)
})
const submit = (url, method, fields) => new Promise(done => {
	const frame = Object.assign(document.createElement('iframe'), {name: 'f' + Math.random()})
	const form = Object.assign(document.createElement('form'), {action: url, method, target: frame.name})
	for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), {name, value}))
	document.body.append(frame, form)
	frame.onload = () => { let text = 'no access'; try { text = frame.contentDocument.body.innerText } catch {} ; done(text) }
	form.submit()
})
const socket = url => new Promise(done => { const s = new WebSocket(url.replace('http', 'ws')); s.onopen = () => done('open'); s.onerror = () => done('refused') })
const stream = url => new Promise(done => { const s = new EventSource(url); s.onopen = () => done('open'); s.onerror = () => { s.close(); done('refused') } })
const json = (target, body) => ({method: 'POST', headers: {'X-Amz-Target': target}, body})
const simple = body => ({method: 'POST', mode: 'no-cors', body})
async function main() {
	const found = {}
	for (const [name, part] of Object.entries(PARTS)) {
		const tries = {
			get: () => read(part.read), put: () => read(part.write, {method: 'PUT', body: 'from a page'}), remove: () => read(part.read, {method: 'DELETE'}),
			api: () => read(part.url, json(part.target, part.body)), blind: () => read(part.write, simple(part.body)), credentials: () => read(part.read, {credentials: 'include'}),
			image: () => element('img', part.read), script: () => element('script', part.read), frame: () => element('iframe', part.read, {}),
			form: () => submit(part.write, 'post', {key: 'posted', file: 'from a page'}), link: () => submit(part.read, 'get', {}),
			beacon: async () => navigator.sendBeacon(part.write, part.body) ? 'queued' : 'refused', socket: () => socket(part.url), stream: () => stream(part.read),
		}
		for (const [how, go] of Object.entries(tries)) {
			const late = new Promise(done => setTimeout(() => done('late'), 5000))
			found[name + ' ' + how] = await Promise.race([go().catch(e => 'refused: ' + e.message), late])
		}
	}
	await fetch('/found', {method: 'POST', body: JSON.stringify(found)})
}
main()
</script>`

// part is a part of a local run, as the page knows it.
type part struct {
	URL    string `json:"url"`
	Read   string `json:"read"`
	Write  string `json:"write"`
	Target string `json:"target"`
	Body   string `json:"body"`
}

const secret = "the text of an object"

func TestAPageInABrowserUsesNoPart(t *testing.T) {
	chromium := find(t)
	var mutex sync.Mutex
	var written []string
	store, err := objectstore.New(t.TempDir(), func(_, key string) {
		mutex.Lock()
		defer mutex.Unlock()
		written = append(written, key)
	})
	if err == nil {
		err = store.CreateBucket("bucket")
	}
	if err != nil {
		t.Fatal(err)
	}
	s3 := httptest.NewServer(store)
	defer s3.Close()
	put, err := http.NewRequest(http.MethodPut, s3.URL+"/bucket/a", strings.NewReader(secret))
	if err != nil {
		t.Fatal(err)
	}
	stored, err := http.DefaultClient.Do(put)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Body.Close(); stored.StatusCode != http.StatusOK {
		t.Fatalf("storing an object: got status %s, expected 200", stored.Status)
	}

	queues := sqs.New(sqs.Options{})
	if err := queues.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	queue := httptest.NewServer(queues)
	defer queue.Close()

	// What a part without a check gets: that the page can send it is what the check is for.
	reached := map[string]int{}
	open := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		reached[r.Method]++
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = io.WriteString(w, secret)
	}))
	defer open.Close()

	message := fmt.Sprintf(`{"QueueUrl": %q, "MessageBody": "from a page"}`, queues.URL("q"))
	found := visit(t, chromium, map[string]part{
		"s3":   {s3.URL, s3.URL + "/bucket/a", s3.URL + "/bucket/a", "", "from a page"},
		"sqs":  {queue.URL, queue.URL + "/?Action=ReceiveMessage", queue.URL + "/", "AmazonSQS.SendMessage", message},
		"open": {open.URL, open.URL + "/", open.URL + "/", "", "x"},
	})

	tries := 0
	for name, got := range found {
		of, _, _ := strings.Cut(name, " ")
		if of == "open" {
			continue
		}
		tries++
		if strings.Contains(got, secret) || got == "open" || strings.HasPrefix(got, "200") || strings.Contains(got, "MessageId") {
			t.Errorf("%s: got %q, expected that the page reads nothing", name, got)
		}
	}
	if tries != 28 {
		t.Errorf("got %d tries with two parts, expected 28: %v", tries, found)
	}
	mutex.Lock()
	defer mutex.Unlock()
	object, err := store.Open(t.Context(), "bucket", "a")
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	if got, err := io.ReadAll(object); err != nil || string(got) != secret || len(written) != 1 {
		t.Errorf("got the object %q, error %v and writes of %v, expected it unchanged", got, err, written)
	}
	if messages, err := queues.Messages("q"); err != nil || len(messages) != 0 {
		t.Errorf("got the messages %v and error %v, expected none", messages, err)
	}
	if !strings.Contains(found["open get"], secret) || reached[http.MethodGet] < 5 || reached[http.MethodPost] < 3 {
		t.Errorf("got %v and the requests %v, expected that the page reaches a server without a check", found, reached)
	}
}

// visit opens the page at another host name and port, and returns what it found.
func visit(t *testing.T, chromium string, parts map[string]part) map[string]string {
	list, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan map[string]string, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /found", func(_ http.ResponseWriter, r *http.Request) {
		var answers map[string]string
		if err := json.NewDecoder(r.Body).Decode(&answers); err != nil {
			t.Error(err)
		}
		found <- answers
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, strings.Replace(page, "PARTS", string(list), 1))
	})
	site := httptest.NewServer(mux)
	defer site.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--user-data-dir="+t.TempDir(), strings.Replace(site.URL, "127.0.0.1", "localhost", 1))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { cancel(); <-ended }()
	select {
	case answers := <-found:
		return answers
	case err := <-ended:
		ended <- err
		t.Fatalf("%s ended early: %v\n%s", chromium, err, &said)
	case <-ctx.Done():
		t.Fatal("the page did not say within 3 minutes what it found")
	}
	return nil
}

// find returns a Chromium. In CI there has to be one.
func find(t *testing.T) string {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("found none of %s, expected one in CI", strings.Join(names, ", "))
	}
	t.Skipf("found none of %s: install one to try a real page", strings.Join(names, ", "))
	return ""
}
