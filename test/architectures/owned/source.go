package main

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The marks of workflow: the first ends a line of code, the others stand on
// lines of their own around a block.
const (
	mark  = "// workflow"
	begin = "// workflow {"
	end   = "// workflow }"
)

// lines are how many lines of code there are, and how many of them are workflow.
type lines struct{ code, workflow int }

// countLines counts the Go files, but for tests, at paths below root: files, or
// folders and what is in them.
func countLines(root string, paths []string) (sum lines, err error) {
	for _, path := range paths {
		err = errors.Join(err, filepath.WalkDir(filepath.Join(root, path), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			of, err := countFile(text)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			sum.code += of.code
			sum.workflow += of.workflow
			return nil
		}))
	}
	return sum, err
}

// countFile counts the lines on which there is code, and those of them that
// are marked. Marks that say nothing, or twice the same, are errors: whoever
// set them meant something else.
func countFile(text []byte) (lines, error) {
	file := token.NewFileSet().AddFile("", -1, len(text))
	var problems scanner.ErrorList
	var source scanner.Scanner
	source.Init(file, text, func(at token.Position, message string) { problems.Add(at, message) }, scanner.ScanComments)

	code, workflow := map[int]bool{}, map[int]bool{}
	opened := 0 // the line of the block's begin; 0: outside of one
	for {
		at, kind, literal := source.Scan()
		line := file.Position(at).Line
		problem := func(message string) { problems.Add(token.Position{Line: line, Column: 1}, message) }
		switch {
		case kind == token.EOF:
			if opened > 0 {
				line = opened
				problem("got a block that is not closed, expected " + end)
			}
			return lines{len(code), len(workflow)}, problems.Err()
		case kind == token.COMMENT && strings.HasPrefix(literal, mark):
			switch {
			case literal == mark && opened > 0:
				problem("got a mark in a block of workflow, expected none")
			case literal == mark && !code[line]:
				problem("got a mark on a line without code, expected it behind some")
			case literal == mark:
				workflow[line] = true
			case code[line]:
				problem("got " + literal + " behind code, expected a line of its own")
			case literal == begin && opened == 0:
				opened = line
			case literal == end && opened > 0:
				opened = 0
			default:
				problem(fmt.Sprintf("got %s, expected %s behind code, or %s and %s in turn", literal, mark, begin, end))
			}
		case kind == token.COMMENT, kind == token.SEMICOLON && literal == "\n": // put in where a line ends
		default:
			for last := line + strings.Count(literal, "\n"); line <= last; line++ {
				code[line] = true
				if opened > 0 {
					workflow[line] = true
				}
			}
		}
	}
}
