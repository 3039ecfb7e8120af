package value

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzScan compares the scanner with the decoder of tokens. It may give up, but
// what it reads is the same.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`null`, ` true `, `[false,1,-1,0,-0,1.50,1e5,1E-7,1e400,12345678901234567890,9007199254740993,123456789012345]`, `{"a":1,"b":{"a":[]},"a":{}}`,
		`"a\"b\\\u00e9\ud83d\ude00"`, `"\ud800"`, `"é😀"`, "\"\xff\"", "\"\x01\"", `[1,]`, `{"a"}`, `{"a":1,}`, `01`, `1.`, `1e`, `--1`, `nul`, `[1 2]`, `"a`, `1 2`, "", "\ufeff1",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := scan(text)
		if !ok {
			return
		}
		expected, err := parse(text)
		if err != nil {
			t.Fatalf("scan(%q) = %s, expected error %v", text, Text(got), err)
		}
		if diff := cmp.Diff(Text(expected), Text(got)); diff != "" || !Equal(expected, got) {
			t.Fatalf("scan(%q) (-expected +got):\n%s", text, diff)
		}
	})
}

func TestScannerReadsWhatIsUsual(t *testing.T) {
	const text = ` {"id":12345,"amount":12.50,"note":"a\n\u00e9 é","list":[1,-2,{"x":null}],"yes":true,"no":false,"big":12345678901234567890} `
	got, ok := scan([]byte(text))
	if !ok {
		t.Fatalf("scan(%s) gave up", text)
	}
	expected, err := parse([]byte(text))
	if err != nil || Text(got) != Text(expected) {
		t.Errorf("scan(%s) = %s, expected %s (%v)", text, Text(got), Text(expected), err)
	}
}
