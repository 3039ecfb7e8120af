// Package completion completes what is typed after mapjob in a shell: mapjob
// completion, which prints a script, and mapjob __complete, which the script calls.
//
// A field of a command may have the tag complete: a list of values, or "executions" or
// "jobs" for those of the runs of this folder, which are completed after --local.
package completion

import (
	"embed"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/plain"
)

//go:embed mapjob.bash mapjob.zsh mapjob.fish
var scripts embed.FS

// Command is mapjob completion.
type Command struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"${enum}."`
}

// Help says how a script is loaded.
func (*Command) Help() string {
	return `Load it in each new shell:

bash: in ~/.bashrc, source <(mapjob completion bash)

zsh: in ~/.zshrc after compinit, source <(mapjob completion zsh)

fish: mapjob completion fish > ~/.config/fish/completions/mapjob.fish`
}

// Run prints the script for a shell.
func (c *Command) Run(streams *terminal.Streams) error {
	text, err := scripts.ReadFile("mapjob." + c.Shell)
	if err == nil {
		_, err = streams.Out.Write(text)
	}
	return err
}

// Words is mapjob __complete. Its arguments are the name of the shell, and what was
// typed after the name of the command; the last one may be empty.
type Words struct {
	Words []string `arg:"" optional:"" passthrough:"all"`
}

// Run prints the words that may be typed in place of the last one: each in a line,
// after a tab with what it means.
func (w *Words) Run(parsed *kong.Context, streams *terminal.Streams) error {
	if len(w.Words) < 2 {
		return nil
	}
	for _, candidate := range Complete(parsed.Model.Node, w.Words[0], w.Words[1:], Folder()) {
		if err := candidate.print(streams.Out); err != nil {
			return err
		}
	}
	return nil
}

// Candidate is a word that may be typed.
type Candidate struct{ Word, Help string }

func (c Candidate) print(to io.Writer) error {
	text := c.Word
	if plain.Line(text) != text { // a shell would get another word than it shows
		return nil
	}
	if c.Help != "" {
		text += "\t" + plain.Line(c.Help)
	}
	_, err := fmt.Fprintln(to, text)
	return err
}
