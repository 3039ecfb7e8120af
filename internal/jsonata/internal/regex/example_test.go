package regex_test

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/jsonata/internal/regex"
)

// Groups are numbered in order, named or not, as in JavaScript.
func ExampleRegexp_Find() {
	re, err := regex.Compile(`(?<key>\w+)=(\d+)?`, "i")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := re.Find("é: a=1, b=")
	for err == nil && m != nil {
		fmt.Printf("%s at %d to %d: %q\n", m.Text, m.Start, m.End, m.Groups)
		m, err = m.Next()
	}
	// Output:
	// a=1 at 4 to 7: ["a" "1"]
	// b= at 9 to 11: ["b" <nil>]
}

func ExampleCompile() {
	_, err := regex.Compile(`a{2,1}`, "")
	fmt.Println(err)
	// Output:
	// Invalid regular expression: /a{2,1}/g: invalid repeat count in `a{2,1}`
}
