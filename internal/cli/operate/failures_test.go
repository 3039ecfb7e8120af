package operate

import (
	"strings"
	"testing"
)

func TestAnExcerptSaysThatThereIsMore(t *testing.T) {
	for text, expected := range map[string]string{
		"":                         "",
		"abc":                      "abc",
		"abcd":                     "abc…",
		"a\nb":                     `a\u000ab`,
		"äöü":                      "äöü",
		"äöüß":                     "äöü…",
		"💡💡💡":                      "💡💡💡",
		"💡💡💡💡":                     "💡💡💡…",
		strings.Repeat("💡", 1_000): "💡💡💡…",
	} {
		if got := excerpt([]byte(text), 3); got != expected {
			t.Errorf("got %q of %.20q, expected %q", got, text, expected)
		}
	}
}
