package main

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
)

// nodePeer is a script in the folder peers. It measures once for each line that
// it reads, and writes the value on a line.
type nodePeer struct {
	script string
	ask    io.Writer
	answer *bufio.Reader
}

// startNode starts a script. It needs the tools of package.json.
func (w *workplace) startNode(script string, arguments ...string) (*nodePeer, error) {
	_, here, _, _ := runtime.Caller(0)
	folder := filepath.Join(filepath.Dir(here), "peers")
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
	w.onClose(func() error {
		_ = ask.Close() // ends the script
		return cmd.Wait()
	})
	return &nodePeer{script, ask, bufio.NewReader(answer)}, nil
}

// measure measures once. It is a [side].
func (p *nodePeer) measure() (float64, error) {
	if _, err := fmt.Fprintln(p.ask); err != nil {
		return 0, fmt.Errorf("%s ended: %w", p.script, err)
	}
	line, err := p.answer.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s ended without an answer: %w", p.script, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(line), 64)
}
