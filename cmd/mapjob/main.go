// Command mapjob runs and inspects fan-out jobs; `mapjob --help` lists what it
// can do.
package main

import (
	"os"

	"github.com/mapjob/mapjob/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
