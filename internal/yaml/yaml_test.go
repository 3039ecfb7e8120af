package yaml_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/yaml"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ yaml, json string }{
		{"a: 1\nb: [x, 'y', \"z\"]\n", "{\"a\":1,\n\"b\":[\"x\",\"y\",\"z\"]}\n"},
		{"# a comment\n---\nStates:\n  A:\n    Type: Pass\n    End: true\n", "\n\n{\"States\":\n{\"A\":\n{\"Type\":\"Pass\",\n\"End\":true}}}\n"},
		{"- 1\n- - 2\n  - 3\n-\n  a: b\n", "[1,\n[2,\n3],\n\n{\"a\":\"b\"}]\n"},
		{"a: 2026-01-01T00:00:00Z\nb: 1.50\nc: 0x1F\nd: ~\ne: 1e3\nf: -7\ng: '1'\nh: yes\n", "{\"a\":\"2026-01-01T00:00:00Z\",\n\"b\":1.5,\n\"c\":31,\n\"d\":null,\n\"e\":1000,\n\"f\":-7,\n\"g\":\"1\",\n\"h\":\"yes\"}\n"},
		{"a: |\n  {% 1 +\n  2 %}\nb: >-\n  x\n  y\nc: 1\n", "{\"a\":\"{% 1 +\\n2 %}\\n\",\n\n\n\"b\":\"x y\",\n\n\n\"c\":1}\n"},
		{"a: &x\n  n: 1\nb: *x\nc: 2\n", "{\"a\":\n{\"n\":1},\n\"b\":{\"n\":1},\n\"c\":2}\n"},
		{"a: &x {n: 1, m: 2}\nb:\n  <<: *x\n  n: 3\n", "{\"a\":{\"n\":1,\"m\":2},\n\"b\":\n{\"m\":2,\n\"n\":3}}\n"},
		{"{\"a\": {\"b\": [1, null]}}", "{\"a\":{\"b\":[1,null]}}\n"},
		{"a: {}\nb: []\n1: x\nc.$: $.d\n", "{\"a\":{},\n\"b\":[],\n\"1\":\"x\",\n\"c.$\":\"$.d\"}\n"},
		{"Resource: ${Arn}\nn: 12345678901234567890\n", "{\"Resource\":\"${Arn}\",\n\"n\":12345678901234567890}\n"},
		{"a: !!str 1\n", "{\"a\":\"1\"}\n"},
		{"a: !!str |\n  1\n  2\nb: !!str >-\n  3\n", "{\"a\":\"1\\n2\\n\",\n\n\n\"b\":\"3\"}\n"},
		{"a: !!str ~\nb: !!str\n", "{\"a\":\"~\",\n\"b\":\"\"}\n"},
		{"a: &x !!str 1\nb: *x\n", "{\"a\":\"1\",\n\"b\":\"1\"}\n"},
		{"\uFEFFa: 1\n", "{\"a\":1}\n"},
		{"%YAML 1.2\n---\na: 1\n", "\n\n{\"a\":1}\n"},
	} {
		got, err := yaml.JSON([]byte(c.yaml))
		if err != nil || string(got) != c.json {
			t.Errorf("%q: got\n%s (%q) and error %v, expected\n%s", c.yaml, got, got, err, c.json)
		}
	}
}

