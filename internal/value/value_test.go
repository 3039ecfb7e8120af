package value_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/value"
)

func TestParsedTextIsWrittenUnchanged(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-1`, `1.5`, `1e-7`, `1e+21`, `12345678901234`, `"a\"b\\c\nd"`, `"é😀"`, `[]`, `{}`,
		`{"b":1,"a":2}`, `[1,[2,{"x":null}]]`, `12345678901234567890`, `0.1234567890123456789`,
		`{"m":1,"l":2,"k":3,"j":4,"i":5,"h":6,"g":7,"f":8,"e":9,"d":10,"c":11,"b":12,"a":13}`,
	} {
		v, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := value.Text(v); got != text {
			t.Errorf("got %s, expected %s", got, text)
		}
	}
}

func TestNumbersAreFormattedAsInJavaScript(t *testing.T) {
	for f, expected := range map[float64]string{1: "1", 100000: "100000", 1e20: "100000000000000000000", 1e21: "1e+21", 0.000001: "0.000001",
		1e-7: "1e-7", 1.0 / 3: "0.3333333333333333", -0.5: "-0.5", math.MaxFloat64: "1.7976931348623157e+308"} {
		if got := value.Text(f); got != expected {
			t.Errorf("got %s, expected %s", got, expected)
		}
	}
}

func TestLastRepeatedMemberWins(t *testing.T) {
	v, err := value.Parse([]byte(`{"a":1,"b":2,"a":3}`))
	if got := value.Text(v); err != nil || got != `{"a":3,"b":2}` {
		t.Errorf("got %s and error %v, expected the last value at the first position", got, err)
	}
}

func TestParseRefusesInvalidJSON(t *testing.T) {
	for _, text := range []string{``, `{`, `[1,]`, `{"a":}`, `01`, `1 2`, `tru`, `"a`, `{a:1}`} {
		if v, err := value.Parse([]byte(text)); err == nil {
			t.Errorf("%q: got %s, expected an error", text, value.Text(v))
		}
	}
}

func TestEqualComparesByValue(t *testing.T) {
	parse := func(text string) any {
		v, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		a, b  string
		equal bool
	}{
		{`{"a":1,"b":[2]}`, `{"b":[2.0],"a":1e0}`, true}, {`{"a":1}`, `{"a":1,"b":null}`, false}, {`[1,2]`, `[2,1]`, false},
		{`"1"`, `1`, false}, {`null`, `false`, false}, {`12345678901234567890`, `12345678901234567890`, true}, {`[]`, `{}`, false},
	} {
		if got := value.Equal(parse(c.a), parse(c.b)); got != c.equal {
			t.Errorf("%s and %s: got %v, expected %v", c.a, c.b, got, c.equal)
		}
	}
}

func TestObjectKeepsOrderAtAnySize(t *testing.T) {
	o := &value.Object{}
	for i := range 100 {
		o.Set(fmt.Sprint("name", i), float64(i))
	}
	changed := o.With("name50", "new").Without("name0")
	if v, _ := o.Get("name50"); v != 50.0 || o.Len() != 100 {
		t.Errorf("got %v in an object of %d members, expected the original unchanged", v, o.Len())
	}
	if v, _ := changed.Get("name50"); v != "new" || changed.Len() != 99 {
		t.Errorf("got %v in an object of %d members, expected the changed copy", v, changed.Len())
	}
	if _, ok := changed.Get("name0"); ok {
		t.Error("got name0, expected it to be gone")
	}
	at := 0
	for name, v := range o.All() {
		if name != fmt.Sprint("name", at) || v != float64(at) {
			t.Fatalf("got %s: %v at position %d, expected the order of the calls to Set", name, v, at)
		}
		at++
	}
}

func TestEachCharacterIsEscapedAtEachPlace(t *testing.T) {
	for c := range 256 {
		for place := range 17 {
			text := []byte("abcdefgh~!#[]^_ ")
			text = slices.Insert(text, place, byte(c))
			var expected bytes.Buffer
			encoder := json.NewEncoder(&expected)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(string(text)); err != nil {
				t.Fatal(err)
			}
			v, got := string(text), value.Text(string(text))
			if c >= utf8.RuneSelf {
				expected.Reset()
				fmt.Fprintf(&expected, "\"%s\"\n", strings.ToValidUTF8(v, "\uFFFD"))
			}
			if got+"\n" != expected.String() || value.Size(v) != len(got) {
				t.Fatalf("%q: got %s of size %d, expected %s", text, got, value.Size(v), expected.String())
			}
		}
	}
}

func TestSizeMatchesText(t *testing.T) {
	for _, text := range []string{`{"a":[1,2.5,"é\n\"",null,true,false],"b":{}}`, `""`, `-1e-9`, `[]`, `"\u0001\u0002"`, `{"\u0001":"\u001f"}`, `[-0.000001234567890123456,-1.234567890123456e-300]`, `12345678901234567890123`} {
		v, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		n := len(value.Text(v))
		if value.Size(v) != n || value.Exceeds(v, n) || !value.Exceeds(v, n-1) {
			t.Errorf("%s: got size %d, expected %d", text, value.Size(v), n)
		}
	}
}

func TestWholeNumbersAreFloats(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 255, 256, 1 << 40} {
		if v := value.Whole(n); v != float64(n) {
			t.Errorf("got %T %v, expected the float64 %d", v, v, n)
		}
	}
	text := []byte(`200`)
	if n := testing.AllocsPerRun(10, func() { _, _ = value.Parse(text) }); n != 0 {
		t.Errorf("got %v allocations for a small number, expected none", n)
	}
}

func TestTextsShareNoMemory(t *testing.T) {
	one := value.Encode(value.NewObject("a", "first"))
	two, text := value.Encode(value.NewObject("b", "other")), value.Text([]any{"third"})
	if string(one) != `{"a":"first"}` || string(two) != `{"b":"other"}` || text != `["third"]` {
		t.Errorf("got %s, %s and %s, expected the three texts", one, two, text)
	}
}
