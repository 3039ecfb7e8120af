package jsonata_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

var (
	expressionCount = flag.Int("expressions", 2000, "how many random expressions to compare with jsonata")
	expressionSeed  = flag.Uint64("seed", 1, "the seed of the random expressions")
)

// answer is what an expression gives, here or in jsonata.
type answer struct {
	Undefined bool
	Result    string
	Code      string
	Message   string
	Position  int
	Crash     string // an error of JavaScript, or a panic
	failed    bool
}

func (a answer) String() string {
	switch {
	case a.Crash != "":
		return "crash: " + a.Crash
	case a.failed:
		return fmt.Sprintf("%s at %d: %s", a.Code, a.Position, a.Message)
	case a.Undefined:
		return "undefined"
	}
	return a.Result
}

// oracle is a process that answers expressions with jsonata.
type oracle struct {
	root  string
	stop  func()
	in    io.WriteCloser
	lines chan []byte
}

// startOracle starts jsonata on Node.js. It skips the test if either is missing.
func startOracle(t *testing.T) *oracle {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	_, err = exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(root, "test", "node_modules", "jsonata")); err != nil || missing != nil {
		t.Skip("this test needs Node.js, and jsonata in test/node_modules")
	}
	o := &oracle{root: root}
	o.start(t)
	t.Cleanup(func() { o.stop() })
	return o
}

func (o *oracle) start(t *testing.T) {
	c := exec.Command("node", "testdata/oracle.mjs", filepath.Join(o.root, "test"))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan []byte, 1000)
	go func() {
		defer close(lines)
		for r := bufio.NewReader(out); ; {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	o.in, o.lines = in, lines
	o.stop = func() {
		_ = c.Process.Kill()
		for range lines { // until the output ends
		}
		_ = c.Wait()
	}
}

// generated is a random expression with its input.
type generated struct {
	expression *tree
	input      string
}

// ask returns the answers of jsonata. An expression that does not end has the
// crash endless.
func (o *oracle) ask(t *testing.T, cases []generated) []answer {
	answers := make([]answer, 0, len(cases))
	for len(answers) < len(cases) {
		var questions bytes.Buffer
		for _, c := range cases[len(answers):] {
			question := struct {
				Expr  string          `json:"expr"`
				Input json.RawMessage `json:"input,omitempty"`
			}{c.expression.String(), json.RawMessage(c.input)}
			line, err := json.Marshal(question)
			if err != nil {
				t.Fatal(err)
			}
			questions.Write(append(line, '\n'))
		}
		in := o.in
		go func() { _, _ = in.Write(questions.Bytes()) }() // the process reads while it answers
		for ended := true; ended && len(answers) < len(cases); {
			var a answer
			select {
			case line, ok := <-o.lines:
				if !ok {
					t.Fatalf("jsonata stopped at %s over %s", cases[len(answers)].expression, cases[len(answers)].input)
				}
				if err := json.Unmarshal(line, &a); err != nil {
					t.Fatal(err)
				}
				a.failed = !a.Undefined && a.Result == ""
			case <-time.After(15 * time.Second):
				t.Logf("jsonata does not end: %s over %s", cases[len(answers)].expression, cases[len(answers)].input)
				o.stop()
				o.start(t)
				a, ended = answer{Crash: endless, failed: true}, false
			}
			answers = append(answers, a)
		}
	}
	return answers
}

const endless = "no answer in time"

// ours returns the answer of this package.
func ours(t *testing.T, c generated) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{Crash: fmt.Sprint("panic: ", p), failed: true}
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	env := &jsonata.Environment{Context: ctx, Input: jsonata.Undefined, Now: time.UnixMilli(1764000000000), MaxDepth: 1000}
	if c.input != "" {
		env.Input = parse(t, []byte(c.input))
	}
	var v any
	e, err := jsonata.Compile(c.expression.String())
	if err == nil {
		v, err = e.Eval(env)
	}
	var failure *jsonata.Error
	if errors.As(err, &failure) {
		return answer{Code: failure.Code, Message: failure.Message, Position: failure.Position, failed: true}
	}
	if jsonata.IsUndefined(v) {
		return answer{Undefined: true}
	}
	return answer{Result: shown(v)}
}

// agree reports whether the answers are the same, and why they may differ: the
// package comment describes each of the reasons.
func agree(t *testing.T, c generated, got, want answer) (same bool, reason string) {
	switch {
	case strings.HasPrefix(got.Crash, "panic"):
		return false, ""
	case got == want:
		return true, ""
	case want.Crash != "":
		return false, "internal error of the reference"
	case got.failed && got.Code == "":
		return false, "limit: " + got.Message
	case strings.Contains(want.Message, `"_jsonata_`), strings.ReplaceAll(got.Message, `,"next":""`, "") == want.Message && got.Code == want.Code && got.Position == want.Position, strings.Contains(want.Result, "async function ("):
		return false, "a function as text"
	case strings.Contains(want.Result, `\ud`), strings.Contains(want.Message, `\ud`):
		return false, "half a surrogate pair"
	case got.Result != "" && want.Result != "" && inOrder(t, got.Result) == inOrder(t, want.Result):
		return false, "order of members"
	case powers.MatchString(c.expression.String()) && got.Result != "" && rounded(got.Result) == rounded(want.Result):
		return false, "last digit of a power"
	}
	return false, ""
}

// rounded returns a JSON text with its numbers rounded to 14 digits.
func rounded(text string) string {
	return longNumber.ReplaceAllStringFunc(text, func(s string) string {
		f, _ := strconv.ParseFloat(s, 64)
		return strconv.FormatFloat(f, 'e', 13, 64)
	})
}