// The functions of a template are tags, or are written as JSON has them.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]string{
		"a: !Ref Table\n":                                 `{"a":{"Ref":"Table"}}`,
		"a: !GetAtt Table.Arn\n":                          `{"a":{"Fn::GetAtt":"Table.Arn"}}`,
		"a: !Sub ${Table}-x\nb: !Condition Here\n":        `{"a":{"Fn::Sub":"${Table}-x"},"b":{"Condition":"Here"}}`,
		"a: !Join [\"\", [x, !Ref Table]]\n":              `{"a":{"Fn::Join":["",["x",{"Ref":"Table"}]]}}`,
		"a: !Sub\n  - ${x}\n  - x: !ImportValue y\n":      `{"a":{"Fn::Sub":["${x}",{"x":{"Fn::ImportValue":"y"}}]}}`,
		"a: !Sub |\n  {\"b\": 1}\nc:\n  Fn::Sub: d\n":     `{"a":{"Fn::Sub":"{\"b\": 1}\n"},"c":{"Fn::Sub":"d"}}`,
		"- !Select\n  - 1\n  - !Split [\":\", \"a:b\"]\n": `[{"Fn::Select":[1,{"Fn::Split":[":","a:b"]}]}]`,
		"a: !!str 1\n":                                    `{"a":"1"}`,
	} {
		got, err := yaml.Template([]byte(text))
		if plain := strings.ReplaceAll(string(got), "\n", ""); err != nil || plain != expected {
			t.Errorf("%q: got %s and error %v, expected %s", text, plain, err, expected)
		}
	}
	// A line stays what it is.
	if got, err := yaml.Template([]byte("a: 1\nb: !Sub\n  - x\nc: 2\n")); err != nil || string(got) != "{\"a\":1,\n\"b\":{\"Fn::Sub\":\n[\"x\"]},\n\"c\":2}\n" {
		t.Errorf("got %q and error %v, expected each value in its line", got, err)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("a: &a [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 'b'; i < 'm'; i++ {
		fmt.Fprintf(&bomb, "%c: &%[1]c [%s*%c]\n", i, strings.Repeat("*"+string(i-1)+",", 9), i-1)
	}
	for text, expected := range map[string]string{
		"a: 1\nb: {% $x %}\n":       "line 2: got {% without quotes, expected a JSONata expression in quotes, or after | or >-",
		"a: 1\nb:\n  - {% $x %}\n":  "line 3: got {% without quotes, expected a JSONata expression in quotes, or after | or >-",
		"a: 1\nb: [\n":              "line 2: got text that is not YAML: ",
		"a: 1\na: 2\n":              `line 2: got text that is not YAML: mapping key "a" already defined`,
		"a: 1\n---\nb: 2\n":         "line 1: got 2 YAML documents, expected one",
		"":                          "line 1: got 0 YAML documents, expected one",
		"# nothing\n":               "line 1: got 0 YAML documents, expected one",
		"a:\n  b: !GetAtt F.Arn\n":  "line 2: got the tag !GetAtt, expected none: a definition on its own has no CloudFormation functions",
		"a: *x\n":                   "line 1: got *x, expected &x before it",
		"a: .inf\n":                 "line 1: got .inf, expected a value of JSON",
		"a: .nan\n":                 "line 1: got .nan, expected a value of JSON",
		"a: &x {b: *x}\n":           "line 1: got values nested more than 1000 deep, expected fewer levels",
		"a: &x\n  <<: *x\n":         "got values nested more than 1000 deep",
		"a: &x [1]\nb:\n  <<: *x\n": `line 1: got "[" after <<, expected an alias of an object`,
		bomb.String():               "expected fewer aliases",
		"a: !!str &x 1\n":           "line 1: got & after !!str, expected a value: an anchor stands before the tag",
		"a: &x 1\n*x : 2\n":         "line 2: got * before the name of a member, expected the name alone",
		"? a\n: 1\n":                "line 1: got ? before the name of a member, expected the name alone",
		"!!str 1: a\n":              "line 1: got !!str before the name of a member, expected the name alone",
	} {
		got, err := yaml.JSON([]byte(text))
		var said *yaml.Error
		if !errors.As(err, &said) || !strings.Contains(err.Error(), expected) {
			t.Errorf("%.60q: got %q and error %v, expected %s", text, got, err, expected)
		}
	}
}

// TestTooLargeForTheParser checks that a text that the parser would not finish is
// refused at once.
func TestTooLargeForTheParser(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"bytes":     {"a: " + strings.Repeat("x", 5<<20), "line 1: got 5242883 bytes of YAML, expected at most 4194304"},
		"brackets":  {"a:\n  " + strings.Repeat("[", 100_000), "line 2: got values nested more than 10000 deep, expected fewer levels"},
		"braces":    {strings.Repeat("{a:\n", 100_000), "line 10001: got values nested more than 10000 deep, expected fewer levels"},
		"sequences": {strings.Repeat("- ", 100_000) + "a", "line 1: got values nested more than 10000 deep, expected fewer levels"},
		"keys":      {strings.Repeat("? - ", 100_000) + "a", "line 1: got values nested more than 10000 deep, expected fewer levels"},
		"too deep":  {strings.Repeat("[", 1_100) + strings.Repeat("]", 1_100), "line 1: got values nested more than 1000 deep, expected fewer levels"},
	} {
		begun := time.Now()
		if _, err := yaml.JSON([]byte(test.text)); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %.200v, expected %s", name, err, test.want)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: took %s, expected an answer at once", name, took)
		}
	}
	many := strings.Repeat("- \"[\"\n- ']'\n- []\n", 100_000)
	if _, err := yaml.JSON([]byte(many)); err != nil {
		t.Errorf("got %v, expected an array", err)
	}
}
