package resultstest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Statuses of a child execution.
const (
	Succeeded = "SUCCEEDED"
	Failed    = "FAILED"
	TimedOut  = "TIMED_OUT"
	Aborted   = "ABORTED" // by the Map Run, which failed
	Pending   = "PENDING" // never started
)

// Child is a child execution.
type Child struct {
	Status string
	Input  string
	Answer []json.RawMessage // elements of its output, if it succeeded
	Error  string
	Cause  string
	// NoInput leaves Input out, as InputDetails says.
	NoInput bool
}

// Round is the state of a Map Run after its first run or a redrive. Each has
// complete results of all children.
type Round struct {
	Redrive    int // 0: the first run
	Children   []Child
	NoManifest bool
}

// Form is the form of result files.
type Form struct {
	JSON         bool   // SUCCEEDED files, flattened, are one array; else JSON Lines
	FailuresJSON bool   // FAILED and PENDING files are one array; else JSON Lines
	PerFile      int    // elements in a file; 0: all
	Empty        string // text of the file of a kind without results
	WriteEmpty   bool   // write such a file; as far as is known, AWS writes none
}

// MapRun is a Map Run with a ResultWriter that flattens.
type MapRun struct {
	Bucket  string
	Prefix  string
	Machine string // name of the state machine
	Label   string // of the Map
	ID      string
	Express bool // children are Express executions
	Form    Form
	Rounds  []Round
}

// arn returns the ARN of the Map Run.
func (m *MapRun) arn() string {
	return fmt.Sprintf("arn:aws:states:us-east-1:123456789012:mapRun:%s/%s:%s", m.Machine, m.Label, m.ID)
}

// Folder returns what the keys of a round begin with.
func (m *MapRun) Folder(redrive int) string {
	folder := m.Prefix + "/" + m.ID + "/"
	if redrive > 0 {
		folder += fmt.Sprintf("Redrive-%d/", redrive)
	}
	return folder
}

// Manifest returns the key of a round's manifest.
func (m *MapRun) Manifest(redrive int) string { return m.Folder(redrive) + protocol.ManifestFile }

// Objects returns the texts of all objects of the Map Run, by their keys.
func (m *MapRun) Objects() map[string]string {
	objects := map[string]string{}
	for i := range m.Rounds {
		m.write(&m.Rounds[i], objects)
	}
	return objects
}

type fileEntry struct {
	Key  string
	Size int
}

func (m *MapRun) write(round *Round, objects map[string]string) {
	elements := map[string][]string{}
	for i, c := range round.Children {
		switch c.Status {
		case Succeeded:
			for _, element := range c.Answer {
				elements[Succeeded] = append(elements[Succeeded], string(element))
			}
		case Pending:
			elements[Pending] = append(elements[Pending], m.Describe(i, round.Redrive, &c))
		default: // children that the Map Run aborted are listed as failed
			elements[Failed] = append(elements[Failed], m.Describe(i, round.Redrive, &c))
		}
	}
	files := map[string][]fileEntry{Succeeded: {}, Failed: {}, Pending: {}}
	for kind := range files {
		asArray := m.Form.FailuresJSON
		if kind == Succeeded {
			asArray = m.Form.JSON
		}
		for _, text := range m.Form.texts(elements[kind], asArray) {
			extension := "jsonl"
			if m.Form.JSON {
				extension = "json"
			}
			key := fmt.Sprintf("%s%s_%d.%s", m.Folder(round.Redrive), kind, len(files[kind]), extension)
			objects[key] = text
			files[kind] = append(files[kind], fileEntry{key, len(text)})
		}
	}
	if round.NoManifest {
		return
	}
	text, _ := json.Marshal(map[string]any{"DestinationBucket": m.Bucket, "MapRunArn": m.arn(), "ResultFiles": files})
	objects[m.Manifest(round.Redrive)] = string(text)
}

// texts returns the texts of the files of one kind.
func (f *Form) texts(elements []string, asArray bool) []string {
	if len(elements) == 0 {
		if f.WriteEmpty {
			return []string{f.Empty}
		}
		return nil
	}
	var texts []string
	for len(elements) > 0 {
		n := len(elements)
		if f.PerFile > 0 {
			n = min(n, f.PerFile)
		}
		if asArray {
			texts = append(texts, "["+strings.Join(elements[:n], ",")+"]")
		} else {
			texts = append(texts, strings.Join(elements[:n], "\n")+"\n")
		}
		elements = elements[n:]
	}
	return texts
}

// details tells whether an input or an output is included.
type details struct{ Included bool }

// Describe returns the element of a FAILED or PENDING file that lists the n-th
// child. Children that were never started have no execution.
func (m *MapRun) Describe(n, redrives int, c *Child) string {
	listed := struct {
		Cause           string  `json:",omitempty"`
		Error           string  `json:",omitempty"`
		ExecutionArn    string  `json:",omitempty"`
		Input           *string `json:",omitempty"`
		InputDetails    details
		Name            string   `json:",omitempty"`
		OutputDetails   *details `json:",omitempty"`
		RedriveCount    *int     `json:",omitempty"`
		RedriveStatus   string   `json:",omitempty"`
		StartDate       string   `json:",omitempty"`
		StateMachineArn string   `json:",omitempty"`
		Status          string
		StopDate        string `json:",omitempty"`
	}{Input: &c.Input, InputDetails: details{!c.NoInput}, Status: c.Status}
	if c.NoInput {
		listed.Input = nil
	}
	if c.Status != Pending {
		listed.Error, listed.Cause = c.Error, c.Cause
		listed.Name = fmt.Sprintf("00000000-0000-3000-8000-%012x", n)
		listed.StateMachineArn = fmt.Sprintf("arn:aws:states:us-east-1:123456789012:stateMachine:%s/%s", m.Machine, m.Label)
		kind := "execution"
		if m.Express {
			kind = "express"
		} else {
			listed.RedriveStatus = "REDRIVABLE_BY_MAP_RUN"
		}
		listed.ExecutionArn = fmt.Sprintf("arn:aws:states:us-east-1:123456789012:%s:%s/%s:%s", kind, m.Machine, m.Label, listed.Name)
		listed.OutputDetails, listed.RedriveCount = &details{true}, &redrives
		listed.StartDate, listed.StopDate = "2026-11-01T02:00:00.000Z", "2026-11-01T02:00:09.123Z"
	}
	if c.Status == Aborted {
		listed.Cause = fmt.Sprintf("The map run execution [%s] which was managing this resource was aborted", m.arn())
	}
	text, _ := json.Marshal(listed)
	return string(text)
}
