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
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// base is where the site is served: pages.yml builds it for pages of a project.
const base = "/mapjob"

// visitor shows pages of the site as a laptop and a telephone do, looks for what is
// wrong, and searches.
const visitor = `<!doctype html><body><script>
const until = async (what, seconds = 20) => { for (let i = 0; i < seconds * 20; i++) { const v = what(); if (v) return v; await new Promise(done => setTimeout(done, 50)) } }
const show = async (address, width) => {
	const frame = Object.assign(document.createElement('iframe'), {src: address, width, height: 900})
	frame.style.border = 0
	await new Promise(done => { frame.onload = done; document.body.append(frame) })
	return frame
}
const look = async (address, width) => {
	const frame = await show(address, width), doc = frame.contentDocument, problems = []
	await until(() => doc.querySelector('.vp-doc h1') && frame.contentWindow.__VP_HASH_MAP__ !== undefined)
	for (const e of doc.querySelectorAll('.drawing')) if (!await until(() => e.querySelector('svg'))) problems.push('a drawing is not drawn')
	for (const e of doc.querySelectorAll('.vp-doc img')) if (!await until(() => e.complete && e.naturalWidth > 0)) problems.push('the image ' + e.src + ' is not shown')
	await new Promise(done => setTimeout(done, 300))
	if (doc.documentElement.scrollWidth > width) problems.push('the page scrolls sideways: ' + doc.documentElement.scrollWidth)
	problems.push(...frame.contentWindow.problems)
	const found = {back: frame.contentWindow.getComputedStyle(doc.body).backgroundColor, title: doc.querySelector('.vp-doc h1')?.textContent ?? '', drawings: doc.querySelectorAll('.drawing svg').length, next: doc.querySelector('.pager-link.next')?.getAttribute('href') ?? '', problems}
	frame.remove()
	return found
}
const search = async words => {
	const frame = await show('` + base + `/index.html', 1280), doc = frame.contentDocument
	const input = await until(() => { // the button works as soon as its code is there
		if (!doc.querySelector('.VPLocalSearchBox')) doc.querySelector('#local-search button, .VPNavBarSearch button')?.click()
		return doc.querySelector('#localsearch-input')
	})
	if (!input) return ['no field for a search']
	input.value = words
	input.dispatchEvent(new frame.contentWindow.Event('input', {bubbles: true}))
	await until(() => doc.querySelector('.VPLocalSearchBox .result'))
	return [...doc.querySelectorAll('.VPLocalSearchBox .result')].map(e => e.getAttribute('href')).concat(frame.contentWindow.problems)
}
const main = async () => {
	const found = {pages: {}, results: []}
	for (const width of [1280, 390]) for (const address of ADDRESSES) found.pages[width + ' ' + address] = await look(address, width)
	found.results = await search('redrive')
	await fetch('/found', {method: 'POST', body: JSON.stringify(found)})
}
main().catch(e => fetch('/found', {method: 'POST', body: JSON.stringify({pages: {error: {problems: [String(e)]}}})}))
</script>`

// errors of a page are kept where the visitor finds them.
const keeper = `<head><script>window.problems = []; addEventListener('error', e => problems.push(String(e.message || e.target.src))); addEventListener('unhandledrejection', e => problems.push(String(e.reason)))
for (const level of ['error', 'warn']) { const say = console[level]; console[level] = (...a) => { problems.push(a.join(' ')); say(...a) } }</script>`

type visited struct {
	Pages map[string]struct {
		Back, Title, Next string
		Drawings          int
		Problems          []string
	}
	Results []string
}

func TestTheSiteIsReadInEachWidthAndColour(t *testing.T) {
	folder := os.Getenv("MAPJOB_SITE")
	if folder == "" {
		t.Skip("MAPJOB_SITE: got no value, expected the folder of the site: make site builds it")
	}
	chromium := find(t)
	addresses := []string{"/index.html", "/architecture.html", "/job.html", "/operate.html", "/testing.html", "/tutorial/index.html", "/how-to/index.html"}
	for i := range addresses {
		addresses[i] = base + addresses[i]
	}
	backs := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		found := browse(t, chromium, folder, scheme, addresses)
		if len(found.Pages) != 2*len(addresses) {
			t.Errorf("%s: got %d pages, expected %d in two widths", scheme, len(found.Pages), len(addresses))
		}
		for at, page := range found.Pages {
			backs[page.Back] = true
			for _, problem := range page.Problems {
				t.Errorf("%s, %s: %s", scheme, at, problem)
			}
			if page.Title == "" || page.Next == "" {
				t.Errorf("%s, %s: got the title %q and the next page %q, expected both", scheme, at, page.Title, page.Next)
			}
			if strings.HasSuffix(at, "/architecture.html") && page.Drawings != 2 {
				t.Errorf("%s, %s: got %d drawings, expected 2", scheme, at, page.Drawings)
			}
		}
		if results := strings.Join(found.Results, " "); !strings.Contains(results, "/operate.html") {
			t.Errorf("%s: got %q of a search for redrive, expected a section of operate.html", scheme, results)
		}
	}
	if len(backs) != 2 {
		t.Errorf("got the backgrounds %v, expected a light and a dark one", backs)
	}
}

// browse opens pages of the site in a browser.
func browse(t *testing.T, chromium, folder, scheme string, addresses []string) visited {
	t.Helper()
	list, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan visited, 1)
	var mutex sync.Mutex
	mux := http.NewServeMux()
	mux.HandleFunc("POST /found", func(_ http.ResponseWriter, r *http.Request) {
		var answer visited
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
			t.Error(err)
		}
		found <- answer
	})
	mux.HandleFunc("GET /visitor", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, strings.Replace(visitor, "ADDRESSES", string(list), 1))
	})
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) {}) // the browser asks for it, no page does
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		below, ok := strings.CutPrefix(r.URL.Path, base+"/")
		name := filepath.Join(folder, filepath.FromSlash(below))
		text, err := os.ReadFile(name)
		if err != nil || !ok {
			mutex.Lock()
			t.Errorf("got a request for %s, which the site does not have", r.URL.Path)
			mutex.Unlock()
			http.NotFound(w, r)
			return
		}
		if filepath.Ext(name) == ".html" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, strings.Replace(string(text), "<head>", keeper, 1))
			return
		}
		http.ServeFile(w, r, name)
	})
	site := httptest.NewServer(mux)
	defer site.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--window-size=1700,1000",
		fmt.Sprintf("--blink-settings=preferredColorScheme=%d", strings.Index("dl", scheme[:1])), "--user-data-dir="+t.TempDir(), site.URL+"/visitor")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	select {
	case answer := <-found:
		return answer
	case <-ctx.Done():
		t.Fatal("the page did not say within 3 minutes what it saw")
	}
	return visited{}
}
