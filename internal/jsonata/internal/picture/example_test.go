package picture_test

import (
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata/internal/picture"
)

func ExampleFormatNumber() {
	fmt.Println(picture.FormatNumber(-1234.5, "#,##0.00", nil))
	_, err := picture.FormatNumber(1, "0;0;0", nil)
	fmt.Println(err)
	// Output:
	// -1,234.50 <nil>
	// invalid picture: D3080
}

func ExampleInteger() {
	words, _ := picture.ParseInteger("Ww;o")
	fmt.Println(words.Format(21))
	fmt.Println(words.Parse("Twenty-First"))
	// Output:
	// Twenty-First
	// 21
}

func ExampleTime() {
	p, _ := picture.ParseTime("[D1o] [MNn] [Y], [H01]:[m01] [Z]")
	text, _ := p.Format(1795494601250, 100)
	fmt.Println(text)

	p, _ = picture.ParseTime("[Y0001]-[M01]")
	fmt.Println(p.Parse("2026-11", time.Time{}))
	fmt.Println(p.Parse("November", time.Time{}))
	// Output:
	// 24th November 2026, 05:30 +01:00
	// 1.7934912e+12 true <nil>
	// 0 false <nil>
}
