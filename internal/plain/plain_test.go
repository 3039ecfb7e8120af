package plain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/plain"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for given, expected := range map[string]string{
		"card declined":              "card declined",
		"Grüße, 東京, 😀 1\u00a0000":    "Grüße, 東京, 😀 1\u00a0000",
		"\x1b[2J\x1b]0;title\a":      `\u001b[2J\u001b]0;title\u0007`,
		"C1 \u009b31m":               `C1 \u009b31m`,
		"one\ntwo\r\ttab":            `one\u000atwo\u000d\u0009tab`,
		"\u202eevil\u2066x\u2069":    `\u202eevil\u2066x\u2069`,
		"zero\u200bwidth\ufeff":      `zero\u200bwidth\ufeff`,
		"\u2028line\u2029":           `\u2028line\u2029`,
		"fill\u3164\u034f\U000e0100": `fill\u3164\u034f\udb40\udd00`,
		"\u2764\ufe0f":               "\u2764\ufe0f",
		"blank\u2800\U0001d159":      `blank\u2800\ud834\udd59`,
		"tag\U000e0041":              `tag\udb40\udc41`,
		"bad\xff\xc3":                "bad\ufffd\ufffd",
		"del\x7f nul\x00 bell\b \f":  `del\u007f nul\u0000 bell\u0008 \u000c`,
	} {
		if got := plain.Line(given); got != expected {
			t.Errorf("got %q for %q, expected %q", got, given, expected)
		}
	}
	if got := plain.Lines("one\n\ttwo\r\x1b"); got != "one\n\ttwo\\u000d\\u001b" {
		t.Errorf("got %q, expected line breaks and tabs only", got)
	}
}

func TestFlushWritesACutCharacter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := plain.NewWriter(&out)
	for _, text := range []string{"a\xf0\x9f", "\x98", "\x80b\xf0\x9f"} {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("got %d bytes written and error %v, expected %d", n, err, len(text))
		}
	}
	if err := errors.Join(w.Flush(), w.Flush()); err != nil || out.String() != "a😀b\ufffd\ufffd" {
		t.Errorf("got %q and error %v, expected the cut character once", &out, err)
	}
}

// hidden returns the first character of a text that Line would escape.
func hidden(text string) (rune, bool) {
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs) {
			return r, true
		}
	}
	return 0, false
}

func FuzzLine(f *testing.F) {
	f.Add("\x1b[31m\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := plain.Line(text)
		if r, found := hidden(got); found || !utf8.ValidString(got) {
			t.Errorf("got %q for %q, expected no %U in it", got, text, r)
		}
		if again := plain.Line(got); again != got {
			t.Errorf("got %q for what Line returned, %q", again, got)
		}
	})
}

// A JSON document that is written, in pieces of any size, is the same document.
func FuzzWriter(f *testing.F) {
	f.Add("a\u202e\U000e0041\x7f", 3)
	f.Add("\xff😀", 1)
	f.Fuzz(func(t *testing.T, text string, size int) {
		text = strings.ToValidUTF8(text, "\ufffd")
		var document bytes.Buffer
		e := json.NewEncoder(&document)
		e.SetEscapeHTML(false)
		e.SetIndent("", "\t")
		if err := e.Encode(map[string]string{text: text}); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := plain.NewWriter(&out)
		for rest := document.Bytes(); len(rest) > 0; {
			n := min(max(size, 1), len(rest))
			if written, err := w.Write(rest[:n]); written != n || err != nil {
				t.Fatalf("got %d bytes written and error %v, expected %d", written, err, n)
			}
			rest = rest[n:]
		}
		if r, found := hidden(strings.NewReplacer("\n", "", "\t", "").Replace(out.String())); found {
			t.Errorf("got %U in %q", r, &out)
		}
		var got map[string]string
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got) != 1 || got[text] != text {
			t.Errorf("got %q and error %v, expected the document %q", &out, err, &document)
		}
	})
}