var powers = regexp.MustCompile(`\$(power|parseInteger)`)

var longNumber = regexp.MustCompile(`[0-9]+\.?[0-9]*(e[-+]?[0-9]+)?`)

// inOrder returns a JSON text with the members in JavaScript's order.
func inOrder(t *testing.T, text string) string { return value.Text(ordered(parse(t, []byte(text)))) }

func ordered(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = ordered(v[i])
		}
		return out
	case *value.Object:
		var indexes []int
		out := &value.Object{}
		for name := range v.All() {
			if n, err := strconv.Atoi(name); err == nil && n >= 0 && strconv.Itoa(n) == name {
				indexes = append(indexes, n)
			}
		}
		slices.Sort(indexes)
		for _, n := range indexes {
			m, _ := v.Get(strconv.Itoa(n))
			out.Set(strconv.Itoa(n), ordered(m))
		}
		for name, m := range v.All() {
			if _, ok := out.Get(name); !ok {
				out.Set(name, ordered(m))
			}
		}
		return out
	}
	return v
}

// TestAgainstRandomExpressions compares random expressions with jsonata. To
// compare many:
//
//	go test -run TestAgainstRandomExpressions ./internal/jsonata -expressions 100000 -seed 2
func TestAgainstRandomExpressions(t *testing.T) {
	o := startOracle(t)
	g := &generator{Rand: rand.New(rand.NewPCG(*expressionSeed, 0))}
	reasons := map[string]int{}
	kinds := map[string]int{}
	for done := 0; done < *expressionCount; {
		cases := make([]generated, min(500, *expressionCount-done))
		for i := range cases {
			g.variables, g.named = nil, 0
			cases[i] = generated{g.expression(anything, 1+g.IntN(4)), g.input()}
			if g.chance(5) {
				cases[i].expression = literal(g.damaged(cases[i].expression.String()))
			}
		}
		for i, want := range o.ask(t, cases) {
			got := ours(t, cases[i])
			switch {
			case want.Crash != "":
				kinds["internal error of the reference"]++
			case want.failed:
				kinds["error"]++
			case want.Undefined:
				kinds["undefined"]++
			default:
				kinds["value"]++
			}
			same, reason := agree(t, cases[i], got, want)
			if same {
				continue
			}
			reasons[reason]++
			if reason == "" && reasons[""] <= 40 {
				c := o.shrink(t, cases[i])
				t.Errorf("%s\nover %s\ngot      %s\nexpected %s\n", c.expression, c.input, ours(t, c), o.ask(t, []generated{c})[0])
			}
		}
		done += len(cases)
	}
	t.Logf("%d expressions gave %v; differences by reason: %v", *expressionCount, kinds, reasons)
}

// shrink returns a smaller case for which the answers still differ without a
// reason.
func (o *oracle) shrink(t *testing.T, c generated) generated {
	for range 40 {
		candidates := smaller(c)
		if len(candidates) == 0 {
			break
		}
		found := false
		for i, want := range o.ask(t, candidates) {
			if same, reason := agree(t, candidates[i], ours(t, candidates[i]), want); !same && reason == "" {
				c, found = candidates[i], true
				break
			}
		}
		if !found {
			break
		}
	}
	return c
}

// smaller returns cases that are one step smaller, the smallest ones first.
func smaller(c generated) []generated {
	var out []generated
	size := len(c.expression.String())
	c.expression.replaced(func(e *tree) {
		if len(e.String()) < size {
			out = append(out, generated{e, c.input})
		}
	})
	if c.input != "" {
		v, _ := value.Parse([]byte(c.input))
		reduced(v, func(v any) {
			if text := value.Text(v); len(text) < len(c.input) {
				out = append(out, generated{c.expression, text})
			}
		})
	}
	slices.SortStableFunc(out, func(a, b generated) int {
		return len(a.expression.String()) + len(a.input) - len(b.expression.String()) - len(b.input)
	})
	return out
}

// replaced calls yield with copies of the tree in which one node is replaced by a
// kid of it or by a literal, or in which a list has one kid less.
func (t *tree) replaced(yield func(*tree)) {
	for _, kid := range t.kids {
		yield(kid)
	}
	if !t.list {
		for _, text := range []string{"1", "a", "$", `"a"`} {
			yield(literal(text))
		}
	}
	for i, kid := range t.kids {
		if t.list {
			yield(list(separatorOf(t), slices.Delete(slices.Clone(t.kids), i, i+1)))
		}
		kid.replaced(func(k *tree) {
			kids := slices.Clone(t.kids)
			kids[i] = k
			yield(&tree{text: t.text, kids: kids, list: t.list})
		})
	}
}

func separatorOf(t *tree) string {
	if len(t.kids) > 1 {
		return t.text[1]
	}
	return ""
}

// reduced calls yield with copies of a JSON value in which a part is replaced by
// something smaller.
func reduced(v any, yield func(any)) {
	yield(1.0)
	switch v := v.(type) {
	case []any:
		for i := range v {
			yield(v[i])
			yield(slices.Delete(slices.Clone(v), i, i+1))
			reduced(v[i], func(item any) {
				items := slices.Clone(v)
				items[i] = item
				yield(items)
			})
		}
	case *value.Object:
		for name, m := range v.All() {
			yield(m)
			without := &value.Object{}
			for other, m := range v.All() {
				if other != name {
					without.Set(other, m)
				}
			}
			yield(without)
			reduced(m, func(m any) {
				o := v.Clone()
				o.Set(name, m)
				yield(o)
			})
		}
	}
}
