// Package story runs the commands of a page in a folder, as somebody types them who
// reads the page from top to bottom.
package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mapjob/mapjob/test/docs/output"
	"github.com/mapjob/mapjob/test/docs/page"
)

// timeout is how long a command may take.
const timeout = 5 * time.Minute

// Story is a page that is run. Its folder and its environment go on in the next page.
type Story struct {
	Folder string   // where the commands run; the sandbox of a page sets it
	Env    []string // their environment at the beginning

	// Elsewhere reports whether a command is not run, because another test runs it, or
	// because of a reason. It returns an error if that test does not.
	Elsewhere func(at, command string) (bool, error)
	// Sandbox makes the folder for what a page says of its content. It is called again if
	// a page goes on in another one.
	Sandbox func(content string) (folder string, err error)
	// Account starts what answers for AWS beside a command that runs parts of it, and
	// returns the lines that commands need to call it.
	Account func(printed string) (exports string, stop func(), err error)
	// Times gets the time that each command took.
	Times func(at, command string, took time.Duration)

	values     map[string]string // of words in commands
	printed    string            // by the last command
	ran        bool              // the last command ran
	background []background
	stops      []func() // of accounts
	running    string   // what background commands have printed that a later command needs: exports
	gone       string   // lines that take back the exports of background commands that have ended
}

// background is a command that runs until the end of the page.
type background struct {
	*exec.Cmd
	ended chan struct{}
}

// next is what instructions say of the next block.
type next struct {
	exits []int // of the next commands, one after another
	file  string
	until string // what commands in the background print when they are ready
	other bool   // another test checks the block
}

// Run runs a page. It returns what does not hold, with the places.
func (s *Story) Run(ctx context.Context, p *page.Page) (problems []error) {
	defer s.stop()
	if s.values == nil {
		s.values = map[string]string{}
	}
	var n next
	for _, step := range p.Steps {
		at := p.At(step.Line)
		if !step.Block {
			if err := s.instruct(ctx, at, step, &n); err != nil {
				return append(problems, fmt.Errorf("%s: %w", at, err))
			}
			continue
		}
		if err := s.block(ctx, p, step, n); err != nil {
			problems = append(problems, err)
			if errors.Is(err, errStopped) {
				return problems // what follows needs it
			}
		}
		n = next{}
	}
	return problems
}

// errStopped is of a command that ended otherwise than expected.
var errStopped = errors.New("the rest of the page is not run")

func (s *Story) instruct(ctx context.Context, at string, step page.Step, n *next) (err error) {
	switch step.Name {
	case "sandbox":
		if content, _, goesOn := strings.Cut(step.Text, " after "); !goesOn {
			s.stop()
			s.values = map[string]string{}
			s.Folder, err = s.Sandbox(content)
		}
	case "exit":
		n.exits = nil
		for word := range strings.FieldsSeq(step.Text) {
			exit, err := strconv.Atoi(word)
			if err != nil {
				return err
			}
			n.exits = append(n.exits, exit)
		}
	case "file":
		n.file = step.Text
	case "background":
		n.until = step.Text
	case "account":
		err = s.account(ctx, step.Text)
	case "tested", "output":
		n.other = true
	case "run":
		s.printed, err = s.command(ctx, at, step.Text, 0)
		s.ran = true
	case "let":
		name, command, found := strings.Cut(step.Text, "=$(")
		if !found || !strings.HasSuffix(command, ")") {
			return fmt.Errorf("got let: %s, expected let: NAME=$(COMMAND)", step.Text)
		}
		var printed string
		printed, err = s.command(ctx, at, strings.TrimSuffix(command, ")"), 0)
		s.values[name] = strings.TrimSpace(printed)
	}
	return err
}

func (s *Story) block(ctx context.Context, p *page.Page, step page.Step, n next) error {
	at := p.At(step.Line)
	if n.file != "" {
		file := filepath.Join(s.Folder, filepath.FromSlash(n.file))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, []byte(step.Text), 0o644)
	}
	if n.other {
		return nil
	}
	switch step.Language {
	case "sh", "console":
		for _, c := range Commands(step) {
			if err := s.one(ctx, p.At(step.Line+c.Line), c, step.Language == "console", &n); err != nil {
				return err
			}
		}
	case "text":
		if s.ran && !output.Contains(step.Text, s.printed) {
			return fmt.Errorf("%s: the last command did not print these lines, but\n%s", at, s.printed)
		}
	}
	return nil
}

// one runs a command and compares what it printed.
func (s *Story) one(ctx context.Context, at string, c Command, compare bool, n *next) error {
	if elsewhere, err := s.Elsewhere(at, c.Text); elsewhere || err != nil {
		s.ran = false
		return err
	}
	exit := 0
	if len(n.exits) > 0 {
		exit, n.exits = n.exits[0], n.exits[1:]
	}
	var err error
	if n.until != "" {
		err = s.start(ctx, c.Text, n.until)
	} else {
		begun := time.Now()
		s.printed, err = s.command(ctx, at, c.Text, exit)
		if s.Times != nil {
			s.Times(at, c.Text, time.Since(begun))
		}
	}
	s.ran = true
	if err != nil {
		return fmt.Errorf("%s: %w; %w", at, err, errStopped)
	}
	if compare && !output.Matches(c.Printed, s.printed) {
		return fmt.Errorf("%s: %s printed\n%s\nexpected\n%s", at, c.Text, s.printed, c.Printed)
	}
	return nil
}

