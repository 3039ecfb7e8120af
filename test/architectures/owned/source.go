package main

import (
	"go/scanner"
	"go/token"
	"strings"
)

// lines counts lines of code, and those of them that are workflow.
type lines struct{ code, workflow int }

// codeLine is a line that has code. Its text leaves out comments at either end.
type codeLine struct {
	number int
	text   string
}

// codeLines returns the lines of a Go file that have code.
func codeLines(source []byte) ([]codeLine, error) {
	file := token.NewFileSet().AddFile("", -1, len(source))
	var problems scanner.ErrorList
	var tokens scanner.Scanner
	tokens.Init(file, source, func(at token.Position, message string) { problems.Add(at, message) }, 0)

	var code []codeLine
	first, last := 0, 0 // the offsets of the current line's code
	add := func(number, from, to int) {
		if n := len(code); n == 0 || code[n-1].number != number {
			code = append(code, codeLine{number: number})
			first = from
		}
		last = to
		code[len(code)-1].text = normal(string(source[first:last]))
	}
	for {
		at, kind, literal := tokens.Scan()
		if kind == token.EOF {
			return code, problems.Err()
		}
		if kind == token.SEMICOLON && literal == "\n" { // implied by the end of a line
			continue
		}
		if literal == "" {
			literal = kind.String()
		}
		number, offset := file.Position(at).Line, file.Offset(at)
		for part := range strings.Lines(literal) { // a raw string may have several
			add(number, offset, offset+len(part))
			number++
			offset += len(part)
		}
	}
}

// normal returns a line with one space between words.
func normal(line string) string { return strings.Join(strings.Fields(line), " ") }
