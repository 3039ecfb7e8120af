package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mapjob/mapjob/internal/regular"
)

const (
	startFile     = "run.json"
	endpointsFile = "endpoints.json"
)

// Start says how the parts of a run were started, so that they can be started again.
type Start struct {
	Time    time.Time         `json:"time"`
	App     string            `json:"app,omitempty"`
	Context map[string]string `json:"context,omitempty"`
	// Stack and Job are the values of --stack and --job.
	Stack     string            `json:"stack,omitempty"`
	Job       string            `json:"job,omitempty"`
	Parameter map[string]string `json:"parameter,omitempty"`
	Stub      map[string]string `json:"stub,omitempty"`
	Function  map[string]string `json:"function,omitempty"`
	Env       map[string]string `json:"env,omitempty"`
	// StackName is the name of the stack that was run.
	StackName string `json:"stackName,omitempty"`
	// StateMachineARN is that of the job; empty for a stack without a job, and if
	// none was chosen among several.
	StateMachineARN string `json:"stateMachineArn,omitempty"`
	// MemoryMB is the most memory, in MB, that a process of each function was seen to
	// use, by the names of the functions. It is known when the parts have ended.
	MemoryMB map[string]int `json:"memoryMB,omitempty"`
}

// Write writes how a run was started to its folder.
func (s *Start) Write(folder string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	// What is there stays if the disk is full: without it the run can't be started again.
	path := filepath.Join(folder, startFile)
	err = os.WriteFile(path+".new", append(text, '\n'), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		_ = os.Remove(path + ".new")
	}
	return err
}

// ReadStart reads how the run of a folder was started.
func ReadStart(folder string) (*Start, error) {
	text, err := regular.ReadFile(filepath.Join(folder, startFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s: got no %s, expected one: the run did not begin, or is of an earlier version of mapjob", filepath.Base(folder), startFile)
	}
	var s Start
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %s says how to start its parts, and can't be read (%w): start the job again with mapjob run", filepath.Base(folder), startFile, err)
	}
	return &s, nil
}

// WriteEndpoints writes where the parts of a run listen, by the names of environment
// variables, to its folder.
func WriteEndpoints(folder string, endpoints map[string]string) error {
	text, err := json.Marshal(endpoints)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, endpointsFile), text, 0o600)
}

// RemoveEndpoints removes what WriteEndpoints wrote. Call it when the parts have ended.
func RemoveEndpoints(folder string) { _ = os.Remove(filepath.Join(folder, endpointsFile)) }

// Endpoints returns where the parts of a run listen, by the names of environment
// variables; nil if they do not run.
func Endpoints(folder string) map[string]string {
	if !inUse(folder) {
		return nil
	}
	text, err := regular.ReadFile(filepath.Join(folder, endpointsFile))
	var endpoints map[string]string
	if err != nil || json.Unmarshal(text, &endpoints) != nil {
		return nil
	}
	return endpoints
}