// script is what bash runs around a command: it goes on in the folder and with the
// variables that the command before has left.
func (s *Story) script(command string) string {
	for name, value := range s.values {
		command = regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\b`).ReplaceAllLiteralString(command, value)
	}
	return "set -o pipefail\n[ ! -f \"$STORY/env\" ] || . \"$STORY/env\"\n[ ! -f \"$STORY/cwd\" ] || cd \"$(cat \"$STORY/cwd\")\"\n" + s.gone + s.running +
		"{ " + command + "\n}\nstatus=$?\nexport -p > \"$STORY/env\"\npwd > \"$STORY/cwd\"\nexit $status\n"
}

func (s *Story) prepare(command string) (*exec.Cmd, error) {
	state := filepath.Join(filepath.Dir(s.Folder), "state")
	if err := os.MkdirAll(state, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.Command("bash", "-c", s.script(command))
	cmd.Dir = s.Folder
	cmd.Env = append(append(os.Environ(), s.Env...), "STORY="+state, "HOME="+filepath.Dir(s.Folder))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}

// command runs a command to its end, and returns what it printed.
func (s *Story) command(ctx context.Context, at, command string, exit int) (string, error) {
	cmd, err := s.prepare(command)
	if err != nil {
		return "", err
	}
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(timeout):
		err = fmt.Errorf("it did not end within %s", timeout)
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has left running
	got := 0
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got, err = failed.ExitCode(), nil
	}
	if err == nil && got != exit {
		err = fmt.Errorf("got exit code %d, expected %d", got, exit)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", command, err, printed.String())
	}
	return printed.String(), err
}

var (
	exported     = regexp.MustCompile(`(?m)^export [A-Z0-9_]+=.*$`)
	exportedName = regexp.MustCompile(`(?m)^export ([A-Z0-9_]+)=`)
)

// start starts a command that runs until the end of the page.
func (s *Story) start(ctx context.Context, command, until string) error {
	ready, err := regexp.Compile("(?m)" + until)
	if err != nil {
		return err
	}
	cmd, err := s.prepare(command)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(s.Folder), "background")
	if err != nil {
		return err
	}
	defer file.Close()
	cmd.Stdout, cmd.Stderr = file, file
	if err := cmd.Start(); err != nil {
		return err
	}
	b := background{cmd, make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(b.ended)
	}()
	s.background = append(s.background, b)
	for begun, ended := time.Now(), false; time.Since(begun) < timeout && ctx.Err() == nil && !ended; time.Sleep(50 * time.Millisecond) {
		select {
		case <-b.ended:
			ended = true // it is not waited for
		default:
		}
		printed, err := os.ReadFile(file.Name())
		if err != nil {
			return err
		}
		if ready.Match(printed) {
			s.printed = string(printed)
			s.running += strings.Join(exported.FindAllString(s.printed, -1), "\n") + "\n"
			return nil
		}
	}
	printed, _ := os.ReadFile(file.Name())
	return fmt.Errorf("%s: did not print %q:\n%s", command, until, printed)
}

// served is the last line that a command prints when the parts of AWS that it runs answer.
const served = `^# .*: arn:aws:states:`

// HasAccount reports whether commands call parts of AWS that run on this machine.
func (s *Story) HasAccount() bool { return len(s.stops) > 0 }

// account starts a command that runs parts of AWS, in place of one before. Commands from
// here to the end of the page call them. No command ends what runs.
func (s *Story) account(ctx context.Context, command string) error {
	s.stop()
	if command == "" {
		return nil
	}
	if err := s.start(ctx, command, served); err != nil {
		return err
	}
	exports, stop, err := s.Account(s.printed)
	if err != nil {
		return err
	}
	s.stops = append(s.stops, stop)
	s.running += exports
	s.printed, s.ran = "", false
	return nil
}

// stop ends what runs in the background, as Ctrl-C does.
func (s *Story) stop() {
	for _, b := range s.background {
		_ = syscall.Kill(-b.Process.Pid, syscall.SIGINT)
		late := time.AfterFunc(20*time.Second, func() { _ = syscall.Kill(-b.Process.Pid, syscall.SIGKILL) })
		<-b.ended
		late.Stop()
	}
	for _, stop := range s.stops {
		stop()
	}
	for _, m := range exportedName.FindAllStringSubmatch(s.running, -1) {
		s.gone += "unset " + m[1] + "\n"
	}
	s.background, s.stops, s.running = nil, nil, ""
}

// Command is a command of a block.
type Command struct {
	Line    int // within the block, from 0
	Text    string
	Printed string
}

// Commands returns the commands of a block of sh or console.
func Commands(step page.Step) (list []Command) {
	lines := strings.Split(strings.TrimSuffix(step.Text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line, begin := lines[i], i
		if step.Language == "console" {
			command, prompt := strings.CutPrefix(line, "$ ")
			if !prompt {
				if len(list) > 0 {
					list[len(list)-1].Printed += line + "\n"
				}
				continue
			}
			line = command
		}
		for strings.HasSuffix(line, "\\") && i+1 < len(lines) {
			i++
			line = strings.TrimSuffix(line, "\\") + strings.TrimPrefix(lines[i], "> ")
		}
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			list = append(list, Command{Line: begin, Text: line})
		}
	}
	return list
}
