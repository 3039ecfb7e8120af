package jsonata_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

func recordedCases(t testing.TB) (all []recorded) {
	tables, err := filepath.Glob("testdata/*.json")
	if err != nil || len(tables) == 0 {
		t.Fatalf("got %d tables and error %v, expected the recorded tables in testdata", len(tables), err)
	}
	for _, table := range tables {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		var cases []recorded
		if err := json.Unmarshal(text, &cases); err != nil {
			t.Fatal(err)
		}
		all = append(all, cases...)
	}
	return all
}

// FuzzCompile checks that any text compiles, or fails with an *Error that has a
// message.
func FuzzCompile(f *testing.F) {
	for _, c := range recordedCases(f) {
		f.Add(c.Expr)
	}
	f.Fuzz(func(t *testing.T, source string) {
		_, err := jsonata.Compile(source)
		if err == nil {
			return
		}
		var failure *jsonata.Error
		if !errors.As(err, &failure) || failure.Message == "" {
			t.Errorf("%q: got error %#v, expected an *Error with a message", source, err)
		}
	})
}

// FuzzEval checks that any expression over any input ends within its deadline
// with a JSON value or an *Error, does not change its input, and returns the same
// result again.
func FuzzEval(f *testing.F) {
	for _, c := range recordedCases(f) {
		if c.Input != nil {
			f.Add(c.Expr, []byte(c.Input))
		}
	}
	f.Fuzz(func(t *testing.T, source string, text []byte) {
		e, err := jsonata.Compile(source)
		if err != nil {
			return
		}
		input, err := value.Parse(text)
		if err != nil {
			return
		}
		before := value.Text(input)
		first, stopped := evaluateFuzzed(t, e, source, input)
		if after := value.Text(input); after != before {
			t.Errorf("%q changed its input from %s to %s", source, before, after)
		}
		if stopped {
			return
		}
		if second, stopped := evaluateFuzzed(t, e, source, input); !stopped && second != first {
			t.Errorf("%q gave %s and then %s", source, first, second)
		}
	})
}

// evaluateFuzzed returns the result or the error as text, and reports whether the
// deadline stopped the evaluation.
func evaluateFuzzed(t *testing.T, e *jsonata.Expression, source string, input any) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	started := time.Now()
	v, err := e.Eval(&jsonata.Environment{Context: ctx, Input: input, Now: time.UnixMilli(1764000000000), Random: rand.New(rand.NewPCG(1, 2))})
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("%q took %v, expected it to stop at the deadline", source, took)
	}
	if err != nil {
		var failure *jsonata.Error
		if !errors.As(err, &failure) || failure.Message == "" && failure.Code != "D3137" && failure.Code != "D3141" {
			t.Errorf("%q: got error %#v, expected an *Error with a message", source, err)
		}
		return err.Error(), ctx.Err() != nil
	}
	if value.Exceeds(v, 1<<20) {
		return "more than a megabyte", false
	}
	return shown(v), false
}
