package runtimes

import (
	"archive/zip"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

// handlers are one handler in each language: the event says what it does.
var handlers = map[string]struct{ file, text string }{
	"python3.13": {"index.py", `import os, sys, time, shared
kept = []
def handle(event, context):
    if event == "fail":
        raise ValueError("no such luck")
    if event == "exit":
        os._exit(3)
    if event == "memory":
        kept.append(b"x" * (300 << 20))
        time.sleep(20)
    if event == "shared memory":
        kept.append(b"x" * (80 << 20))
        children = [os.fork() for _ in range(3)]
        time.sleep(0.5)
        if 0 in children:
            os._exit(0)
        return [os.waitpid(child, 0)[1] for child in children]
    if event == "other letters":
        raise type("Größe", (Exception,), {})("too large")
    if event == "lines":
        raise type("two\nlines", (Exception,), {})("name")
    if event == "surrogate":
        raise ValueError("half a \ud800 letter")
    if event == "no text":
        raise type("Silent", (Exception,), {"__str__": lambda self: 1 / 0})()
    if event == "marshal":
        return {1, 2}
    return {"event": event, "left": context.get_remaining_time_in_millis() > 0, "id": len(context.aws_request_id),
        "layer": shared.name, "name": context.function_name, "own": os.environ["OWN"]}
`},
	"nodejs22.x": {"index.js", `const shared = require('shared')
const kept = []
exports.handle = async (event, context) => {
  if (event === 'fail') { const e = new TypeError('no such luck'); e.name = 'ValueError'; throw e }
  if (event === 'exit') process.exit(3)
  if (event === 'memory') { kept.push(Buffer.alloc(300 << 20, 'x')); return new Promise(done => setTimeout(done, 20000)) }
  if (event === 'marshal') return {n: 1n}
  return {event, left: context.getRemainingTimeInMillis() > 0, id: context.awsRequestId.length,
    layer: shared.name, name: context.functionName, own: process.env.OWN}
}
exports.callback = (event, context, done) => setTimeout(() => event === 'fail' ? done(new Error('no')) : done(null, 'called back'), 1)
exports.plain = () => undefined
exports.odd = async event => {
  if (event === 'name') { const e = new Error('a number'); e.name = 7; throw e }
  if (event === 'message') { const e = new Error(); e.message = 12n; throw e }
  throw Object.assign(Object.create(null), {why: 'no prototype'})
}
exports.rejects = () => new Promise(() => Promise.reject(new Error('nobody waits')))
`},
}

// host starts a host with a handler under the name f.
func host(t *testing.T, runtime, handler string) *lambdahost.Host {
	t.Helper()
	folder, layer := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(folder, handlers[runtime].file), handlers[runtime].text)
	write(filepath.Join(folder, "wrong.py"), "def handle(")
	write(filepath.Join(folder, "wrong.js"), "exports.handle = (")
	write(filepath.Join(folder, "broken.py"), "import missing_module")
	write(filepath.Join(folder, "broken.js"), "require('missing-module')")
	write(filepath.Join(layer, "python", "shared.py"), `name = "layer"`)
	write(filepath.Join(layer, "nodejs", "node_modules", "shared", "index.js"), "exports.name = 'layer'")
	program, err := Find(Code{Runtime: runtime, Handler: handler, Folder: folder, Layers: []string{layer}})
	if err != nil {
		t.Fatal(err)
	}
	program.Env["OWN"] = "own"
	h, err := lambdahost.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	err = h.Add(lambdahost.Function{Name: "f", Command: program.Command, Dir: folder, Env: program.Env, Handler: handler, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHandlersAnswerAndFailAsInLambda(t *testing.T) {
	answered := `{"event": {"a": "é"}, "left": true, "id": 36, "layer": "layer", "name": "f", "own": "own"}`
	for _, c := range []struct{ runtime, handler, event, answer, failure, message string }{
		{"python3.13", "index.handle", `{"a": "é"}`, answered, "", ""},
		{"nodejs22.x", "index.handle", `{"a": "é"}`, answered, "", ""},
		{"python3.13", "index.handle", `"fail"`, "", "ValueError", "no such luck"},
		{"nodejs22.x", "index.handle", `"fail"`, "", "ValueError", "no such luck"},
		{"python3.13", "index.handle", `"exit"`, "", "Runtime.ExitError", "exit status 3"},
		{"nodejs22.x", "index.handle", `"exit"`, "", "Runtime.ExitError", "exit status 3"},
		{"python3.13", "index.handle", `"marshal"`, "", "Runtime.MarshalError", "not JSON serializable"},
		{"nodejs22.x", "index.handle", `"marshal"`, "", "TypeError", "BigInt"},
		{"python3.13", "index.other", `1`, "", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'index'"},
		{"nodejs22.x", "index.other", `1`, "", "Runtime.HandlerNotFound", "index.other is undefined or not exported"},
		{"python3.13", "broken.handle", `1`, "", "Runtime.ImportModuleError", "missing_module"},
		{"nodejs22.x", "broken.handle", `1`, "", "Runtime.ImportModuleError", "missing-module"},
		{"python3.13", "wrong.handle", `1`, "", "Runtime.UserCodeSyntaxError", "Syntax error in module 'wrong'"},
		{"nodejs22.x", "wrong.handle", `1`, "", "Runtime.UserCodeSyntaxError", "SyntaxError"},
		{"python3.13", "index.handle", `"other letters"`, "", "Größe", "too large"},
		{"python3.13", "index.handle", `"lines"`, "", "two\nlines", "name"},
		{"python3.13", "index.handle", `"surrogate"`, "", "ValueError", "half a \ufffd letter"},
		{"python3.13", "index.handle", `"no text"`, "", "Silent", "<exception str() failed>"},
		{"nodejs22.x", "index.odd", `"name"`, "", "7", "a number"},
		{"nodejs22.x", "index.odd", `"message"`, "", "Error", "12"},
		{"nodejs22.x", "index.odd", `"bare"`, "", "object", "no prototype"},
		{"nodejs22.x", "absent.handle", `1`, "", "Runtime.ImportModuleError", "Cannot find module 'absent'"},
		{"python3.13", "handle", `1`, "", "Runtime.MalformedHandlerName", "expected MODULE.FUNCTION"},
		{"nodejs22.x", "handle", `1`, "", "Runtime.MalformedHandlerName", "expected MODULE.FUNCTION"},
		{"nodejs22.x", "index.callback", `1`, `"called back"`, "", ""},
		{"nodejs22.x", "index.callback", `"fail"`, "", "Error", "no"},
		{"nodejs22.x", "index.plain", `1`, `null`, "", ""},
		{"nodejs22.x", "index.rejects", `1`, "", "Runtime.UnhandledPromiseRejection", "nobody waits"},
	} {
		t.Run(c.runtime+" "+c.handler+" "+c.event, func(t *testing.T) {
			h := host(t, c.runtime, c.handler)
			for range 2 { // a process that has failed, or a new one, works on
				r, err := h.Invoke(t.Context(), "f", []byte(c.event))
				if err != nil {
					t.Fatal(err)
				}
				if c.failure == "" {
					if r.FunctionError != "" || !sameJSON(t, string(r.Payload), c.answer) {
						t.Fatalf("got %s (%s), expected %s", r.Payload, r.FunctionError, c.answer)
					}
					continue
				}
				var failure struct{ ErrorType, ErrorMessage string }
				if err := json.Unmarshal(r.Payload, &failure); err != nil || r.FunctionError == "" || failure.ErrorType != c.failure || !strings.Contains(failure.ErrorMessage, c.message) {
					t.Fatalf("got %s, expected %s: %s", r.Payload, c.failure, c.message)
				}
			}
		})
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var v, w any
	if json.Unmarshal([]byte(a), &v) != nil || json.Unmarshal([]byte(b), &w) != nil {
		t.Fatalf("got %s and %s, expected JSON", a, b)
	}
	x, _ := json.Marshal(v)
	y, _ := json.Marshal(w)
	return string(x) == string(y)
}

func TestOtherRuntimesAreRefused(t *testing.T) {
	if _, err := Find(Code{Runtime: "java21"}); err == nil || err.Error() != `got runtime "java21", expected provided.al2023, python or nodejs` {
		t.Errorf("got error %v, expected the runtimes that there are", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(Code{Runtime: "python3.13"}); err == nil || !strings.Contains(err.Error(), "found no Python (python3.13 or python3 on PATH)") {
		t.Errorf("got error %v, expected the lack of Python", err)
	}
}

func TestArchivesAreUnpackedWithinTheirFolder(t *testing.T) {
	archive := func(name string) string {
		path := filepath.Join(t.TempDir(), "code.zip")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := zip.NewWriter(file)
		entry, err := w.Create(name)
		if err == nil {
			_, err = entry.Write([]byte("text"))
		}
		if err != nil || w.Close() != nil || file.Close() != nil {
			t.Fatal(err)
		}
		return path
	}
	into := filepath.Join(t.TempDir(), "code")
	folder, err := Unpack(archive("a/b.py"), into)
	if text, _ := os.ReadFile(filepath.Join(into, "a", "b.py")); err != nil || folder != into || string(text) != "text" {
		t.Errorf("got folder %s, text %q and error %v, expected the file of the archive", folder, text, err)
	}
	linked := filepath.Join(t.TempDir(), "code.zip")
	file, err := os.Create(linked)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "lib.so"}
	header.SetMode(fs.ModeSymlink | 0o777)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = entry.Write([]byte("lib.so.1"))
	}
	if err != nil || w.Close() != nil || file.Close() != nil {
		t.Fatal(err)
	}
	into = filepath.Join(t.TempDir(), "code")
	if _, err = Unpack(linked, into); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(filepath.Join(into, "lib.so")); err != nil || target != "lib.so.1" {
		t.Errorf("got the link to %q and error %v, expected one to lib.so.1", target, err)
	}
	if _, err := Unpack(archive("../../outside.py"), filepath.Join(t.TempDir(), "code")); err == nil {
		t.Error("got no error, expected a name that leads out of the folder to be refused")
	}
}
