package javascript_test

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
)

func ExampleCompareStrings() {
	// U+1F600 is two surrogates in UTF-16, which sort before U+FFFD.
	fmt.Println(javascript.CompareStrings("😀", "\uFFFD"), "😀" < "\uFFFD")
	// Output: -1 false
}

func ExampleRoundHalfEven() {
	fmt.Println(javascript.RoundHalfEven(2.675, 2), javascript.RoundHalfEven(2.665, 2))
	// Output: 2.68 2.66
}

func ExampleUppercase() {
	fmt.Println(javascript.Uppercase("straße"))
	// Output: STRASSE
}
