// Command refresh makes a file of prices from price lists of AWS, for
// internal/price/data/aws.json or for mapjob plan --prices:
//
//	go run ./internal/price/refresh FOLDER > prices.json
//
// The folder has price lists of services and regions, each an index.json under any
// name that ends in .json. The command names on standard error what they lack.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "refresh:", err)
		os.Exit(1)
	}
}

func run(arguments []string, out, progress io.Writer) error {
	if len(arguments) != 1 {
		return fmt.Errorf("got %d arguments, expected the folder of the price lists", len(arguments))
	}
	files, err := filepath.Glob(filepath.Join(arguments[0], "*.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("folder %s: got no price lists, expected files that end in .json", arguments[0])
	}
	d := document{Version: 1, Regions: map[string]*region{}}
	var problems []error
	for _, file := range files {
		if err := d.addFile(file); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	d.lacks(progress)
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "\t")
	return encoder.Encode(d)
}

func (d *document) addFile(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var l list
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	return d.add(&l)
}
