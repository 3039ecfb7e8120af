// Package peers runs the scripts of peers in JavaScript that are beside it.
package peers

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/test/bench/figure"
)

// Script is a script that runs. It measures once for each line that it reads, and
// writes the value on a line.
type Script struct {
	name   string
	ask    io.Writer
	answer *bufio.Reader
}

// Start starts a script of this folder. It needs the tools of package.json.
func Start(w *figure.Workplace, script string, arguments ...string) (*Script, error) {
	_, here, _, _ := runtime.Caller(0)
	folder := filepath.Dir(here)
	node := filepath.Join(folder, "..", "..", "..", "node_modules", ".bin", "node")
	if _, err := os.Stat(node); err != nil {
		return nil, fmt.Errorf("node_modules has no Node.js: run `make setup`: %w", err)
	}
	cmd := exec.Command(node, append([]string{filepath.Join(folder, script)}, arguments...)...)
	cmd.Stderr = os.Stderr
	ask, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	answer, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w.OnClose(func() error {
		_ = ask.Close() // ends the script
		return cmd.Wait()
	})
	return &Script{script, ask, bufio.NewReader(answer)}, nil
}

// Measure measures once. It is a [figure.Side].
func (s *Script) Measure() (float64, error) {
	if _, err := fmt.Fprintln(s.ask); err != nil {
		return 0, fmt.Errorf("%s ended: %w", s.name, err)
	}
	line, err := s.answer.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s ended without an answer: %w", s.name, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(line), 64)
}
