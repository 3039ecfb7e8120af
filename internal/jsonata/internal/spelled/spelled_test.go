package spelled_test

import (
	"math"
	"testing"

	"github.com/mapjob/mapjob/internal/jsonata/internal/spelled"
)

// TestNumbersAreReadAsTheyWereWritten writes each number and reads it again.
func TestNumbersAreReadAsTheyWereWritten(t *testing.T) {
	for n := 1.0; n < 10_000; n++ {
		for form, got := range map[string]float64{
			"words":    spelled.ParseWords(spelled.Words(n, false)),
			"ordinals": spelled.ParseWords(spelled.Words(n, true)),
			"titles":   spelled.ParseWords(spelled.TitleWords(spelled.Words(n, false))),
			"Roman":    spelled.ParseRoman(spelled.Roman(n), false),
			"letters":  spelled.ParseLetters(spelled.Letters(n, true), true),
		} {
			if got != n {
				t.Fatalf("%s: got %v, expected %v", form, got, n)
			}
		}
	}
}

func TestFormsOfNumbers(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{spelled.Words(1_021, true), "one thousand and twenty-first"},
		{spelled.Words(70, true), "seventieth"},
		{spelled.TitleWords("one hundred and twenty-one"), "One Hundred and Twenty-One"},
		{spelled.Roman(1_994), "mcmxciv"},
		{spelled.Letters(703, false), "aaa"},
		{spelled.Words(math.Inf(1), false), ""},
	} {
		if test.got != test.want {
			t.Errorf("got %q, expected %q", test.got, test.want)
		}
	}
}

func TestWhatIsNoNumberIsNaN(t *testing.T) {
	for _, n := range []float64{spelled.ParseWords("some"), spelled.ParseRoman("xz", false), spelled.ParseRoman("x", true)} {
		if !math.IsNaN(n) {
			t.Errorf("got %v, expected NaN", n)
		}
	}
}
